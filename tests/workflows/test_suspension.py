"""While a document is suspended nobody is chased; resumed, only the latest rung speaks and the rest goes on."""

from harness.assignment import assign
from harness.cascade import Cascade
from harness.working_days import working_days


async def test_nothing_is_said_while_suspended(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-18T09:00")
    heard = len(await cascade.mails())

    await cascade.suspend(school.document)
    await cascade.until("2026-06-15T08:00")

    assert len(await cascade.mails()) == heard


async def test_an_announcement_not_yet_sent_waits_for_the_resumption(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")  # at night: announced, not sent
    school = await assign(cascade, "2026-05-20")
    await cascade.suspend(school.document)
    await cascade.until("2026-05-05T09:00")
    assert not await cascade.mails()

    await cascade.resume(school.document)
    await cascade.until("2026-05-05T12:00")

    assert len(await school.contact.received("announce")) == 1


async def test_what_was_held_for_days_is_sent_within_minutes_of_the_resumption(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")  # at night: announced, not sent
    school = await assign(cascade, "2026-05-20")
    await cascade.suspend(school.document)
    await cascade.until("2026-05-07T09:10")
    assert not await cascade.mails()

    await cascade.resume(school.document)
    await cascade.until("2026-05-07T09:15")

    assert len(await school.contact.received("announce")) == 1


async def test_resumed_only_the_latest_rung_speaks(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-18T09:00")
    await cascade.suspend(school.document)
    await cascade.until("2026-05-22T10:00")

    await cascade.resume(school.document)
    await cascade.settle()

    assert not await school.contact.received("due")
    assert not await school.contact.received("overdue")
    assert len(await school.head.received("escalate", about=school)) == 1
    await cascade.until(school.due + working_days(5))
    assert await school.superior.contact.received("escalate", about=school)
    assert await school.superior.head.received("escalate", about=school)


async def test_a_school_may_answer_while_suspended(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-18T09:00")
    await cascade.suspend(school.document)
    await cascade.until("2026-05-19T09:00")

    await school.hand_in()
    await cascade.resume(school.document)
    await cascade.until("2026-06-15T08:00")

    assert (await cascade.progress(school.document))["on_time"] == 1
    assert not await school.contact.received("due")
