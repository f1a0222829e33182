"""A contact person fills a form in through the link: the workbook down and back; and confirms what was told."""

import io
from typing import Any

import pytest
from harness.api import ApiClient
from harness.forms import EVERY_KIND
from harness.links import PDF, LinkPage, Ward
from harness.office import said
from openpyxl import load_workbook
from plan_api.forms.sheet_layout import layout_of
from plan_api.rules.forms import Form

ROWS = {line.place: line.row for line in layout_of(Form.model_validate(EVERY_KIND)).lines}


@pytest.fixture
async def ward(client: ApiClient) -> Ward:
    ward = await Ward.open(client)
    await ward.issue(form=EVERY_KIND)
    return ward


async def workbook(page: LinkPage, **values: Any) -> bytes:
    """Download the workbook of a page and fill it in."""
    book = load_workbook(io.BytesIO((await page.get("form.xlsx")).content))
    for place, value in values.items():
        book["Biểu mẫu"].cell(ROWS[place], 3).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_the_workbook_goes_down_and_comes_back_with_other_files(ward: Ward) -> None:
    page = await ward.link()
    assert f"{page.path}/form.xlsx" in (await page.get("hand-in")).text

    files = [("bieu-mau.xlsx", await workbook(page, pupils=512)), ("ban-ky.pdf", PDF)]
    sent = await page.press("hand-in", files, text="Gửi kèm bản ký.")

    assert sent.status_code == 303, sent.text
    assert "Số học sinh: <strong>512 em</strong>" in (await page.get()).text
    [version] = (await ward.detail())["submissions"]
    assert (version["values"], version["text"]) == ({"pupils": 512}, "Gửi kèm bản ký.")
    assert {file["name"] for file in version["files"]} == {"bieu-mau.xlsx", "ban-ky.pdf"}


async def test_wrong_cells_are_named_on_the_page_and_nothing_is_kept(ward: Ward) -> None:
    page = await ward.link()

    sent = await page.press("hand-in", [("bieu-mau.xlsx", await workbook(page, pupils=-1, girls="nhiều"))])

    assert sent.status_code == 422
    assert f"!C{ROWS['pupils']}" in sent.text
    assert f"!C{ROWS['girls']}" in sent.text
    assert "Có 2 chỗ cần sửa; chưa có gì được gửi." in sent.text
    assert (await ward.detail())["submissions"] == []


async def test_without_any_values_the_page_says_what_is_missing(ward: Ward) -> None:
    page = await ward.link()

    for files in ([("ban-ky.pdf", PDF)], None):
        sent = await page.press("hand-in", files, text="Đã thực hiện.")
        assert sent.status_code == 422
        assert 'id="f.pupils-fault"' in sent.text
    assert (await ward.detail())["submissions"] == []


async def test_a_round_without_a_form_has_no_workbook(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()

    assert (await page.get("form.xlsx")).status_code == 404
    assert "form.xlsx" not in (await page.get("hand-in")).text


async def test_what_was_told_by_telephone_is_confirmed_through_the_link(client: ApiClient, ward: Ward) -> None:
    owed = await ward.owed()
    told = {"kind": "report", "values": {"pupils": 512}, "said_by": "Văn thư nhà trường"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/submissions/on-behalf", told), 201)
    page = await ward.link()
    shown = (await page.get()).text
    assert "do administrator nhập thay theo lời Văn thư nhà trường" in shown
    assert "Số học sinh: <strong>512 em</strong>" in shown

    once = await page.nonce()
    for _ in range(2):
        assert (await page.send("confirm", once)).status_code == 303

    [version] = (await ward.detail())["submissions"]
    assert version["confirmed_at"] is not None
    assert "nhập thay theo lời" not in (await page.get()).text


async def test_marks_of_a_return_stand_on_the_page(ward: Ward) -> None:
    page = await ward.link()
    await page.press("hand-in", [("bieu-mau.xlsx", await workbook(page, pupils=5))])
    marks = [{"field": "pupils", "note": "Sổ đăng bộ ghi 512"}]

    await ward.decide("return", {"kind": "wrong", "reason": "Chưa khớp", "marks": marks})

    assert "Số học sinh: Sổ đăng bộ ghi 512" in (await page.get()).text
