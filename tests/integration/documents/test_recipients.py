"""Whom a document tells: named, selected and grouped, each once; they owe nothing, read it, and say so."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said

DIVISIONS: Json = {"select": {"kinds": ["division"], "direct": True}, "purpose": "để thực hiện"}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client, schools=2)


async def divisions(office: Office, *names: str) -> list[Json]:
    parent = office.department["id"]
    return [
        await office.client.unit(name, "division", code=f"D{number}", administrative=parent)
        for number, name in enumerate(names, start=1)
    ]


async def press(office: Office) -> list[Json]:
    papers = [await office.client.unit(f"Báo số {n}", "outside", code=f"BAO{n}") for n in (1, 2)]
    body = {"code": "bao-chi", "name": "Cơ quan báo chí", "members": [{"id": paper["id"]} for paper in papers]}
    await said(await office.client.post("/v1/groups", body), 201)
    return papers


async def preview(office: Office, recipients: list[Json], status: int = 200, query: str = "", **given: Any) -> Json:
    body: Json = {"issuer": {"id": office.department["id"]}, "recipients": recipients} | given
    return await said(await office.client.post(f"/v1/recipients/preview{query}", body), status)


async def issue(office: Office, recipients: list[Json], **given: Any) -> Json:
    return await office.issue([office.round("report", in_days(office.client, 9))], recipients=recipients, **given)


async def listed(office: Office, document: Json, **params: object) -> Json:
    return await said(await office.client.get(f"/v1/documents/{document['id']}/recipients", params=params))


def names(page: Json) -> list[str]:
    return [item["name"] for item in page["items"]]


async def test_groups_and_selectors_are_previewed_each_once_with_every_way(office: Office) -> None:
    first, *_ = await divisions(office, "Phòng Giáo dục Trung học", "Phòng Kế hoạch – Tài chính")
    await press(office)
    wanted: list[Json] = [
        DIVISIONS,
        {"select": {"groups": ["bao-chi"]}, "purpose": "để phối hợp"},
        {"unit": {"id": first["id"]}, "purpose": "để báo cáo"},
        {"label": "Lưu: VT"},
        {"select": {"kinds": ["division", "school"]}},
    ]

    page = await preview(office, wanted, assignees=[{"unit": {"id": school["id"]}} for school in office.schools])

    assert [(item["name"], item["purpose"], item["ways"]) for item in page["items"]] == [
        ("Báo số 1", "để phối hợp", ["recipients.1"]),
        ("Báo số 2", "để phối hợp", ["recipients.1"]),
        ("Lưu: VT", "để biết", ["recipients.3"]),
        ("Phòng Giáo dục Trung học", "để báo cáo", ["recipients.2", "recipients.0", "recipients.4"]),
        ("Phòng Kế hoạch – Tài chính", "để thực hiện", ["recipients.0", "recipients.4"]),
    ]
    assert page["total"] == 5, "the schools are bound and have it already"
    begun = await preview(office, wanted, query="?limit=3")
    rest = await preview(office, wanted, query=f"?limit=300&cursor={begun['next']}")
    assert [len(names(begun)), begun["total"], rest["next"]] == [3, 7, None]
    assert sorted(names(begun) + names(rest)) == sorted(
        [*names(page), "Trường Trung học phổ thông số 1", "Trường Trung học phổ thông số 2"]
    )


async def test_what_was_previewed_is_told_and_owes_nothing(office: Office) -> None:
    made = await divisions(office, "Phòng A", "Phòng B")
    shown = await preview(office, [DIVISIONS])

    document = await issue(office, [DIVISIONS])

    assert names(await listed(office, document)) == names(shown) == ["Phòng A", "Phòng B"]
    owing = (await said(await office.client.get("/v1/obligations", params={"document": document["id"]})))["items"]
    assert {item["unit_id"] for item in owing}.isdisjoint(unit["id"] for unit in made)


async def test_who_is_told_finds_it_reads_it_and_confirms_once(office: Office) -> None:
    [first, second] = await divisions(office, "Phòng A", "Phòng B")
    document = await issue(office, [DIVISIONS, {"label": "Lưu: VT"}])
    caller = await office.client.as_(Role.UNIT, first["id"])
    stranger = await office.client.as_(Role.UNIT, (await office.client.unit("Báo số 9", "outside", code="B9"))["id"])

    async def told(who: ApiClient) -> list[str]:
        page = await said(await who.get("/v1/documents", params={"told": True}))
        return [item["id"] for item in page["items"]]

    assert (await told(caller), await told(stranger)) == ([document["id"]], [])
    path = f"/v1/documents/{document['id']}"
    assert (await said(await caller.get(path)))["title"] == document["title"]
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/read")).status_code == 404
    assert (await caller.get(f"{path}/progress")).status_code == 404, "how others stand is not told"
    assert (await caller.get(f"{path}/recipients")).status_code == 404

    receipts = await asyncio.gather(*(caller.post(f"{path}/read") for _ in range(3)))
    instants = {(await said(answer))["read_at"] for answer in receipts}
    office.client.services.clock.move(days=1)  # type: ignore[attr-defined]
    instants.add((await said(await caller.post(f"{path}/read")))["read_at"])
    assert len(instants) == 1

    page = await listed(office, document)
    assert {item["name"]: item["read_at"] for item in page["items"]} == {
        "Lưu: VT": None,
        "Phòng A": instants.pop(),
        "Phòng B": None,
    }
    assert (page["units"], page["read"]) == (2, 1)
    assert names(await listed(office, document, read=False)) == ["Phòng B"]
    assert names(await listed(office, document, read=True)) == ["Phòng A"]
    del second


async def test_who_is_bound_for_information_confirms_too_and_who_owes_does_not(office: Office) -> None:
    bound, informed = office.schools
    document = await issue(
        office,
        [],
        assignees=[{"unit": {"id": bound["id"]}}, {"unit": {"id": informed["id"]}, "mode": "information"}],
    )
    path = f"/v1/documents/{document['id']}/read"

    await said(await (await office.client.as_(Role.UNIT, informed["id"])).post(path))
    refused = await said(await (await office.client.as_(Role.UNIT, bound["id"])).post(path), 409)
    reader = await office.client.as_(Role.READER, informed["id"])

    assert refused["code"] == "not_a_recipient"
    assert (await reader.post(path)).status_code == 403
    page = await listed(office, document)
    assert [(item["unit_id"], item["purpose"], bool(item["read_at"])) for item in page["items"]] == [
        (informed["id"], None, True)
    ]


async def test_an_amendment_keeps_who_has_read_and_tells_who_is_new(office: Office) -> None:
    [first, second] = await divisions(office, "Phòng A", "Phòng B")
    document = await issue(office, [DIVISIONS, {"label": "Lưu: VT"}])
    path = f"/v1/documents/{document['id']}"
    await said(await (await office.client.as_(Role.UNIT, first["id"])).post(f"{path}/read"))
    await press(office)
    only_first = DIVISIONS | {"select": DIVISIONS["select"] | {"excluding": [{"id": second["id"]}]}}
    content = document["content"] | {"recipients": [only_first, {"select": {"groups": ["bao-chi"]}}]}

    etag = {"if-match": f'"{document["row_version"]}"'}
    await said(await office.client.post(f"{path}/amend", {"content": content, "reason": "Bổ sung"}, headers=etag))

    page = await listed(office, document)
    assert [(item["name"], item["read_at"] is not None) for item in page["items"]] == [
        ("Báo số 1", False),
        ("Báo số 2", False),
        ("Phòng A", True),
    ]


async def test_who_took_over_from_a_recipient_is_told(office: Office) -> None:
    [first, second] = await divisions(office, "Phòng A", "Phòng B")
    document = await issue(office, [{"unit": {"id": first["id"]}}])
    merged = {"kind": "merge", "units": [{"id": first["id"]}], "into": {"unit": {"id": second["id"]}}}
    order = {"effective_on": "2026-11-02", "legal_reference": "Đề án sắp xếp", "operations": [merged]}
    await said(await office.client.post("/v1/reorganisations", order), 201)
    heir = await office.client.as_(Role.UNIT, second["id"])

    assert len((await said(await heir.get("/v1/documents", params={"told": True})))["items"]) == 1
    await said(await heir.post(f"/v1/documents/{document['id']}/read"))
    assert (await listed(office, document))["read"] == 1


@pytest.mark.parametrize(
    ("recipient", "code", "field"),
    [
        ({"select": {"groups": ["khong-co"]}}, "group_unknown", "recipients.0.select.groups.0"),
        ({"select": {"kinds": ["cluster"]}}, "selector_matches_nobody", "recipients.0.select"),
        ({"unit": {"code_system": "local", "code": "KHONGCO"}}, "unit_unknown", "recipients.0"),
        ({"label": "Lưu: VT", "select": {}}, "malformed", "recipients.0"),
    ],
)
async def test_what_reaches_nobody_is_refused_by_preview_and_draft_alike(
    office: Office, recipient: Json, code: str, field: str
) -> None:
    refused = await preview(office, [recipient], 422)
    body = {"kind": "plan", "issuer": {"id": office.department["id"]}, "title": "Kế hoạch", "recipients": [recipient]}
    drafted = await said(await office.client.post("/v1/documents", body), 422)

    for answer in (refused, drafted):
        assert (answer["code"], answer["errors"][0]["field"]) == (code, field)
