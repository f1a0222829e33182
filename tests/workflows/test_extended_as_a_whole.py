"""An issuer gives everybody more time while reminders go out: heard once, then only the new day counts."""

import pytest
from harness.assignment import assign
from harness.cascade import Cascade


@pytest.mark.parametrize("begins", ["2026-11-02T08:00"])
async def test_told_once_and_chased_by_the_new_day(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-11-12")
    await cascade.until("2026-11-11T15:00")
    body = {"due_on": "2026-11-20", "reason": "Nhiều đơn vị còn chờ số liệu"}
    etag = (await cascade.said("GET", f"/v1/documents/{school.document.id}"))["row_version"]

    answer = await cascade.administrator.post(
        f"/v1/documents/{school.document.id}/extend", body, headers={"if-match": f'"{etag}"'}
    )
    assert answer.status_code == 200, answer.text
    await cascade.until("2026-11-24T07:00")

    heard = [(mail.step, mail.at.date().isoformat()) for mail in await school.contact.mails()]
    assert heard == [
        ("announce", "2026-11-02"),
        ("remind", "2026-11-05"),
        ("remind", "2026-11-11"),
        ("extended", "2026-11-11"),
        ("remind", "2026-11-13"),
        ("remind", "2026-11-19"),
        ("due", "2026-11-20"),
        ("overdue", "2026-11-23"),
    ]
    news = (await school.contact.received("extended"))[0]
    assert "hạn mới 20/11/2026" in news.subject
    assert not await school.head.mails()
    await cascade.until("2026-11-25T09:00")
    assert [mail.at.date().isoformat() for mail in await school.head.received("escalate")] == ["2026-11-25"]
