"""A report asked for in mid-year, when the document has been quiet for months: one answers, the other is chased."""

from datetime import datetime

from harness.cascade import Cascade, Document, Json, Unit


async def asked(cascade: Cascade, document: Document, *units: Unit, due: str) -> Json:
    body = {
        "title": "Báo cáo nhanh theo yêu cầu",
        "due": {"form": "on", "date": due},
        "assignees": [unit.ref for unit in units],
    }
    return await cascade.said("POST", f"/v1/documents/{document.id}/rounds", body)


async def test_opened_mid_year_answered_by_one_the_other_is_reminded_and_escalated(cascade: Cascade) -> None:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    office = await cascade.unit("Phòng Văn hóa – Xã hội", "PVHXH", "office", professional=department)
    quick, silent, spared = [
        await cascade.unit(f"Trường số {number}", f"T{number}", professional=office) for number in (1, 2, 3)
    ]
    receipt = {"kind": "acknowledge", "title": "Xác nhận", "due": {"form": "none"}}
    document = await cascade.issue(department, [quick, silent, spared], receipt)
    await cascade.until("2026-05-05T09:00")
    for school in (quick, silent, spared):
        await cascade.acknowledge(school, document)
    await cascade.until("2026-07-01T09:00")
    assert not cascade.engine.open
    before = len(await cascade.mails())

    opened = await asked(cascade, document, quick, silent, due="2026-07-15")
    await cascade.settle()
    assert opened["obligations"] == 2
    for school in (quick, silent):
        assert [day(mail.at) for mail in await cascade.received(school, "announce")] == ["2026-05-04", "2026-07-01"]
    await cascade.until("2026-07-02T10:00")
    await cascade.hand_in(quick, document)
    await cascade.until("2026-08-31T08:00")

    told = {step: [day(mail.at) for mail in await cascade.received(silent, step)] for step in ("remind", "overdue")}
    assert told == {"remind": ["2026-07-08", "2026-07-14"], "overdue": ["2026-07-16"]}
    assert [day(mail.at) for mail in await cascade.received(silent, "escalate", role="head")] == ["2026-07-17"]
    above = {role: await cascade.received(office, "escalate", role=role) for role in ("focal_point", "head")}
    assert {role: [day(mail.at) for mail in mails] for role, mails in above.items()} == {
        "focal_point": ["2026-07-20"],
        "head": ["2026-07-22"],
    }
    assert len(await cascade.mails_to(quick)) == 2
    assert [mail.step for mail in await cascade.mails_to(spared)] == ["announce"]
    assert len(await cascade.mails()) - before == 2 + 2 + 1 + 1 + 1 + 2
    tally = await cascade.progress(document)
    assert (tally["on_time"], tally["missing"], tally["expected"]) == (1, 1, 2)
    assert not cascade.engine.open


def day(at: datetime) -> str:
    return at.date().isoformat()
