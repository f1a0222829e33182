"""Quiet hours (21:00 to 07:00) put delivery off; what is due is evaluated and recorded at its instant."""

from datetime import datetime

from harness.assignment import assign
from harness.cascade import Cascade, instant


async def test_at_night_the_step_is_taken_and_the_mail_waits_for_the_morning(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")
    school = await assign(cascade, "2026-05-20")
    await cascade.settle()

    announced = (await cascade.steps(school.document))[0]
    assert announced["kind"] == "announce"
    assert announced["outcome"] == "taken"
    assert datetime.fromisoformat(announced["taken_at"]) < instant("2026-05-04T22:35")
    assert not await school.contact.mails()

    await cascade.until("2026-05-05T06:59")
    assert not await school.contact.mails()

    await cascade.until("2026-05-05T07:00")
    (mail,) = await school.contact.received("announce")
    assert instant("2026-05-05T07:00") <= mail.at < instant("2026-05-05T07:05")


async def test_what_was_answered_overnight_is_not_sent(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-04T23:30")

    await school.hand_in()
    await cascade.until("2026-05-06T08:00")

    assert not await cascade.mails()
    assert not cascade.engine.open
