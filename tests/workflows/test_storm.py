"""A storm day entered while a cascade runs: only what it touches is armed anew, and is heard on the new days."""

import pytest
from harness.assignment import assign
from harness.cascade import Cascade


@pytest.mark.parametrize("begins", ["2026-11-02T08:00"])
async def test_the_reminder_comes_on_the_new_day(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-11-12")
    await cascade.until("2026-11-11T15:00")

    moved = await cascade.said(
        "PUT", "/v1/calendar/overrides/2026-11-12", {"working": False, "legal_reference": "Công điện 21/CĐ-UBND"}
    )
    assert moved["reprojection"]["steps"] == 5

    await cascade.until("2026-11-16T09:00")
    heard = [(mail.step, mail.at.date().isoformat()) for mail in await school.contact.mails()]
    assert heard == [
        ("announce", "2026-11-02"),
        ("remind", "2026-11-05"),
        ("remind", "2026-11-11"),
        ("due", "2026-11-13"),
        ("overdue", "2026-11-16"),
    ]
    assert not await school.head.mails()
    await cascade.until("2026-11-17T09:00")
    assert [mail.at.date().isoformat() for mail in await school.head.received("escalate")] == ["2026-11-17"]


@pytest.mark.parametrize("begins", ["2026-11-02T08:00"])
async def test_what_was_handed_in_on_the_day_won_is_on_time(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-11-12")
    await cascade.until("2026-11-11T15:00")
    await cascade.said(
        "PUT", "/v1/calendar/overrides/2026-11-12", {"working": False, "legal_reference": "Công điện 21/CĐ-UBND"}
    )
    await cascade.until("2026-11-13T16:00")

    await school.hand_in()
    await cascade.until("2026-11-20T09:00")

    tally = await cascade.progress(school.document)
    assert (tally["expected"], tally["on_time"], tally["late"]) == (1, 1, 0)
    assert not await school.contact.received("overdue")
