"""Over Tết nobody is chased: a due day in the holidays rolls to the first working day, rungs count working days."""

import pytest
from harness.assignment import assign
from harness.cascade import Cascade, instant


@pytest.mark.parametrize("begins", ["2026-02-02T08:00"])
async def test_a_due_day_in_tet_rolls_and_the_holidays_are_quiet(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-02-17")
    assert school.document.due_at() == instant("2026-02-24T00:00")

    await cascade.until("2026-02-25T08:00")

    heard = [(mail.step, mail.at.date().isoformat()) for mail in await school.contact.mails()]
    assert heard == [
        ("announce", "2026-02-02"),
        ("remind", "2026-02-09"),
        ("remind", "2026-02-13"),
        ("due", "2026-02-23"),
        ("overdue", "2026-02-24"),
    ]
    assert [mail.at.date().isoformat() for mail in await school.head.mails()] == ["2026-02-25"]


@pytest.mark.parametrize("begins", ["2026-02-02T08:00"])
async def test_what_is_due_before_tet_is_escalated_after_it(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-02-13")

    await cascade.until("2026-02-22T20:00")
    assert not await school.contact.received("overdue")

    await cascade.until("2026-02-24T08:00")
    assert [mail.at.date().isoformat() for mail in await school.contact.received("overdue")] == ["2026-02-23"]
    assert [mail.at.date().isoformat() for mail in await school.head.received("escalate")] == ["2026-02-24"]
