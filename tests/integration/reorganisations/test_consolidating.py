"""A report taken over is consolidated once: from the successor, with no gap where its predecessor was."""

from harness.api import StillClock, api
from harness.office import said
from harness.province import Province


async def test_what_a_successor_reports_leaves_no_gap_behind(plan_api_database: str) -> None:
    async with api(plan_api_database, clock=StillClock()) as client:
        province = await Province.open(client, size=10)
        former, successor = province.communes[1:3]
        merger = {"kind": "merge", "units": [{"id": former["id"]}], "into": {"unit": {"id": successor["id"]}}}
        await province.reorganise(province.order(merger))
        for unit in (province.education, province.culture, province.communes[0], successor):
            owed = await province.owed(province.directive, unit)
            if owed["state"] == "open":
                await province.hand_in(province.directive, unit)
            await said(await client.post(f"/v1/obligations/{owed['id']}/accept", {}))

        drafted = await said(await client.post(f"/v1/rounds/{owed['round_id']}/consolidate"))

    assert drafted["gaps"] == []
    assert {part["unit"] for part in drafted["content"]["figures"]["classes"]["parts"]} == {
        unit["id"] for unit in (province.education, province.culture, province.communes[0], successor)
    }
