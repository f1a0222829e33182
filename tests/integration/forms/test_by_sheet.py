"""The form as a workbook: downloaded for an obligation, filled in, uploaded; wrong cells are named by their address."""

import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.forms import EVERY_KIND, FILLED
from harness.office import Json, Office, in_days, said
from openpyxl import Workbook, load_workbook
from plan_api.forms.sheet_layout import layout_of
from plan_api.rules.forms import Form

ASKED: Json = EVERY_KIND | {
    "fields": [
        field | {"help": "=Tính đến ngày chốt số liệu"} if field["key"] == "pupils" else field
        for field in EVERY_KIND["fields"]
    ]
}
ROWS = {line.place: line.row for line in layout_of(Form.model_validate(ASKED)).lines}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client, schools=2)


async def owed_form(office: Office, school: int = 0, **given: Any) -> Json:
    plan = await office.issue([office.round("report", in_days(office.client, 10), form=ASKED)], **given)
    return await office.owed(plan, office.schools[school])


async def download(client: ApiClient, owed: Json) -> Workbook:
    answer = await client.get(f"/v1/obligations/{owed['id']}/form.xlsx")
    assert answer.status_code == 200, answer.text
    return load_workbook(io.BytesIO(answer.content))


async def upload(client: ApiClient, owed: Json, book: Workbook | bytes, **data: str) -> Any:
    if isinstance(book, Workbook):
        out = io.BytesIO()
        book.save(out)
        content = out.getvalue()
    else:
        content = book
    return await client.post(
        f"/v1/obligations/{owed['id']}/form.xlsx", files={"file": ("bieu-mau.xlsx", content)}, data=data
    )


def fill(book: Workbook, **values: Any) -> None:
    for place, value in values.items():
        book["Biểu mẫu"].cell(ROWS[place.replace("__", ".")], 3).value = value


async def stored(client: ApiClient, owed: Json) -> Json:
    found: Json = (await said(await client.get(f"/v1/obligations/{owed['id']}")))["submissions"][0]["values"]
    return found


async def test_the_template_guides_and_guards(client: ApiClient, office: Office) -> None:
    book = await download(client, await owed_form(office))

    main, events = book["Biểu mẫu"], book["Sự kiện"]
    pupils = ROWS["pupils"]
    assert [main.cell(pupils, column).value for column in (1, 2, 4)] == [
        "Số học sinh *",
        "em",
        "=Tính đến ngày chốt số liệu",
    ]
    assert main.cell(pupils, 4).data_type == "s", "text that looks like a formula is text"
    assert main.protection.sheet
    assert [main.cell(pupils, column).protection.locked for column in (1, 3)] == [True, False]
    assert [events.cell(row, 1).protection.locked for row in (2, 3, 5, 6)] == [True, False, False, True]
    rules = {str(rule.sqref): rule for rule in main.data_validations.dataValidation}
    whole = rules[f"C{pupils}"]
    assert (whole.type, whole.formula1, whole.formula2) == ("whole", "0", "5000")
    assert whole.prompt == "=Tính đến ngày chốt số liệu"
    assert rules[f"C{ROWS['level']}"].formula1 == '"Tốt,Chưa tốt"'
    assert book["cascade"].sheet_state == "veryHidden"


async def test_it_goes_out_comes_back_filled_and_again(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    book = await download(client, owed)
    fill(
        book,
        pupils=500,
        girls=260,
        boys="240",
        area=1250.5,
        cost="25.000.000",
        trained__numerator=12,
        trained__denominator=30,
        results="Ba lớp.",
        level="tốt",
        held_on="05/10/2026",
    )
    for row, values in ((3, ("Hội thảo", 80, 5)), (5, ("Ngày sách", 320, None))):
        for column, value in enumerate(values, start=1):
            book["Sự kiện"].cell(row, column).value = value

    receipt = await said(await upload(client, owed, book), 201)
    assert receipt["version"] == 1
    assert await stored(client, owed) == FILLED | {"area": "1250.50"}


async def test_a_unit_may_correct_its_own_workbook(client: ApiClient, office: Office) -> None:
    plan = await office.issue([office.round("report", in_days(client, 10), form=ASKED, needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    body = {"kind": "report", "values": FILLED}
    await said(await client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)

    book = await download(client, owed)
    assert book["Biểu mẫu"].cell(ROWS["held_on"], 3).value == "05/10/2026"
    fill(book, pupils=501)
    receipt = await said(await upload(client, owed, book), 201)

    assert receipt["version"] == 2
    assert await stored(client, owed) == FILLED | {"area": "1250.50", "pupils": 501}


async def test_marks_of_a_return_are_notes_on_the_cells(client: ApiClient, office: Office) -> None:
    plan = await office.issue([office.round("report", in_days(client, 10), form=ASKED, needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    body: Json = {"kind": "report", "values": FILLED}
    await said(await client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)
    marks = [
        {"field": "trained", "note": "Thiếu giáo viên hợp đồng"},
        {"field": "events.1.people", "note": "Đếm lại"},
        {"field": "events.900", "note": "Không có dòng này"},
    ]
    returned = {"kind": "wrong", "reason": "Chưa khớp", "marks": marks}
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", returned))

    book = await download(client, owed)

    noted = {
        (sheet.title, cell.coordinate): cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None
    }
    assert noted == {
        ("Biểu mẫu", f"C{ROWS['trained.numerator']}"): "Giáo viên được tập huấn: Thiếu giáo viên hợp đồng",
        ("Sự kiện", "B4"): "Sự kiện, dòng 2, Số người dự: Đếm lại",
        ("Sự kiện", "A1"): "Sự kiện, dòng 901: Không có dòng này",
    }


async def test_every_wrong_cell_is_named_by_its_address_and_nothing_changes(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    book = await download(client, owed)
    fill(book, pupils="nhiều", girls=-1, boys="=1+1", trained__numerator=3, held_on="30/02/2026", level="tạm")
    events = book["Sự kiện"]
    events["A3"], events["B3"] = "Hội thảo", "=SUM(1,2)"
    events["B4"] = -5

    answer = await upload(client, owed, book)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "form_not_filled")
    cells = {item["field"]: item["detail"] for item in body["errors"]}
    assert set(cells) == {
        f"'Biểu mẫu'!C{ROWS[place]}" for place in ("pupils", "girls", "boys", "trained.denominator", "held_on", "level")
    } | {"'Sự kiện'!B3", "'Sự kiện'!A4", "'Sự kiện'!B4"}
    assert "có công thức" in cells["'Sự kiện'!B3"]
    assert cells["'Sự kiện'!B4"] == "«Số người dự», dòng 2 không được nhỏ hơn 0."
    assert (await said(await client.get(f"/v1/obligations/{owed['id']}")))["submissions"] == []


async def test_contradictions_and_missing_tables_point_into_the_workbook(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    book = await download(client, owed)
    fill(book, pupils=1, girls=2)
    for row in range(3, 8):
        book["Sự kiện"].cell(row, 1).value = "Hội thảo"
        book["Sự kiện"].cell(row, 2).value = 1

    answer = await upload(client, owed, book)

    assert {item["field"] for item in answer.json()["errors"]} == {f"'Biểu mẫu'!C{ROWS['girls']}", "'Sự kiện'"}


async def test_a_preview_says_the_same_and_keeps_nothing(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    book = await download(client, owed)

    assert (await upload(client, owed, book, mode="preview")).json()["code"] == "form_not_filled"
    fill(book, pupils=5)
    assert (await upload(client, owed, book, mode="preview")).status_code == 201
    assert (await said(await client.get(f"/v1/obligations/{owed['id']}")))["submissions"] == []


async def test_text_that_looks_like_a_formula_stays_text_on_both_ways(client: ApiClient, office: Office) -> None:
    plan = await office.issue([office.round("report", in_days(client, 10), form=ASKED, needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    for start in ("=", "+", "-", "@"):
        text = f"{start}HYPERLINK(1)"
        values = {"pupils": 1, "results": text, "events": [{"name": text, "people": 1}]}
        await said(
            await client.post(f"/v1/obligations/{owed['id']}/submissions", {"kind": "report", "values": values}), 201
        )

        book = await download(client, owed)
        for cell in (book["Biểu mẫu"].cell(ROWS["results"], 3), book["Sự kiện"]["A3"]):
            assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)
        answer = await client.get(f"/v1/obligations/{owed['id']}/form.xlsx")
        await said(await upload(client, owed, answer.content), 201)
        assert await stored(client, owed) == values


async def test_another_units_or_rounds_workbook_is_refused(client: ApiClient, office: Office) -> None:
    first, other = await owed_form(office), await owed_form(office, 1, number="19")
    book = await download(client, other)
    fill(book, pupils=5)

    assert (await upload(client, first, book)).json()["code"] == "sheet_of_another"
    assert (await upload(client, first, Workbook())).json()["code"] == "sheet_unreadable"
    assert (await upload(client, first, b"no workbook")).json()["code"] == "sheet_unreadable"
    assert (await upload(client, first, b"PK\x03\x04 torn")).json()["code"] == "sheet_unreadable"


async def test_only_those_who_may_see_the_obligation_get_its_workbook(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    stranger = await client.as_("unit", office.schools[1]["id"])
    school = await client.as_("unit", office.schools[0]["id"])
    free = await office.owed(
        await office.issue([office.round("report", in_days(client, 10))], number="20"), office.schools[0]
    )

    path = f"/v1/obligations/{owed['id']}/form.xlsx"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(path, files={"file": ("a.xlsx", b"x")})).status_code == 404
    assert (await school.get(path)).status_code == 200
    assert (await client.get(f"/v1/obligations/{free['id']}/form.xlsx")).status_code == 404
