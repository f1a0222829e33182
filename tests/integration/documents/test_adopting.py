"""Running documents taken over from the office's tracking sheet in mid-year, from the HTTP surface down."""

import io
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from openpyxl import Workbook
from plan_api.obligations import consolidating
from plan_api.read import agenda
from sqlalchemy import text

HEADER = (
    "Đơn vị ban hành;Số, ký hiệu;Ngày ban hành;Trích yếu;Đơn vị thực hiện;Nội dung;Loại;Kỳ;Hạn nộp;Ngày nộp;Ghi chú"
)


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client)


def row(unit: str, answered: str = "", **given: str) -> str:
    cells = {
        "issuer": "SGDDT", "reference": "18/KH-SGDĐT", "issued": "14/01/2026", "title": "Kế hoạch năm 2026",
        "unit": unit, "round": "Báo cáo 9 tháng", "kind": "Báo cáo", "period": "2026", "due": "30/10/2026",
        "answered": answered, "note": "",
    } | given  # fmt: skip
    return ";".join(cells.values())


async def adopt(client: ApiClient, *rows: str, mode: str = "apply", content: bytes = b"", **given: Any) -> Any:
    sheet = content or "\n".join(["Sổ theo dõi năm 2026", HEADER, *rows]).encode()
    form = {"mode": mode, "code_system": "local"} | given
    return await client.post("/v1/documents/adopt", data=form, files={"file": ("so-theo-doi.csv", sheet)})


async def states(client: ApiClient, document: str) -> list[tuple[str, str, str | None]]:
    page = await said(await client.get("/v1/obligations", params={"document": document, "limit": 100}))
    return sorted((item["unit_name"][-1], item["state"], item["timeliness"]) for item in page["items"])


async def one(client: ApiClient, query: str) -> Any:
    async with client.services.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar_one()


async def test_what_was_answered_on_paper_is_answered_and_the_rest_goes_on_unannounced(
    client: ApiClient, office: Office
) -> None:
    rows = (row("T1", "28/10/2026"), row("T2", "31/10/2026", note="Nộp qua văn thư"), row("T3"))
    foreseen = await said(await adopt(client, *rows, mode="preview"))
    assert await one(client, "select count(*) from document") == 0

    told = await said(await adopt(client, *rows))

    (adopted,) = told["documents"]
    assert {**foreseen["documents"][0], "document_id": adopted["document_id"]} == adopted
    assert (adopted["what"], adopted["opened"], adopted["answered"]) == ("adopted", 1, 2)
    assert await states(client, adopted["document_id"]) == [
        ("1", "fulfilled", "on_time"),
        ("2", "fulfilled", "late"),
        ("3", "open", "missing"),
    ]
    assert await one(client, "select count(*) from notice") == 0
    steps = (await client.get(f"/v1/documents/{adopted['document_id']}/steps")).json()
    assert {(step["outcome"], step["why"]) for step in steps if step["fire_at"] < "2026-11-02T01:00:00Z"} == {
        ("skipped", "past_when_armed")
    }
    ahead = [(step["kind"], step["fire_at"][:10]) for step in steps if step["outcome"] is None]
    assert ahead == [
        ("overdue", "2026-11-02"), ("escalate", "2026-11-03"), ("escalate", "2026-11-04"), ("escalate", "2026-11-06"),
    ]  # fmt: skip
    whole = await said(await client.get(f"/v1/documents/{adopted['document_id']}"))
    assert (whole["state"], whole["reference"], whole["version"]) == ("issued", "18/KH-SGDĐT", 1)
    assert whole["issued_at"] == "2026-01-14T01:00:00Z"
    page = await said(await client.get("/v1/obligations", params={"unit": office.schools[1]["id"]}))
    detail = await said(await client.get(f"/v1/obligations/{page['items'][0]['id']}"))
    assert detail["submissions"][0]["text"] == "Tiếp nhận bản giấy theo sổ theo dõi. Nộp qua văn thư"


async def test_the_same_sheet_again_changes_nothing_and_a_newer_one_goes_on(client: ApiClient, office: Office) -> None:
    first = [row("T1", "28/10/2026"), row("T2")]
    adopted = (await said(await adopt(client, *first)))["documents"][0]
    again = (await said(await adopt(client, *first)))["documents"][0]
    assert (again["what"], again["opened"], again["answered"], again["unchanged"]) == ("unchanged", 0, 0, 2)
    assert await one(client, "select count(*) from document_version") == 1

    later = [*first[:1], row("T2", "30/10/2026"), row("T3"), row("T3", round="Báo cáo năm", due="10/12/2026")]
    newer = (await said(await adopt(client, *later)))["documents"][0]

    assert (newer["document_id"], newer["what"]) == (adopted["document_id"], "continued")
    assert (newer["rounds"], newer["opened"], newer["answered"], newer["unchanged"]) == (2, 2, 1, 1)
    assert [(unit, state) for unit, state, _ in await states(client, adopted["document_id"])] == [
        ("1", "fulfilled"),
        ("2", "fulfilled"),
        ("3", "open"),
        ("3", "open"),
    ]
    whole = await said(await client.get(f"/v1/documents/{adopted['document_id']}"))
    assert (whole["version"], [item["title"] for item in whole["content"]["rounds"]]) == (
        2,
        ["Báo cáo 9 tháng", "Báo cáo năm"],
    )


async def test_what_was_answered_here_meanwhile_stays_as_it_is(client: ApiClient, office: Office) -> None:
    adopted = (await said(await adopt(client, row("T1"), row("T2"))))["documents"][0]
    page = await said(await client.get("/v1/obligations", params={"unit": office.schools[0]["id"]}))
    await office.hand_in(page["items"][0])

    told = (await said(await adopt(client, row("T1", "20/10/2026"), row("T2"))))["documents"][0]

    assert (told["what"], told["unchanged"]) == ("unchanged", 2)
    assert (await states(client, adopted["document_id"]))[0] == ("1", "fulfilled", "late")


async def test_the_last_answer_on_paper_leaves_the_reports_handed_in_here_to_be_drafted(
    client: ApiClient, office: Office
) -> None:
    rows = [row("T1"), row("T2"), row("T3", "28/10/2026")]
    adopted = (await said(await adopt(client, *rows)))["documents"][0]
    path = f"/v1/documents/{adopted['document_id']}"
    await office.hand_in(await office.owed({"id": adopted["document_id"]}, office.schools[0]))

    await said(await adopt(client, row("T1"), row("T2", "30/10/2026"), rows[2]))

    (settled,) = (await said(await client.get(path)))["rounds"]
    assert (settled["settled_at"] is not None, settled["consolidated_at"]) == (True, None)
    async with client.services.engine.begin() as connection:
        found = await agenda.agenda(connection, UUID(adopted["document_id"]), client.services.clock.now())
        assert [(str(entry.kind), str(entry.round_id)) for entry in found.entries] == [("consolidation", settled["id"])]
        assert await consolidating.draft(connection, client.services, UUID(settled["id"])) is not None
    drafted = await said(await client.get(f"/v1/rounds/{settled['id']}/consolidation"))
    assert (drafted["gaps"], drafted["content"]["figures"]["classes"]["total"]) == ([], "2")


async def test_an_answer_on_paper_after_the_draft_puts_it_out_of_date(client: ApiClient, office: Office) -> None:
    adopted = (await said(await adopt(client, row("T1"), row("T2"))))["documents"][0]
    document = {"id": adopted["document_id"]}
    owed = await office.owed(document, office.schools[0])
    await office.hand_in(owed)
    round_ = f"/v1/rounds/{owed['round_id']}"
    await said(await client.post(f"{round_}/consolidate", {"reason": "Chưa nhận"}))

    await said(await adopt(client, row("T1"), row("T2", "30/10/2026")))

    assert (await said(await client.get(f"{round_}/consolidation")))["out_of_date_since"] is not None


async def test_whoever_reports_has_acknowledged(client: ApiClient, office: Office) -> None:
    receipt = row("T1", round="Xác nhận", kind="Xác nhận", due="06/11/2026")
    adopted = (await said(await adopt(client, receipt, row("T1"))))["documents"][0]
    owed = await office.owed({"id": adopted["document_id"]}, office.schools[0], "report")

    await office.hand_in(owed)

    assert {state for _, state, _ in await states(client, adopted["document_id"])} == {"fulfilled"}


async def test_all_answered_the_round_is_settled_and_one_more_reopens_it(client: ApiClient, office: Office) -> None:
    adopted = (await said(await adopt(client, row("T1", "28/10/2026"))))["documents"][0]
    path = f"/v1/documents/{adopted['document_id']}"
    (whole,) = (await said(await client.get(path)))["rounds"]
    assert None not in (whole["settled_at"], whole["consolidated_at"])
    assert {step["outcome"] for step in (await client.get(f"{path}/steps")).json()} == {"skipped"}

    await said(await adopt(client, row("T1", "28/10/2026"), row("T2")))

    assert (await said(await client.get(path)))["rounds"][0]["settled_at"] is None
    assert next(step["kind"] for step in (await client.get(f"{path}/steps")).json() if not step["outcome"]) == "overdue"


@pytest.mark.parametrize(
    ("bad", "code", "column"),
    [
        (row("T9"), "unit_unknown", "unit"),
        (row("T2", "31/02/2026"), "date_malformed", "Ngày nộp"),
        (row("T2", "03/11/2026"), "answered_ahead", "Ngày nộp"),
        (row("T2", "13/01/2026"), "answered_before_issue", "Ngày nộp"),
        (row("T2", kind="Công văn"), "kind_unknown", "Loại"),
        (row("T2", round=""), "required", "Nội dung"),
        (row("T2", reference="KH-SGDĐT"), "required", "Số, ký hiệu"),
        (row("T2", due="05/11/2026"), "differs_in_file", "due_on"),
        (row("T2", issued="15/01/2026"), "differs_in_file", "issued_on"),
        (row("T1"), "duplicate_in_file", "unit"),
    ],
)
async def test_a_row_is_refused_by_itself(client: ApiClient, office: Office, bad: str, code: str, column: str) -> None:
    told = await said(await adopt(client, row("T1", "28/10/2026"), bad, row("T3")))

    (refused,) = told["refused"]
    assert (refused["row"], refused["code"], refused["column"]) == (4, code, column)
    assert refused["message"]["vi"]
    assert (told["documents"][0]["answered"], told["documents"][0]["opened"]) == (1, 1)


async def test_without_a_due_time_nothing_is_said_and_nothing_is_amiss(client: ApiClient, office: Office) -> None:
    (adopted,) = (await said(await adopt(client, row("T1", due=""), row("T2", due=""))))["documents"]
    steps = (await client.get(f"/v1/documents/{adopted['document_id']}/steps")).json()
    assert [(step["kind"], step["outcome"], step["why"]) for step in steps] == [("announce", "skipped", "adopted")]
    health = await said(await client.get("/v1/operations/health"))
    assert not any(value for name, value in health.items() if "unarmed" in name)


async def test_a_document_issued_here_is_not_adopted(client: ApiClient, office: Office) -> None:
    await office.issue([office.round("acknowledge", None)])
    told = await said(await adopt(client, row("T1"), row("T2", reference="19/KH-SGDĐT")))
    assert [(refused["row"], refused["code"]) for refused in told["refused"]] == [(3, "issued_here")]
    assert [document["reference"] for document in told["documents"]] == ["19/KH-SGDĐT"]


async def test_a_spreadsheet_is_read_alike(client: ApiClient, office: Office) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    lines: Sequence[str] = [HEADER, row("T1", "28/10/2026"), row("local:T2")]
    for line in lines:
        sheet.append(line.split(";"))
    kept = io.BytesIO()
    book.save(kept)

    told = await said(await adopt(client, content=kept.getvalue()))

    assert (told["rows"], told["documents"][0]["answered"], told["documents"][0]["opened"]) == (2, 1, 1)


async def test_only_who_may_issue_adopts_and_what_is_no_sheet_is_said(client: ApiClient, office: Office) -> None:
    school = await client.as_(Role.CLERK, office.schools[0]["id"])
    told = await said(await adopt(school, row("T1")))
    assert [refused["code"] for refused in told["refused"]] == ["issuer_not_yours"]
    assert told["documents"] == []
    answer = await adopt(client, content=b"a;b\n1;2\n")
    assert (answer.status_code, answer.json()["code"]) == (422, "file_unreadable")
    clerk = await client.as_(Role.CLERK, office.department["id"])
    assert len((await said(await adopt(clerk, row("T1"))))["documents"]) == 1


async def test_an_adopted_document_is_extended_and_amended_like_any(client: ApiClient, office: Office) -> None:
    adopted = (await said(await adopt(client, row("T1", "28/10/2026"), row("T2"))))["documents"][0]
    path = f"/v1/documents/{adopted['document_id']}"
    whole: Json = await said(await client.get(path))
    headers = {"if-match": f'"{whole["row_version"]}"'}
    body = {"due_on": "2026-11-20", "reason": "Chờ số liệu"}
    extended = await said(await client.post(f"{path}/extend", body, headers=headers))
    assert extended["rounds"][0]["moved"] == 2
    content = whole["content"] | {"title": "Kế hoạch năm 2026 (sửa đổi)"}
    headers = {"if-match": f'"{extended["row_version"]}"'}
    changed = {"content": content, "reason": "Sửa trích yếu"}
    amended = await said(await client.post(f"{path}/amend", changed, headers=headers))
    assert len(amended["affected"]) == 2
