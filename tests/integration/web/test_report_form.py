"""A report form on the page of a link: filled in there or by workbook, every fault beside its input, nothing lost."""

import io
from typing import Any

import pytest
from harness.api import ApiClient
from harness.links import PDF, Ward
from openpyxl import load_workbook

FORM: dict[str, Any] = {
    "fields": [
        {"key": "pupils", "type": "integer", "label": "Số học sinh", "unit": "học sinh", "minimum": 0},
        {"key": "cost", "type": "money", "label": "Kinh phí", "help": "Tổng kinh phí đã chi trong năm."},
        {"key": "hours", "type": "decimal", "label": "Số giờ trung bình", "required": False},
        {
            "key": "trained",
            "type": "percentage",
            "label": "Tỷ lệ cán bộ được tập huấn",
            "numerator": "Được tập huấn",
            "denominator": "Tổng số",
        },
        {
            "key": "how",
            "type": "choice",
            "label": "Hình thức",
            "options": [{"key": "direct", "label": "Trực tiếp"}, {"key": "online", "label": "Trực tuyến"}],
        },
        {"key": "last_on", "type": "date", "label": "Ngày tổ chức gần nhất", "required": False},
        {"key": "results", "type": "text", "label": "Kết quả nổi bật", "required": False},
        {
            "key": "events",
            "type": "table",
            "label": "Hoạt động",
            "required": False,
            "columns": [
                {"key": "name", "type": "text", "label": "Tên hoạt động", "max_length": 100},
                {"key": "people", "type": "integer", "label": "Số người"},
            ],
        },
        {"key": "minutes", "type": "attachment", "label": "Biên bản", "required": False},
    ],
    "nil_allowed": False,
}
FILLED = {
    "f.pupils": "1.250",
    "f.cost": "25.000.000",
    "f.hours": "2,5",
    "f.trained.numerator": "40",
    "f.trained.denominator": "52",
    "f.how": "online",
    "f.last_on": "2026-10-20",
    "f.results": "Hai lớp trực tiếp.",
    "f.events.1.name": "Ngày hội đọc sách",
    "f.events.1.people": "320",
    "f.events.4.name": "Hội thi",
    "f.events.4.people": "85",
}


@pytest.fixture
async def ward(client: ApiClient) -> Ward:
    ward = await Ward.open(client)
    await ward.issue(form=FORM)
    return ward


async def test_a_form_is_filled_in_on_the_page(ward: Ward) -> None:
    page = await ward.link()
    shown = await page.get("hand-in")
    assert 'name="f.trained.numerator"' in shown.text
    assert "Tổng kinh phí đã chi trong năm." in shown.text
    assert "/nil" not in (await page.get()).text

    sent = await page.press("hand-in", [("f.minutes", "Biên bản.pdf", PDF)], **FILLED)
    assert sent.status_code == 303, sent.text

    [version] = (await ward.detail())["submissions"]
    minutes = version["values"].pop("minutes")
    assert [file["name"] for file in minutes] == ["Biên bản.pdf"]
    assert version["values"] == {
        "pupils": 1250,
        "cost": 25_000_000,
        "hours": "2.50",
        "trained": {"numerator": 40, "denominator": 52},
        "how": "online",
        "last_on": "2026-10-20",
        "results": "Hai lớp trực tiếp.",
        "events": [{"name": "Ngày hội đọc sách", "people": 320}, {"name": "Hội thi", "people": 85}],
    }


async def test_what_was_handed_in_stands_in_the_page_and_files_stay(ward: Ward) -> None:
    page = await ward.link()
    await page.press("hand-in", [("f.minutes", "Biên bản.pdf", PDF)], **FILLED)
    again = (await page.get("hand-in")).text
    for held in (
        'value="1.250"',
        'value="25.000.000"',
        'value="2,50"',
        'value="2026-10-20"',
        "Hội thi",
        "Biên bản.pdf",
    ):
        assert held in again

    assert (await page.press("hand-in", None, **FILLED | {"f.pupils": "1251"})).status_code == 303
    newest = max((await ward.detail())["submissions"], key=lambda version: version["version"])
    assert newest["values"]["pupils"] == 1251
    assert [file["name"] for file in newest["values"]["minutes"]] == ["Biên bản.pdf"]


async def test_every_fault_stands_beside_its_input_and_nothing_typed_is_lost(ward: Ward) -> None:
    page = await ward.link()
    wrong = FILLED | {"f.pupils": "nhiều", "f.trained.numerator": "60", "f.events.4.people": "-", "f.how": ""}
    answer = await page.press("hand-in", None, **wrong)

    assert answer.status_code == 422
    assert "Có 4 chỗ cần sửa; chưa có gì được gửi." in answer.text
    for place in ("f.pupils", "f.trained.numerator", "f.events.1.people", "f.how"):
        assert f'id="{place}-fault"' in answer.text
    for typed in ('value="nhiều"', "Hội thi", "Hai lớp trực tiếp.", 'value="25.000.000"'):
        assert typed in answer.text
    assert (await ward.detail())["submissions"] == []


async def test_the_workbook_goes_out_and_comes_back(ward: Ward) -> None:
    page = await ward.link()
    made = await page.get("form.xlsx")
    assert made.headers["content-disposition"].endswith('.xlsx"')
    book = load_workbook(io.BytesIO(made.content))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("Số học sinh"):
                sheet.cell(cell.row, 3).value = "không rõ"
    kept = io.BytesIO()
    book.save(kept)

    answer = await page.press("hand-in", [("sheet", "bieu-mau.xlsx", kept.getvalue())])
    assert answer.status_code == 422
    assert "«Số học sinh» cần là số" in answer.text
    assert (await ward.detail())["submissions"] == []

    await page.press("hand-in", None, **FILLED)
    filled = (await page.get("form.xlsx")).content
    assert (await page.press("hand-in", [("sheet", "bieu-mau.xlsx", filled)])).status_code == 303
    first, second = sorted((await ward.detail())["submissions"], key=lambda version: version["version"])
    assert second["values"] == first["values"]
