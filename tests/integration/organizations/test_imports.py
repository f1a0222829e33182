"""Files of units from the HTTP surface down: preview, apply, refusals, old encodings, undo."""

import csv
import io
import unicodedata
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from cascade_contracts.ids import new_id
from harness.api import ApiClient, StillClock, api
from openpyxl import Workbook
from plan_api.auth import service as auth
from plan_api.organizations import service as organizations
from sqlalchemy import text

HEADER = [
    "code_system",
    "code",
    "name",
    "kind",
    "administrative_superior",
    "professional_superior",
    "contact_name",
    "contact_email",
    "contact_phone",
]
CITY = ["gso_province", "31", "UBND thành phố Hải Phòng", "peoples_committee", "", "", "", "", ""]
OFFICE = ["local", "SGDDT", "Sở Giáo dục và Đào tạo", "Sở", "gso_province:31", "", "Lê Thị Hoa", "hoa@so.edu.vn", ""]
COMMUNE = ["gso_commune", "4", "UBND phường Ngô Quyền", "UBND", "gso_province:31", "", "", "", ""]
SCHOOL = [
    "school",
    "31001",
    "Trường Tiểu học Đằng Hải",
    "Trường",
    "gso_commune:00004",
    "SGDDT",
    "Mai",
    "mai@th.edu.vn",
    "912345678",
]
ROWS = [SCHOOL, COMMUNE, OFFICE, CITY]


@pytest.fixture
async def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def client(plan_api_database: str, clock: StillClock) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=clock) as client:
        yield client


def table(rows: list[list[str]]) -> str:
    content = io.StringIO()
    writer = csv.writer(content)
    writer.writerows([HEADER, *rows])
    return content.getvalue()


def changed(row: list[str], **cells: str) -> list[str]:
    return [cells.get(column, cell) for column, cell in zip(HEADER, row, strict=True)]


async def send(
    client: ApiClient, content: bytes | str, mode: str = "apply", headers: dict[str, str] | None = None, **form: str
) -> httpx.Response:
    data = content.encode() if isinstance(content, str) else content
    return await client.post(
        "/v1/imports/units", files={"file": ("đơn vị.csv", data)}, data={"mode": mode, **form}, headers=headers
    )


async def found(client: ApiClient, code: str) -> dict[str, Any]:
    (item,) = (await client.get("/v1/units", params={"code": code})).json()["items"]
    unit: dict[str, Any] = (await client.get(f"/v1/units/{item['id']}")).json()
    return unit


async def stored(client: ApiClient) -> list[dict[str, Any]]:
    """All units as the API shows them, but for the numbers that only ever rise."""
    units = []
    for item in (await client.get("/v1/units", params={"limit": 500})).json()["items"]:
        unit = (await client.get(f"/v1/units/{item['id']}")).json()
        units.append({name: value for name, value in unit.items() if name not in {"row_version", "updated_at"}})
    return units


async def test_a_preview_counts_and_writes_nothing(client: ApiClient) -> None:
    report = (await send(client, table(ROWS), "preview")).json()

    assert report["counts"] | {"rows": 4, "units_created": 4, "lines_set": 4, "seats_created": 2} == report["counts"]
    assert (report["mode"], report["state"], report["refusals"]) == ("preview", "done", [])
    assert (await client.get("/v1/units")).json()["items"] == []


async def test_a_file_is_applied_whatever_the_order_of_its_rows(client: ApiClient) -> None:
    answer = await send(client, table(ROWS))

    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert report["counts"]["units_created"] == 4
    assert (report["encoding"], report["delimiter"]) == ("utf-8", "comma")
    school = await found(client, "school:00031001")
    assert [(line["kind"], line["superior"]["name"]) for line in school["lines"]] == [
        ("professional", "Sở Giáo dục và Đào tạo"),
        ("administrative", "UBND phường Ngô Quyền"),
    ]
    person = school["seats"][0]["holders"][0]
    assert (person["name"], person["email"], person["phone"]) == ("Mai", "mai@th.edu.vn", "+84912345678")
    assert (await client.get(answer.headers["location"])).json() == report


async def test_lost_leading_zeros_are_restored(client: ApiClient) -> None:
    await send(client, table([CITY, COMMUNE]))
    report = (await send(client, table([changed(COMMUNE, code="004", administrative_superior="31")]))).json()

    assert report["counts"]["units_unchanged"] == 1
    assert (await found(client, "gso_commune:4"))["codes"] == [{"code_system": "gso_commune", "code": "00004"}]


async def test_the_same_file_again_changes_nothing(client: ApiClient) -> None:
    await send(client, table(ROWS))
    before = await stored(client)

    report = (await send(client, table(ROWS))).json()

    assert report["counts"]["units_unchanged"] == 4
    assert {report["counts"][name] for name in ("units_created", "units_changed", "lines_set", "holders_set")} == {0}
    assert await stored(client) == before


async def test_every_refused_row_says_why(client: ApiClient) -> None:
    await send(client, table([CITY]))
    bad = [
        changed(SCHOOL, code=""),
        changed(SCHOOL, code="2", kind="quán"),
        changed(SCHOOL, code="3", contact_email="mai"),
        changed(SCHOOL, code="4", contact_phone="12"),
        changed(SCHOOL, code="5", administrative_superior="gso_commune:99999", professional_superior=""),
        changed(SCHOOL, code="6", name="", administrative_superior="", professional_superior=""),
        changed(SCHOOL, code="7", administrative_superior="school:6", professional_superior=""),
        changed(CITY, name="Thành phố"),
        changed(CITY, name="Thành phố lần nữa"),
        changed(SCHOOL, code="8", administrative_superior="", professional_superior="", name="x" * 501),
    ]

    report = (await send(client, table(bad))).json()

    assert [(item["row"], item["column"], item["code"]) for item in report["refusals"]] == [
        (2, "code", "required"),
        (3, "kind", "kind_unknown"),
        (4, "contact_email", "email_malformed"),
        (5, "contact_phone", "phone_malformed"),
        (6, "administrative_superior", "superior_unknown"),
        (7, "name", "required"),
        (8, "administrative_superior", "superior_refused"),
        (10, "code", "duplicate_in_file"),
        (11, "name", "text_too_long"),
    ]
    assert all(item["message"]["vi"] and item["message"]["en"] for item in report["refusals"])
    assert report["counts"]["units_changed"] == 1
    assert (await found(client, "31"))["name"] == "Thành phố"


async def test_a_cycle_is_refused_naming_its_rows(client: ApiClient) -> None:
    rows = [
        changed(CITY, code_system="local", code="A", administrative_superior="local:C"),
        changed(CITY, code_system="local", code="B", administrative_superior="local:A"),
        changed(CITY, code_system="local", code="C", administrative_superior="local:B"),
        changed(CITY, code_system="local", code="D"),
        changed(CITY, code_system="local", code="E", administrative_superior="local:A"),
    ]

    report = (await send(client, table(rows))).json()

    assert [(item["row"], item["code"]) for item in report["refusals"]] == [
        (2, "line_cycle"),
        (3, "line_cycle"),
        (4, "line_cycle"),
        (6, "superior_refused"),
    ]
    assert report["refusals"][0]["value"] == "2, 3, 4"
    assert report["counts"]["units_created"] == 1


async def test_a_line_against_stored_ones_closes_no_cycle(client: ApiClient) -> None:
    a = await client.unit("A", "department", code="A")
    await client.unit("B", "office", code="B", administrative=a["id"])

    row = changed(CITY, code_system="local", code="A", administrative_superior="local:B", name="", kind="")
    report = (await send(client, table([row]))).json()

    assert [item["code"] for item in report["refusals"]] == ["line_cycle"]


async def test_a_bare_superior_must_be_unambiguous(client: ApiClient) -> None:
    await send(client, table([CITY, COMMUNE, changed(COMMUNE, code_system="gso_commune_office", kind="Phòng")]))

    report = (
        await send(client, table([changed(SCHOOL, administrative_superior="4", professional_superior="")]))
    ).json()

    assert [item["code"] for item in report["refusals"]] == ["superior_ambiguous"]


def _windows_1258(text: str) -> bytes:
    encoded = b""
    for character in unicodedata.normalize("NFC", text):
        try:
            encoded += character.encode("cp1258")
        except UnicodeEncodeError:
            base, *marks = list(unicodedata.normalize("NFD", character))
            tone = next(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
            letter = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark != tone))
            encoded += letter.encode("cp1258") + tone.encode("cp1258")
    return encoded


OLD = "school;31001;{name};school;;;;;"
NAME = "Trường Tiểu học Đằng Hải, phường Ngô Quyền"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", (";".join(HEADER) + "\n" + OLD.format(name=NAME)).encode("utf-8-sig")),
        ("utf-16", (";".join(HEADER) + "\n" + OLD.format(name=NAME)).encode("utf-16")),
        ("utf-16-le", (";".join(HEADER) + "\n" + OLD.format(name=NAME)).encode("utf-16-le")),
        ("windows-1258", _windows_1258(";".join(HEADER) + "\n" + OLD.format(name=NAME))),
        (
            "tcvn3",
            (";".join(HEADER) + "\n" + OLD.format(name="Tr­êng TiÓu häc §»ng H¶i, ph­êng Ng« QuyÒn")).encode("latin-1"),
        ),
        (
            "vni",
            (";".join(HEADER) + "\n" + OLD.format(name="Tröôøng Tieåu hoïc Ñaèng Haûi, phöôøng Ngoâ Quyeàn")).encode(
                "latin-1"
            ),
        ),
        (
            "tcvn3",
            (";".join(HEADER) + "\n" + OLD.format(name="Tr­êng TiÓu häc §»ng H¶i, ph­êng Ng« QuyÒn")).encode(),
        ),
    ],
)
async def test_old_encodings_are_read_and_named(client: ApiClient, encoding: str, content: bytes) -> None:
    report = (await send(client, content)).json()

    assert (report["encoding"], report["delimiter"], report["refusals"]) == (encoding, "semicolon", [])
    assert (await found(client, "00031001"))["name"] == NAME


async def test_a_spreadsheet_with_vietnamese_headers_under_a_title(client: ApiClient) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["DANH SÁCH ĐƠN VỊ NĂM 2026"])
    sheet.append([])
    sheet.append(
        ["Hệ mã", "Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Họ tên thủ trưởng", "Điện thoại thủ trưởng", "Ghi chú"]
    )
    sheet.append(["gso_commune", 4, "UBND phường", "Ủy ban nhân dân", "Trần Bình", 912345678, "x"])
    sheet.append([None, None, None, None, None, None, None])
    sheet.append(["gso_commune", 8, "UBND xã", "Quán", None, None, None])
    content = io.BytesIO()
    book.save(content)

    report = (await send(client, content.getvalue())).json()

    assert (report["encoding"], report["ignored_columns"]) == ("xlsx", ["Ghi chú"])
    assert [(item["row"], item["column"]) for item in report["refusals"]] == [(6, "Loại đơn vị")]
    head = (await found(client, "gso_commune:00004"))["seats"][0]
    assert (head["role"], head["title"], head["holders"][0]["phone"]) == ("head", "Chủ tịch", "+84912345678")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old", b"a,b\n1,2\n", bytes(range(128, 256)) * 3],
    ids=["empty", "broken xlsx", "xls", "no header", "no text"],
)
async def test_what_is_no_table_is_refused(client: ApiClient, content: bytes) -> None:
    answer = await send(client, content)

    assert (answer.status_code, answer.json()["code"]) == (422, "file_unreadable")


async def test_a_repeated_import_is_answered_once(client: ApiClient) -> None:
    key = {"idempotency-key": "import"}

    first = await send(client, table(ROWS), headers=key)
    again = await send(client, table(ROWS), headers=key)
    other = await send(client, table([CITY]), headers=key)

    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"
    assert len((await client.get("/v1/imports")).json()["items"]) == 1


async def test_a_run_is_known_by_the_clients_id(client: ApiClient) -> None:
    run_id = str(new_id())

    report = (await send(client, table([CITY]), id=run_id)).json()
    taken = await send(client, table([CITY]), id=run_id)

    assert report["id"] == run_id
    assert (taken.status_code, taken.json()["code"]) == (409, "import_exists")
    assert (await client.get(f"/v1/imports/{new_id()}")).status_code == 404


async def test_new_persons_take_over_and_corrections_keep_links(client: ApiClient, clock: StillClock) -> None:
    await send(client, table([[*OFFICE[:4], "", *OFFICE[5:]]]))
    seat = (await found(client, "SGDDT"))["seats"][0]
    row = auth.LinkRow(new_id(), UUID(seat["id"]), UUID(seat["holders"][0]["id"]), None, None)
    async with client.services.engine.begin() as connection:
        await auth.make_links(connection, client.services, [row], clock.now())

    async def opens() -> bool:
        async with client.services.engine.connect() as connection:
            token = client.services.links.token(row.id)
            return await auth.open_link(connection, client.services, token, clock.now()) is not None

    await send(client, table([["local", "SGDDT", "", "", "", "", "", "", "02253842000"]]))
    person = (await found(client, "SGDDT"))["seats"][0]["holders"][0]
    assert (person["name"], person["email"], person["phone"]) == ("Lê Thị Hoa", "hoa@so.edu.vn", "+842253842000")
    assert await opens()
    await send(client, table([["local", "SGDDT", "", "", "", "", "Bùi An", "an@so.edu.vn", ""]]))
    person = (await found(client, "SGDDT"))["seats"][0]["holders"][0]
    assert (person["name"], person["email"], person["phone"]) == ("Bùi An", "an@so.edu.vn", None)
    assert not await opens()


async def test_imports_are_undone_newest_first(client: ApiClient) -> None:
    first = (await send(client, table(ROWS))).json()
    after_first = await stored(client)
    edited = [
        changed(SCHOOL, name="Trường Tiểu học Cát Bi", administrative_superior="31", contact_name="Bình"),
        changed(COMMUNE, name="UBND phường Gia Viên"),
        changed(CITY, code_system="local", code="NEW", administrative_superior="SGDDT"),
    ]
    second = (await send(client, table(edited))).json()
    assert second["counts"] | {"units_created": 1, "units_changed": 2, "lines_set": 2} == second["counts"]

    undone = await client.post(f"/v1/imports/{second['id']}/undo")

    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert await stored(client) == after_first
    again = await client.post(f"/v1/imports/{second['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "import_not_undoable")
    assert (await client.post(f"/v1/imports/{first['id']}/undo")).status_code == 200
    assert await stored(client) == []


async def test_undo_is_refused_once_something_was_built_on_it(client: ApiClient) -> None:
    run = (await send(client, table(ROWS))).json()
    path = f"/v1/imports/{run['id']}/undo"
    office, commune = await found(client, "SGDDT"), await found(client, "gso_commune:00004")

    await client.as_("clerk", office["id"])
    below = await client.unit("Trường thêm sau", professional=office["id"])
    refused = await client.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "import_not_undoable")
    assert "1 tài khoản" in refused.json()["detail"]
    assert "1 đơn vị cấp dưới thêm sau" in refused.json()["detail"]
    await client.patch(f"/v1/units/{commune['id']}", {"short_name": "NQ"}, etag=1)
    assert "UBND phường Ngô Quyền" in (await client.post(path)).json()["detail"]
    assert (await client.get(f"/v1/units/{below['id']}")).status_code == 200


async def test_a_preview_cannot_be_undone_nor_an_unknown_import(client: ApiClient) -> None:
    run = (await send(client, table(ROWS), "preview")).json()

    assert (await client.post(f"/v1/imports/{run['id']}/undo")).json()["code"] == "import_not_undoable"
    assert (await client.post(f"/v1/imports/{new_id()}/undo")).status_code == 404


async def test_one_import_at_a_time(client: ApiClient) -> None:
    from plan_api.organizations import repository

    async with client.services.engine.begin() as connection:
        await repository.lock_lines(connection)
        answer = await send(client, table(ROWS))
        preview = await send(client, table(ROWS), "preview")

    assert (answer.status_code, answer.json()["code"]) == (409, "import_running")
    assert preview.status_code == 201


async def test_only_administrators_import(client: ApiClient) -> None:
    unit = await client.unit("Trường")
    clerk = await client.as_("clerk", unit["id"])

    assert (await send(clerk, table(ROWS), "preview")).status_code == 403
    assert (await clerk.get("/v1/imports")).status_code == 403


async def test_the_subtree_follows_both_lines(client: ApiClient) -> None:
    await send(client, table(ROWS))
    city, school = await found(client, "gso_province:31"), await found(client, "00031001")

    async with client.services.engine.connect() as connection:
        assert len(await organizations.subtree(connection, UUID(city["id"]))) == 4
        assert await organizations.is_under(connection, UUID(school["id"]), UUID(city["id"]))
        assert not await organizations.is_under(connection, UUID(city["id"]), UUID(school["id"]))


async def test_a_run_whose_process_died_is_taken_up_again(client: ApiClient) -> None:
    run_id = str(new_id())
    await send(client, table([CITY]), "preview", id=run_id)
    async with client.services.engine.begin() as connection:
        await connection.execute(text("update import_run set state = 'running', finished_at = null"))

    report = (await send(client, table(ROWS), id=run_id)).json()

    assert (report["state"], report["mode"], report["counts"]["units_created"]) == ("done", "apply", 4)
