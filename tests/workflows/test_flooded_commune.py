"""A school left alone while its commune is flooded: nobody hears of it, then it has its days back."""

import pytest
from harness.assignment import assign
from harness.cascade import Cascade


@pytest.mark.parametrize("begins", ["2026-11-02T08:00"])
async def test_nobody_is_chased_until_resumed_and_then_by_the_new_day(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-11-12")
    await cascade.until("2026-11-04T09:00")
    path = f"/v1/units/{school.unit.id}"

    await cascade.said("POST", f"{path}/suspend", {"reason": "Toàn xã bị cô lập do mưa lũ"})
    await cascade.until("2026-11-18T09:00")
    assert [mail.step for mail in await school.contact.mails()] == ["announce"]
    assert not await school.head.mails()
    assert not await school.superior.contact.mails()

    resumed = await cascade.said("POST", f"{path}/resume", {"due": "shift", "reason": "Nước đã rút"})
    assert resumed["going_on"][0]["due_on"] == "2026-11-27"
    await cascade.until("2026-12-01T09:00")

    heard = [(mail.step, mail.at.date().isoformat()) for mail in await school.contact.mails()]
    assert heard == [
        ("announce", "2026-11-02"),
        ("extended", "2026-11-18"),
        ("remind", "2026-11-19"),
        ("remind", "2026-11-26"),
        ("due", "2026-11-27"),
        ("overdue", "2026-11-30"),
    ]
    assert [mail.at.date().isoformat() for mail in await school.head.received("escalate")] == ["2026-12-01"]
