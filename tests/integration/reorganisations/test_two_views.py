"""Progress as it was and as it is now, after a merge and an abolition in the middle of a cascade."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import StillClock, api
from harness.office import said
from harness.province import SIZE, Province, new_unit

Json = dict[str, Any]


@pytest.fixture
async def province(plan_api_database: str) -> AsyncIterator[Province]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield await Province.open(client)


def whole(tally: Json) -> int:
    """Return how many obligations a tally counts."""
    assert tally["on_time"] + tally["late"] + tally["missing"] == tally["expected"]
    return int(sum(tally[name] for name in tally if name not in {"expected", "awaiting_acceptance"}))


async def by_unit(province: Province, view: str) -> dict[str, Json]:
    """Return the tally of every unit of the cascade, over all pages."""
    found: dict[str, Json] = {}
    cursor = None
    while True:
        params = {"units": view, "limit": "50"} | ({"cursor": cursor} if cursor else {})
        path = f"/v1/documents/{province.directive['id']}/cascade/units"
        page = await said(await province.client.get(path, params=params))
        found |= {item["unit_id"]: item["tally"] for item in page["items"]}
        cursor = page["next"]
        if cursor is None:
            return found


async def test_both_views_reconcile(province: Province) -> None:
    province.client.services.clock.move(days=20)  # type: ignore[attr-defined]
    before = await province.progress(province.directive)
    before_by_unit = await by_unit(province, "now")
    order = province.merger() | {"effective_on": "2026-11-22"}
    done = await province.reorganise(order)
    assert done["refusals"] == []

    now, then = await province.progress(province.directive), await province.progress(province.directive, units="then")

    communes = SIZE * 3 // 10
    assert before["expected"] == 2 * (communes + 2)
    # two of the three merged had handed nothing in, the third awaits its review: the report is asked once for all
    moved = [each for each in done["obligations"] if each["document_id"] == province.directive["id"]]
    asked = {(each["round_id"], each["to_unit_id"]) for each in moved if each["outcome"] == "opened"}
    assert then["expected"] == before["expected"]
    assert now["expected"] == before["expected"] - len(moved) + len(asked)
    assert now["not_applicable"] == len(moved)
    assert whole(then) == whole(before)
    for view in ("now", "then"):
        units = await by_unit(province, view)
        cascade = await said(
            await province.client.get(f"/v1/documents/{province.directive['id']}/cascade", params={"units": view})
        )
        for name in cascade["tally"]:
            assert sum(tally[name] for tally in units.values()) == cascade["tally"][name], (view, name)
            assert sum(level["tally"][name] for level in cascade["levels"]) == cascade["tally"][name], (view, name)
    assert set(await by_unit(province, "then")) == set(before_by_unit)


async def test_as_it_was_counts_what_the_successor_answers_since(province: Province) -> None:
    merged = province.communes[1:3]
    done = await province.reorganise(
        province.order(
            {
                "kind": "merge",
                "units": [{"id": unit["id"]} for unit in merged],
                "into": {"new": new_unit("Xã Mới", province.city)},
            }
        )
    )
    created = next(unit["unit_id"] for unit in done["units"] if unit["what"] == "created")
    await province.hand_in(province.directive, {"id": created})
    province.client.services.clock.move(days=20)  # type: ignore[attr-defined]

    async def owes(unit_id: str, view: str) -> Json:
        found = await said(await province.client.get(f"/v1/units/{unit_id}/progress", params={"units": view}))
        tally: Json = found["owes"]
        return tally

    for unit in merged:
        assert (await owes(unit["id"], "then"))["on_time"] == 2
        assert (await owes(unit["id"], "now"))["expected"] == 0
    assert (await owes(created, "now"))["on_time"] == 2
    assert (await owes(created, "then"))["expected"] == 0


async def test_a_part_that_lags_keeps_the_whole_missing(province: Province) -> None:
    former = province.communes[1]
    halves = [{"new": new_unit(f"Xã Mới {half}", province.city, code=f"XM{half}")} for half in (1, 2)]
    done = await province.reorganise(province.order({"kind": "split", "unit": {"id": former["id"]}, "into": halves}))
    first, second = (unit["unit_id"] for unit in done["units"] if unit["what"] == "created")
    await province.hand_in(province.directive, {"id": first})
    province.client.services.clock.move(days=20)  # type: ignore[attr-defined]

    async def was() -> Json:
        path = f"/v1/units/{former['id']}/progress"
        tally: Json = (await said(await province.client.get(path, params={"units": "then"})))["owes"]
        return tally

    assert ((await was())["missing"], (await was())["on_time"]) == (2, 0)
    await province.hand_in(province.directive, {"id": second})
    assert ((await was())["missing"], (await was())["late"]) == (0, 2)
    merged_again = await province.reorganise(
        province.order(
            {"kind": "merge", "units": [{"id": first}], "into": {"unit": {"id": province.communes[6]["id"]}}},
            effective_on="2026-11-22",
        )
    )
    assert {each["outcome"] for each in merged_again["obligations"]} == {"owed"}


async def test_one_half_of_a_split_may_join_the_other(province: Province) -> None:
    former = province.communes[1]
    halves = [{"new": new_unit(f"Xã Mới {half}", province.city, code=f"XM{half}")} for half in (1, 2)]
    done = await province.reorganise(province.order({"kind": "split", "unit": {"id": former["id"]}, "into": halves}))
    first, second = (unit["unit_id"] for unit in done["units"] if unit["what"] == "created")

    joined = {"kind": "merge", "units": [{"id": first}], "into": {"unit": {"id": second}}}
    done = await province.reorganise(province.order(joined))

    assert {each["outcome"] for each in done["obligations"]} == {"owed"}
    await province.hand_in(province.directive, {"id": second})
    province.client.services.clock.move(days=20)  # type: ignore[attr-defined]
    path = f"/v1/units/{former['id']}/progress"
    was = (await said(await province.client.get(path, params={"units": "then"})))["owes"]
    assert (was["expected"], was["on_time"]) == (2, 2)
