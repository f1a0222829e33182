"""A document amended and then replaced while reminders go out: each hears what concerns it, nobody is chased twice."""

import pytest
from harness.cascade import Cascade, Document, Json, Unit

REPORT: Json = {"kind": "report", "title": "Báo cáo năm", "due": {"form": "on", "date": "2026-11-12"}}


async def amend(cascade: Cascade, document: Document, **change: object) -> Json:
    whole = await cascade.said("GET", f"/v1/documents/{document.id}")
    answer = await cascade.administrator.post(
        f"/v1/documents/{document.id}/amend",
        {"content": whole["content"] | change, "reason": "Điều chỉnh theo ý kiến của các đơn vị"},
        headers={"if-match": f'"{whole["row_version"]}"'},
    )
    assert answer.status_code == 200, answer.text
    amended: Json = answer.json()
    return amended


async def heard(cascade: Cascade, school: Unit) -> list[tuple[str, str]]:
    return [(mail.step, mail.at.date().isoformat()) for mail in await cascade.mails_to(school)]


@pytest.mark.parametrize("begins", ["2026-11-02T08:00"])
async def test_only_those_concerned_are_told_and_chased_by_what_is_in_force(cascade: Cascade) -> None:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    quick, silent = [await cascade.unit(f"Trường số {n}", f"T{n}", professional=department) for n in (1, 2)]
    document = await cascade.issue(department, [quick, silent], REPORT)
    await cascade.until("2026-11-03T09:00")
    await cascade.hand_in(quick, document)
    await cascade.until("2026-11-06T09:00")

    await amend(cascade, document, rounds=[REPORT | {"due": {"form": "on", "date": "2026-11-20"}}])
    await cascade.until("2026-11-16T09:00")

    assert await heard(cascade, quick) == [("announce", "2026-11-02")]
    assert await heard(cascade, silent) == [
        ("announce", "2026-11-02"),
        ("remind", "2026-11-05"),
        ("amended", "2026-11-06"),
        ("remind", "2026-11-13"),
    ]
    later = REPORT | {"due": {"form": "on", "date": "2026-12-10"}}
    await cascade.issue(department, [quick, silent], later, order={"replaces": str(document.id)})
    await cascade.until("2026-11-27T09:00")
    assert (await heard(cascade, silent))[4:] == [("announce", "2026-11-16")]
    tally = await cascade.progress(document)
    assert (tally["expected"], tally["on_time"], tally["missing"]) == (1, 1, 0)
