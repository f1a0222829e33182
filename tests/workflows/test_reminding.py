"""Before the due time the school's contact is told at issue, reminded twice, and told on the day itself."""

import pytest
from harness.assignment import assign
from harness.cascade import Cascade, instant
from harness.working_days import working_days

DUE = "2026-05-20"


async def test_the_contact_is_told_as_soon_as_the_document_is_issued(cascade: Cascade) -> None:
    school = await assign(cascade, DUE)

    await cascade.settle()

    announced = await school.contact.received("announce", about=school)
    assert len(announced) == 1
    assert announced[0].at < instant("2026-05-04T08:05")
    assert announced[0].link
    assert not await school.head.mails()
    assert not await school.superior.contact.mails()


@pytest.mark.parametrize(
    ("step", "before", "on"),
    [("remind", 5, "2026-05-13T08:00"), ("remind", 1, "2026-05-19T08:00"), ("due", 0, "2026-05-20T08:00")],
)
async def test_the_contact_is_reminded_working_days_before(cascade: Cascade, step: str, before: int, on: str) -> None:
    school = await assign(cascade, DUE)
    assert school.due - working_days(before) == instant(on)
    await cascade.until(school.due - working_days(before + 1))
    heard = len(await school.contact.received(step))

    await cascade.until(school.due - working_days(before))

    reminded = (await school.contact.received(step, about=school))[heard:]
    assert [mail.at.replace(second=0, microsecond=0) for mail in reminded] == [instant(on)]
    assert not await school.head.mails()
