"""Groups of units: named once, dated, resolved to successors, used by selectors."""

from collections.abc import AsyncIterator

import pytest
from harness.api import StillClock, api
from harness.office import Json, Office, said


@pytest.fixture
async def office(plan_api_database: str) -> AsyncIterator[Office]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield await Office.open(client, schools=5)


def refs(*units: Json) -> list[Json]:
    return [{"id": unit["id"]} for unit in units]


async def group(office: Office, *units: Json, code: str = "ven-bien", status: int = 201) -> Json:
    body = {"code": code, "name": "Các trường ven biển", "members": refs(*units)}
    return await said(await office.client.post("/v1/groups", body), status)


def means(view: Json) -> list[tuple[str, str | None]]:
    return [(each["unit_id"], each["stands_for"]) for each in view["members"]]


async def chosen(office: Office, *selectors: Json, status: int = 200) -> Json:
    body = {"issuer": {"id": office.department["id"]}, "selectors": list(selectors)}
    return await said(await office.client.post("/v1/assignees/preview", body), status)


def reached(page: Json) -> list[str]:
    return [item["unit_id"] for item in page["items"]]


async def test_membership_is_dated_and_a_group_reads_as_of_any_day(office: Office) -> None:
    first, second, third, *_ = office.schools
    made = await group(office, first, second)
    path = f"/v1/groups/{made['id']}"
    change = {"add": refs(third), "remove": refs(first), "effective_on": "2026-11-10"}
    await said(await office.client.post(f"{path}/members", change))

    async def on(day: str) -> list[str]:
        return [unit for unit, _ in means(await said(await office.client.get(path, params={"on": day})))]

    assert await on("2026-11-01") == []
    assert await on("2026-11-09") == [first["id"], second["id"]]
    assert await on("2026-11-10") == [second["id"], third["id"]]

    stale = await office.client.patch(path, {"name": "Khác"}, etag=1)
    assert stale.status_code == 412
    await said(await office.client.patch(path, {"name": "Trường đảo"}, etag=2))
    assert [each["name"] for each in (await said(await office.client.get("/v1/groups")))["items"]] == ["Trường đảo"]
    assert (await group(office, status=409))["code"] == "group_code_taken"
    assert (await office.client.delete(path)).status_code == 204
    assert (await office.client.get(path)).status_code == 404
    await group(office)


async def test_selectors_take_groups_in_and_leave_groups_out_in_preview_and_issue_alike(office: Office) -> None:
    first, second, third, fourth, _ = office.schools
    press = await office.client.unit("Báo Hải Phòng", "agency", code="BAO")
    made = await group(office, first, second, third, press)
    await group(office, second, code="mien")

    assert reached(await chosen(office, {"groups": ["ven-bien"]})) == [
        press["id"],
        first["id"],
        second["id"],
        third["id"],
    ]
    schools = {"groups": [made["id"]], "kinds": ["school"], "excluding_groups": ["mien"]}
    assert reached(await chosen(office, schools)) == [first["id"], third["id"]]
    below = {"groups": ["ven-bien"], "under": {"id": office.department["id"]}, "excluding": refs(third)}
    assert reached(await chosen(office, below)) == [first["id"], second["id"]]
    assert (await chosen(office, {"groups": ["khong-co"]}, status=422))["code"] == "group_unknown"
    assert (await chosen(office, {"groups": ["mien"], "excluding_groups": ["mien"]}, status=422))["code"] == (
        "selector_matches_nobody"
    )

    rounds = [office.round("report", None)]
    plan = await office.issue(rounds, assignees=[], selectors=[schools, {"groups": ["mien"], "mode": "request"}])
    page = await said(await office.client.get("/v1/obligations", params={"document": plan["id"]}))
    assert {item["unit_id"] for item in page["items"]} == {first["id"], second["id"], third["id"]}
    assert fourth["id"] not in {item["unit_id"] for item in page["items"]}


async def test_a_member_that_ended_stands_for_its_successors_until_the_order_is_undone(office: Office) -> None:
    first, second, third, fourth, _ = office.schools
    made = await group(office, first, second)
    path = f"/v1/groups/{made['id']}"
    order = {
        "effective_on": "2026-11-02",
        "legal_reference": "Quyết định sáp nhập trường",
        "operations": [
            {"kind": "merge", "units": refs(first, third), "into": {"unit": {"id": third["id"]}}},
            {
                "kind": "split",
                "unit": {"id": second["id"]},
                "into": [{"unit": {"id": third["id"]}}, {"unit": {"id": fourth["id"]}}],
            },
        ],
    }
    done = await said(await office.client.post("/v1/reorganisations", order), 201)

    assert means(await said(await office.client.get(path))) == [
        (third["id"], first["name"]),
        (fourth["id"], second["name"]),
    ]
    assert reached(await chosen(office, {"groups": ["ven-bien"]})) == [third["id"], fourth["id"]]
    yesterday = await said(await office.client.get(path, params={"on": "2026-11-01"}))
    assert yesterday["members"] == []

    await said(await office.client.post(f"/v1/reorganisations/{done['id']}/undo", {}))
    assert means(await said(await office.client.get(path))) == [(first["id"], None), (second["id"], None)]


async def test_a_unit_keeps_its_own_groups_and_does_not_see_those_of_others(office: Office) -> None:
    school, other, *_ = office.schools
    own = await office.client.as_("unit", school["id"])
    body = {"code": "to-chuyen-mon", "name": "Tổ chuyên môn", "owner": {"id": school["id"]}, "members": refs(other)}
    made = await said(await own.post("/v1/groups", body), 201)
    assert (await own.post("/v1/groups", body | {"owner": None, "code": "khac"})).status_code == 403
    stranger = await office.client.as_("unit", other["id"])
    assert (await stranger.get(f"/v1/groups/{made['id']}")).status_code == 404
    assert (await stranger.delete(f"/v1/groups/{made['id']}")).status_code == 404
    assert (await stranger.get("/v1/groups")).json()["items"] == []
    assert (await own.get("/v1/groups")).json()["items"][0]["code"] == "to-chuyen-mon"
