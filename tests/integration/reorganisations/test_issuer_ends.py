"""The issuer of a plan is abolished: its successor speaks for the plan from then on."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from cascade_contracts.vocabulary import Audience, LadderKind
from harness.api import StillClock, api
from harness.office import said
from harness.province import Province
from plan_api.read.audience import owing, seats


@pytest.fixture
async def province(plan_api_database: str) -> AsyncIterator[Province]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield await Province.open(client, 10)


async def test_the_successor_consolidates_and_reports_up(province: Province) -> None:
    await province.reorganise(province.merger())
    for school in province.schools:
        if (await province.owed(province.plan, school))["state"] == "open":
            await province.hand_in(province.plan, school)
        owed = await province.owed(province.plan, school)
        await said(await province.client.post(f"/v1/obligations/{owed['id']}/accept", {}))
    report = province.plan["rounds"][1]["id"]
    up = province.directive["rounds"][1]["id"]
    async with province.client.services.engine.begin() as connection:
        await connection.exec_driver_sql(f"update round set reports_into_round_id = '{up}' where id = '{report}'")
    clerk = await province.client.as_("clerk", province.culture["id"])

    made = await said(await clerk.post(f"/v1/rounds/{report}/consolidate"))
    assert made["unit_id"] == province.culture["id"]
    await said(await clerk.post(f"/v1/consolidations/{made['id']}/submit", {}))

    assert (await province.owed(province.directive, province.culture))["state"] == "submitted"


async def test_the_successor_reads_and_stops_the_plan(province: Province) -> None:
    clerk = await province.client.as_("clerk", province.culture["id"])
    assert (await clerk.get(f"/v1/documents/{province.plan['id']}/progress")).status_code == 404

    await province.reorganise(province.merger())

    assert (await clerk.get(f"/v1/documents/{province.plan['id']}/progress")).status_code == 200
    await said(await clerk.post(f"/v1/documents/{province.plan['id']}/suspend", {"reason": "Sắp xếp bộ máy"}))


async def test_steps_to_the_issuer_speak_to_the_successor(province: Province) -> None:
    await province.reorganise(province.merger())
    ladder = (
        await province.rows("select ladder_id from obligation where document_id = :id", id=UUID(province.plan["id"]))
    )[0][0]
    async with province.client.services.engine.connect() as connection:
        for audience in (Audience.ISSUER, Audience.TRACKER):
            found = await owing(connection, ladder, LadderKind.OBLIGATION, audience)
            spoken_to = {str(item.spoken_to_unit_id) for item in found}
            assert spoken_to == {province.culture["id"]}
            today = province.client.services.clock.now().date()
            seat = await seats(connection, [UUID(province.culture["id"])], audience, UUID(province.plan["id"]), today)
            assert seat[UUID(province.culture["id"])].holder_id is not None
