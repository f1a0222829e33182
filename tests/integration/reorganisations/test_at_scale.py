"""Three communes merge and a department is abolished in the middle of a cascade: whole, both ways, and back again.

The suite plays 120 units; `make scale` plays 3,000 and prints what it took.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from harness.api import StillClock, api
from harness.office import Json, said
from harness.province import SIZE, Province, contents

UNSETTLED = "select id, round_id, unit_id from obligation where state in ('open', 'submitted')"


@contextmanager
def timed(figures: dict[str, float], name: str) -> Iterator[None]:
    """Note how many seconds a block took; told, never judged."""
    begun = time.perf_counter()
    yield
    figures[name] = round(time.perf_counter() - begun, 2)


async def tallies(province: Province, view: str) -> tuple[Json, Counter[str]]:
    """Return the cascade's tally, and the sum of its units' over all pages."""
    path = f"/v1/documents/{province.directive['id']}/cascade"
    whole = await said(await province.client.get(path, params={"units": view}))
    summed: Counter[str] = Counter()
    cursor: str | None = None
    while True:
        params = {"units": view, "limit": "500"} | ({"cursor": cursor} if cursor else {})
        page = await said(await province.client.get(f"{path}/units", params=params))
        for item in page["items"]:
            summed.update(item["tally"])
        cursor = page["next"]
        if cursor is None:
            return whole["tally"], summed


def counted(tally: Json) -> int:
    """Return how many obligations a tally counts."""
    assert tally["on_time"] + tally["late"] + tally["missing"] == tally["expected"]
    return int(sum(tally[name] for name in tally if name not in {"expected", "awaiting_acceptance"}))


async def test_in_the_middle_of_a_cascade_and_back_again(plan_api_database: str) -> None:
    figures: dict[str, float] = {"units": SIZE}
    async with api(plan_api_database, clock=StillClock()) as client:
        with timed(figures, "made_s"):
            province = await Province.open(client)
        client.services.clock.move(days=20)  # type: ignore[attr-defined]
        order = province.merger() | {"effective_on": "2026-11-22"}
        owed_before = await province.rows(UNSETTLED)
        (before, _), facts = await tallies(province, "now"), await contents(client)
        with timed(figures, "preview_s"):
            preview = await said(await client.post("/v1/reorganisations/preview", order))
        assert await contents(client) == facts

        with timed(figures, "carried_out_s"):
            done = await province.reorganise(order)

        assert len(done["obligations"]) == len(preview["obligations"])
        figures["obligations_moved"] = len(done["obligations"])
        figures["deciding_changed"] = done["deciding_changed"]
        ended = {unit["id"] for unit in (*province.communes[:3], province.education)}
        owed_after = await province.rows(UNSETTLED)
        still, handed_on = {row.id for row in owed_after}, {each["obligation_id"] for each in done["obligations"]}
        lost = [row for row in owed_before if row.id not in still and str(row.id) not in handed_on]
        assert lost == []
        assert {str(row.id) for row in owed_before if str(row.unit_id) in ended} == handed_on
        assert max(Counter((row.round_id, row.unit_id) for row in owed_after).values()) == 1
        assert not {str(row.unit_id) for row in owed_after} & ended
        with timed(figures, "both_views_s"):
            (now, now_by_unit), (then, then_by_unit) = await tallies(province, "now"), await tallies(province, "then")
        assert dict(now_by_unit) == now
        assert dict(then_by_unit) == then
        assert then["expected"] == before["expected"]
        assert counted(then) == counted(before)
        opened = {(each["round_id"], each["to_unit_id"]) for each in done["obligations"] if each["outcome"] == "opened"}
        assert now["expected"] == before["expected"] - len(handed_on) + len(opened)

        with timed(figures, "undone_s"):
            await said(await client.post(f"/v1/reorganisations/{done['id']}/undo"))

        restored = await contents(client)
        assert {table for table in facts if facts[table] != restored[table]} == set()
        assert await tallies(province, "now") == (before, before)
    print(json.dumps(figures))  # noqa: T201 - what `make scale` is run for
