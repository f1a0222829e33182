"""An answer between two rungs ends the ladder there: what was said stays said, nothing more follows."""

from harness.assignment import assign
from harness.cascade import Cascade
from harness.working_days import working_days


async def test_an_answer_in_time_silences_the_ladder(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until(school.due - working_days(2))

    await school.hand_in()
    await cascade.until("2026-06-30T08:00")

    assert [mail.step for mail in await cascade.mails()] == ["announce", "remind"]
    tally = await cascade.progress(school.document)
    assert (tally["expected"], tally["on_time"]) == (1, 1)


async def test_a_late_answer_spares_the_head(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until(school.due + working_days(1))
    assert await school.contact.received("overdue")

    await school.hand_in()
    await cascade.until("2026-06-30T08:00")

    assert not await school.head.mails()
    assert not await school.superior.contact.mails()
    tally = await cascade.progress(school.document)
    assert (tally["expected"], tally["late"]) == (1, 1)


async def test_the_supervision_ends_with_the_last_answer(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until(school.due - working_days(3))

    await school.hand_in()
    await cascade.settle()

    assert not cascade.engine.open
