"""Amending an issued document, and replacing it by another: who is told, what stays, from the HTTP surface down."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from sqlalchemy import text

WHY = "Điều chỉnh theo ý kiến của các đơn vị"


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client)


def report(on: str, **given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": on}} | given


async def whole(office: Office, plan: Json) -> Json:
    return await said(await office.client.get(f"/v1/documents/{plan['id']}"))


async def amended(
    office: Office, plan: Json, change: Json, *, preview: bool = False, caller: ApiClient | None = None, **given: Any
) -> Any:
    now = await whole(office, plan)
    body = {"content": now["content"] | change, "reason": WHY} | given
    path = f"/v1/documents/{plan['id']}/amend" + ("/preview" if preview else "")
    headers = {} if preview else {"if-match": f'"{now["row_version"]}"'}
    return await (caller or office.client).post(path, body, headers=headers)


async def owed(office: Office, plan: Json, school: Json) -> list[tuple[str, str, str | None]]:
    page = await said(await office.client.get("/v1/obligations", params={"document": plan["id"], "unit": school["id"]}))
    return sorted((item["round_title"], item["state"], item["due_on"]) for item in page["items"])


async def said_by(client: ApiClient, plan: Json) -> list[tuple[str, str, int]]:
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    return sorted((step["kind"], step["round_title"], step["notices"]) for step in steps if step["notices"])


async def one(client: ApiClient, query: str) -> Any:
    async with client.services.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar_one()


async def test_another_due_day_concerns_those_who_still_owe(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-20")])
    first, second, _ = office.schools
    await office.hand_in(await office.owed(plan, first))
    change = {"rounds": [report("2026-11-12")]}

    foreseen = await said(await amended(office, plan, change, preview=True))
    told = await said(await amended(office, plan, change))

    assert {**foreseen, "acknowledging": None} == {**told, "acknowledging": None}
    (changed,) = told["rounds"]
    assert (changed["fields"], changed["was_on"], changed["due_on"], changed["units"]) == (
        ["due"], "2026-11-20", "2026-11-12", 2,
    )  # fmt: skip
    assert set(told["affected"]) == {second["id"], office.schools[2]["id"]}
    assert await owed(office, plan, first) == [("Báo cáo", "fulfilled", "2026-11-20")]
    assert await owed(office, plan, second) == [
        ("Báo cáo", "open", "2026-11-12"),
        ("Xác nhận nội dung sửa đổi lần 1", "open", None),
    ]
    assert await said_by(client, plan) == [
        ("amended", "Xác nhận nội dung sửa đổi lần 1", 2),
        ("announce", "Báo cáo", 3),
    ]
    due = [
        step["fire_at"][:10]
        for step in (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
        if step["kind"] == "due" and step["outcome"] is None
    ]
    assert due == ["2026-11-12"]
    now = await whole(office, plan)
    assert (now["version"], now["row_version"]) == (2, told["row_version"])
    assert now["rounds"][0]["due_reasons"][-1] == f"theo văn bản sửa đổi, vì: {WHY}"
    assert await one(client, "select count(*) from document_version") == 2


async def test_without_acknowledgement_the_new_day_itself_is_told(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    await said(await amended(office, plan, {"rounds": [report("2026-11-20")]}, acknowledge=False))
    assert await said_by(client, plan) == [("amended", "Báo cáo", 3), ("announce", "Báo cáo", 3)]


async def test_other_words_concern_everybody_and_are_acknowledged_by_a_day(office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    await office.hand_in(await office.owed(plan, office.schools[0]))

    by = {"form": "on", "date": "2026-11-06"}
    told = await said(await amended(office, plan, {"title": "Kế hoạch (sửa đổi)"}, acknowledge_by=by))

    assert told["fields"] == [
        {
            "field": "title",
            "was": "Kế hoạch công tác thông tin đối ngoại năm 2026",
            "now": "Kế hoạch (sửa đổi)",
        }
    ]
    assert len(told["affected"]) == 3
    assert ("Xác nhận nội dung sửa đổi lần 1", "open", "2026-11-06") in await owed(office, plan, office.schools[0])
    assert (await whole(office, plan))["title"] == "Kế hoạch (sửa đổi)"


async def test_answering_a_report_does_not_acknowledge_an_amendment(client: ApiClient, office: Office) -> None:
    receipt = {"kind": "acknowledge", "title": "Xác nhận", "due": {"form": "none"}}
    plan = await office.issue([receipt, report("2026-11-12")])
    told = await said(await amended(office, plan, {"title": "Kế hoạch (sửa đổi)"}))

    school = office.schools[0]
    await office.hand_in(await office.owed(plan, school, "report"))
    states = {title: state for title, state, _ in await owed(office, plan, school)}
    assert states == {"Xác nhận": "fulfilled", "Báo cáo": "fulfilled", "Xác nhận nội dung sửa đổi lần 1": "open"}
    query = {"round": told["acknowledging"], "unit": school["id"]}
    (open_one,) = (await said(await client.get("/v1/obligations", params=query)))["items"]
    await said(await client.post(f"/v1/obligations/{open_one['id']}/acknowledge"))
    assert (await owed(office, plan, school))[-1][1] == "fulfilled"


async def test_assignees_added_and_dropped(client: ApiClient, office: Office) -> None:
    kept, answered, silent = office.schools
    new = await client.unit("Trường mới", code="T9", professional=office.department["id"])
    plan = await office.issue([report("2026-11-12")])
    await office.hand_in(await office.owed(plan, answered))
    assignees = [{"unit": {"id": unit["id"]}} for unit in (kept, new)]

    told = await said(await amended(office, plan, {"assignees": assignees}))

    assert (told["added"], set(told["dropped"])) == ([new["id"]], {answered["id"], silent["id"]})
    assert told["affected"] == []
    assert told["acknowledging"] is None
    assert await owed(office, plan, new) == [("Báo cáo", "open", "2026-11-12")]
    assert await owed(office, plan, answered) == [("Báo cáo", "fulfilled", "2026-11-12")]
    assert await owed(office, plan, silent) == [("Báo cáo", "withdrawn", "2026-11-12")]
    assert await said_by(client, plan) == [("announce", "Báo cáo", 1), ("announce", "Báo cáo", 3)]
    assert (await whole(office, plan))["assignees"] == 2

    back = [{"unit": {"id": unit["id"]}} for unit in (kept, new, silent, answered)]
    again = await said(await amended(office, plan, {"assignees": back}))
    assert set(again["added"]) == {silent["id"], answered["id"]}
    assert await owed(office, plan, silent) == [("Báo cáo", "open", "2026-11-12")]
    assert await owed(office, plan, answered) == [("Báo cáo", "fulfilled", "2026-11-12")]


async def test_who_is_new_is_asked_of_the_open_periods(client: ApiClient, office: Office) -> None:
    new = await client.unit("Trường mới", code="T9", professional=office.department["id"])
    plan = await office.issue([], recurring=[{"title": "Báo cáo", "every": "month", "day": 25}])
    assignees = [{"unit": {"id": unit["id"]}} for unit in (*office.schools, new)]

    await said(await amended(office, plan, {"assignees": assignees}))

    assert [title for title, _, _ in await owed(office, plan, new)] == [
        "Báo cáo tháng 11 năm 2026",
        "Báo cáo tháng 12 năm 2026",
    ]


async def test_rounds_added_dropped_and_limited(client: ApiClient, office: Office) -> None:
    first, second, third = office.schools
    task = {"kind": "task", "title": "Tập huấn", "due": {"form": "on", "date": "2026-12-01"}}
    plan = await office.issue([report("2026-11-12"), task])
    asked = {"title": "Báo cáo nhanh", "due": {"form": "on", "date": "2026-11-25"}}
    await said(await client.post(f"/v1/documents/{plan['id']}/rounds", asked), 201)
    await office.hand_in(await office.owed(plan, third, "report"))
    limited = report("2026-11-12", assignees=[{"id": first["id"]}, {"id": third["id"]}])
    new = {"kind": "plan", "title": "Kế hoạch của trường", "due": {"form": "on", "date": "2026-11-30"}}

    told = await said(await amended(office, plan, {"rounds": [new, limited]}))

    assert sorted((item["what"], item["title"], item["units"]) for item in told["rounds"]) == [
        ("added", "Kế hoạch của trường", 3),
        ("changed", "Báo cáo", 1),
        ("dropped", "Tập huấn", 3),
    ]
    assert {title: state for title, state, _ in await owed(office, plan, second)} == {
        "Báo cáo": "withdrawn",
        "Báo cáo nhanh": "open",
        "Kế hoạch của trường": "open",
        "Tập huấn": "withdrawn",
        "Xác nhận nội dung sửa đổi lần 1": "open",
    }
    assert {title: state for title, state, _ in await owed(office, plan, third)}["Báo cáo"] == "fulfilled"
    again = await said(await amended(office, plan, {"rounds": [new, limited | {"title": "Báo cáo năm"}]}))
    assert [(item["what"], item["fields"]) for item in again["rounds"]] == [("changed", ["title"])]


async def test_another_cut_off_takes_no_extension_back(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-12-10", cut_off_at="2026-12-15T17:00:00+07:00")])
    await office.hand_in(await office.owed(plan, office.schools[2]))
    version = {"if-match": f'"{(await whole(office, plan))["row_version"]}"'}
    longer = {"due_on": "2026-12-18", "reason": "Bão"}
    await said(await client.post(f"/v1/documents/{plan['id']}/extend", longer, headers=version))
    before = (await whole(office, plan))["rounds"][0]

    early = {"rounds": [report("2026-12-10", cut_off_at="2026-12-17T17:00:00+07:00")]}
    refused = await amended(office, plan, early)
    assert (refused.json()["code"], refused.json()["errors"][0]["field"]) == (
        "cut_off_before_due",
        "content.rounds.0.cut_off_at",
    )
    past = {"rounds": [report("2026-12-10", cut_off_at="2026-11-01T17:00:00+07:00")]}
    assert (await amended(office, plan, past)).json()["code"] == "cut_off_in_past"
    later = {"rounds": [report("2026-12-10", cut_off_at="2026-12-25T17:00:00+07:00")]}
    told = await said(await amended(office, plan, later))

    assert (told["rounds"][0]["fields"], told["rounds"][0]["due_on"], told["affected"]) == (
        ["cut_off_at"], "2026-12-18", [],
    )  # fmt: skip
    after = (await whole(office, plan))["rounds"][0]
    assert [after[name] for name in ("due_at", "due_on", "due_reasons")] == [
        before[name] for name in ("due_at", "due_on", "due_reasons")
    ]
    assert [due_on for _, _, due_on in await owed(office, plan, office.schools[0])] == ["2026-12-18"]
    closing = "select fire_at::text from ladder_step where kind = 'cut_off' and outcome is null"
    assert (await one(client, closing)).startswith("2026-12-25 10:00")
    sooner = {"rounds": [report("2026-12-11", cut_off_at="2026-12-25T17:00:00+07:00")]}
    assert (await said(await amended(office, plan, sooner)))["rounds"][0]["due_on"] == "2026-12-11"


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({}, 409, "nothing_amended", "content"),
        ({"number": "19"}, 422, "amendment_too_wide", "content.number"),
        ({"policy": "rehearsal"}, 422, "amendment_too_wide", "content.policy"),
        ({"rounds": [report("2026-10-30")]}, 422, "due_in_past", "content.rounds.0.due"),
        (
            {"rounds": [report("2026-11-12", reports_into="01970000-0000-7000-8000-000000000001")]},
            422,
            "amendment_too_wide",
            "content.rounds.0.reports_into",
        ),
    ],
)
async def test_it_is_refused_and_nothing_changes(
    office: Office, change: Json, status: int, code: str, field: str
) -> None:
    plan = await office.issue([report("2026-11-12")])
    answer = await amended(office, plan, change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"][0]["field"] == field
    assert (await whole(office, plan))["version"] == 1


async def test_only_an_issuer_amends_what_it_has_read(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    codes = []
    for role, unit in (
        (Role.CLERK, office.schools[0]),
        (Role.READER, office.department),
        (Role.CLERK, office.department),
    ):
        caller = await client.as_(role, unit["id"])
        codes.append((await amended(office, plan, {"title": "Kế hoạch mới"}, caller=caller)).status_code)
    assert codes == [404, 403, 200]
    body = {"content": plan["content"] | {"title": "Khác"}, "reason": WHY}
    stale = await client.post(
        f"/v1/documents/{plan['id']}/amend", body, headers={"if-match": f'"{plan["row_version"]}"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")


async def test_replaced_by_another_nothing_is_chased_twice(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    answered, silent, _ = office.schools
    await office.hand_in(await office.owed(plan, answered))

    successor = await office.issue([report("2026-11-20")], {"replaces": plan["id"]}, number="19")

    old = await whole(office, plan)
    assert (old["state"], old["replaced_by"]) == ("recalled", successor["id"])
    assert await owed(office, plan, silent) == [("Báo cáo", "withdrawn", "2026-11-12")]
    assert await owed(office, plan, answered) == [("Báo cáo", "fulfilled", "2026-11-12")]
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert [step for step in steps if step["outcome"] is None] == []
    assert await owed(office, successor, silent) == [("Báo cáo", "open", "2026-11-20")]


async def test_only_a_document_of_its_own_is_replaced(client: ApiClient, office: Office) -> None:
    city = (await client.get("/v1/units", params={"code": "local:UBND"})).json()["items"][0]
    above = await office.issue([report("2026-11-12")], issuer={"id": city["id"]}, number="1")
    draft = await office.draft([report("2026-11-12")], number="19")
    refused = await client.post(f"/v1/documents/{draft['id']}/issue", {"replaces": above["id"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_replaceable")
    assert (await whole(office, above))["state"] == "issued"
