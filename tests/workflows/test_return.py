"""A return tells the school at once and chases it again, also when its old ladder has long been spent."""

from harness.assignment import assign
from harness.cascade import Cascade, instant
from harness.working_days import working_days


async def test_the_school_is_told_at_once_and_chased_again(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20", needs_acceptance=True)
    await cascade.until("2026-05-14T09:00")
    await school.hand_in()
    await cascade.until("2026-05-15T10:00")

    await school.give_back("Thiếu biểu số 2")
    await cascade.settle()
    returned = await school.contact.received("returned", about=school)
    assert len(returned) == 1
    assert "Thiếu biểu số 2" in returned[0].text
    assert returned[0].at < instant("2026-05-15T10:05")

    await cascade.until(school.due + working_days(2))
    assert [mail.at.date().isoformat() for mail in await school.contact.received("remind")][-1] == "2026-05-19"
    assert await school.contact.received("overdue")
    assert await school.head.received("escalate", about=school)


async def test_a_return_is_chased_when_the_old_ladder_is_spent(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20", needs_acceptance=True)
    await cascade.until("2026-05-29T09:00")
    await school.hand_in()
    heard = len(await school.superior.head.received("escalate"))
    assert heard == 1
    await cascade.until("2026-06-01T09:00")

    await school.give_back("Số liệu sai", wrong=True)
    await cascade.until("2026-06-11T08:00")

    assert await school.contact.received("returned")
    overdue = [mail.at.date().isoformat() for mail in await school.contact.received("overdue")]
    assert overdue == ["2026-05-21", "2026-06-05"]
    assert len(await school.superior.head.received("escalate", about=school)) == heard + 1


async def test_a_mended_report_ends_the_chase(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20", needs_acceptance=True)
    await cascade.until("2026-05-19T09:00")
    await school.hand_in()
    await cascade.until("2026-05-20T16:00")
    await school.give_back("Thiếu chữ ký")
    await cascade.until("2026-05-22T09:00")

    await school.hand_in()
    await school.accept()
    await cascade.until("2026-06-30T08:00")

    tally = await cascade.progress(school.document)
    assert (tally["expected"], tally["on_time"]) == (1, 1), "mended within the grace, it keeps its first hand-in time"
    assert not await school.head.mails()
