"""An extension moves a school to another ladder: the old rungs fall silent, the new ones stand at the new day."""

from harness.assignment import assign
from harness.cascade import Cascade, instant
from harness.working_days import DueDay, working_days


async def test_the_ladder_moves_with_the_due_day(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-18T09:00")

    await school.extend("2026-06-03")
    later = DueDay.of(instant("2026-06-04T00:00"))
    await cascade.until(later + working_days(1))

    reminded = await school.contact.received("remind")
    assert [mail.at.date().isoformat() for mail in reminded] == ["2026-05-13", "2026-05-27", "2026-06-02"]
    assert [mail.at.date().isoformat() for mail in await school.contact.received("overdue")] == ["2026-06-04"]
    assert not await school.head.mails()


async def test_a_hand_in_within_the_extension_is_on_time(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-19T09:00")
    await school.extend("2026-06-03")
    await cascade.until("2026-06-03T16:00")

    await school.hand_in()
    await cascade.until("2026-06-30T08:00")

    tally = await cascade.progress(school.document)
    assert (tally["expected"], tally["on_time"], tally["late"]) == (1, 1, 0)
    assert not await school.contact.received("overdue")
