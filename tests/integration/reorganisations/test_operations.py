"""Each operation by itself: what it changes, and that undoing it leaves nothing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import StillClock, api
from harness.office import said
from harness.province import Province, contents, new_unit

Json = dict[str, Any]


@pytest.fixture
async def province(plan_api_database: str) -> AsyncIterator[Province]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield await Province.open(client, 20)


async def undone(province: Province, done: Json, before: Json) -> None:
    """Undo and compare every table."""
    await said(await province.client.post(f"/v1/reorganisations/{done['id']}/undo"))
    after = await contents(province.client)
    assert {table for table in before if before[table] != after[table]} == set()


async def superiors(province: Province, unit: Json) -> list[str]:
    view = await said(await province.client.get(f"/v1/units/{unit['id']}"))
    return [line["superior"]["id"] for line in view["lines"]]


async def test_abolished_without_a_successor_the_last_to_answer_settles_the_round(province: Province) -> None:
    alone = await Province.issue(province.client, province.city, [province.communes[1]], "plan", number="77")
    before = await contents(province.client)
    done = await province.reorganise(province.order({"kind": "abolish", "unit": {"id": province.communes[1]["id"]}}))

    assert {each["outcome"] for each in done["obligations"]} == {"ended"}
    progress = await said(await province.client.get(f"/v1/documents/{alone['id']}/progress"))
    assert all(each["settled_at"] is not None for each in progress["rounds"])
    assert progress["tally"]["not_applicable"] == 2
    await undone(province, done, before)


async def test_a_move_tells_the_new_superior_of_silence(province: Province) -> None:
    school = province.schools[1]
    before = await contents(province.client)
    operation = {
        "kind": "move",
        "unit": {"id": school["id"]},
        "line": "professional",
        "superior": {"id": province.culture["id"]},
    }
    done = await province.reorganise(province.order(operation))

    assert (done["superior_changed"], done["deciding_changed"]) == (2, 0)
    assert done["documents"] == [province.plan["id"]]
    assert await superiors(province, school) == [province.culture["id"]]
    await undone(province, done, before)
    assert await superiors(province, school) == [province.education["id"]]


async def test_a_split_gives_subordinates_to_whom_the_order_names(province: Province) -> None:
    first, *others = province.schools
    before = await contents(province.client)
    halves = [
        {"new": new_unit("Sở Một", province.city, code="S1")},
        {
            "new": new_unit("Sở Hai", province.city, code="S2"),
            "subordinates": [{"id": first["id"]}],
            "takes_over": False,
        },
    ]
    order = province.order({"kind": "split", "unit": {"id": province.education["id"]}, "into": halves})
    done = await province.reorganise(order)

    one, two = (unit["unit_id"] for unit in done["units"] if unit["what"] == "created")
    assert await superiors(province, first) == [two]
    assert await superiors(province, others[0]) == [one]
    assert {each["to_unit_id"] for each in done["obligations"]} == {one}
    assert (await province.owed(province.plan, first))["deciding_unit_id"] == two
    assert (await province.owed(province.plan, others[0]))["deciding_unit_id"] == one
    await undone(province, done, before)


async def test_a_renamed_unit_keeps_what_it_owes(province: Province) -> None:
    commune = province.communes[1]
    before = await contents(province.client)
    done = await province.reorganise(
        province.order({"kind": "rename", "unit": {"id": commune["id"]}, "name": "Phường Đổi Mới"})
    )

    assert (done["obligations"], done["documents"]) == ([], [])
    assert (await province.owed(province.directive, commune))["unit_name"] == "Phường Đổi Mới"
    found = await said(await province.client.get("/v1/units", params={"q": "doi moi"}))
    assert [item["id"] for item in found["items"]] == [commune["id"]]
    await undone(province, done, before)


async def test_an_extension_of_one_predecessor_is_kept_and_a_repeated_request_does_nothing(province: Province) -> None:
    one, other = province.communes[1:3]
    owed = await province.owed(province.directive, one)
    wish = {"due_on": "2026-12-01", "reason": "Chờ số liệu"}
    asked = await said(await province.client.post(f"/v1/obligations/{owed['id']}/extensions", wish), 201)
    await said(await province.client.post(f"/v1/extensions/{asked['id']}/approve", {}))
    order = province.order(
        {
            "kind": "merge",
            "units": [{"id": one["id"]}, {"id": other["id"]}],
            "into": {"new": new_unit("Xã Mới", province.city)},
        }
    )
    headers = {"idempotency-key": "once"}
    done = await said(await province.client.post("/v1/reorganisations", order, headers=headers), 201)
    again = await said(await province.client.post("/v1/reorganisations", order, headers=headers), 201)

    assert again == done
    created = next(unit["unit_id"] for unit in done["units"] if unit["what"] == "created")
    kept = await province.owed(province.directive, one)
    assert (await province.owed(province.directive, {"id": created}))["due_at"] == kept["due_at"] != owed["due_at"]
    page = await said(await province.client.get("/v1/reorganisations", params={"limit": 1}))
    assert [card["id"] for card in page["items"]] == [done["id"]]


async def test_who_merges_into_its_reviewer_has_nobody_left_to_report_to(province: Province) -> None:
    before = await contents(province.client)
    school = province.schools[1]
    done = await province.reorganise(
        province.order(
            {"kind": "merge", "units": [{"id": school["id"]}], "into": {"unit": {"id": province.education["id"]}}}
        )
    )
    assert {each["outcome"] for each in done["obligations"]} == {"with_decider"}
    await undone(province, done, before)


async def test_a_subordinate_takes_over_from_its_superior(province: Province) -> None:
    before = await contents(province.client)
    heir, sibling = province.schools[1:3]
    done = await province.reorganise(
        province.order(
            {"kind": "abolish", "unit": {"id": province.education["id"]}, "successor": {"unit": {"id": heir["id"]}}}
        )
    )
    assert await superiors(province, sibling) == [heir["id"]]
    own = await province.owed(province.plan, heir)
    assert own["state"] == "transferred"
    assert (await province.owed(province.directive, heir))["state"] == "open"
    await undone(province, done, before)
