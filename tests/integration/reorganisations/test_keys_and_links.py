"""What an ended unit holds in its hands opens nothing any more, and says who took over."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def link_of(client: ApiClient, unit: Json) -> str:
    query = "select l.id from link l join seat s on s.id = l.seat_id where s.unit_id = :unit"
    async with client.services.engine.connect() as connection:
        link_id = (await connection.execute(text(query), {"unit": unit["id"]})).scalar_one()
    return f"/l/{client.services.links.token(link_id)}"


async def reorganise(client: ApiClient, *operations: Json) -> Json:
    order = {"effective_on": "2026-11-02", "legal_reference": "Quyết định 12/QĐ", "operations": list(operations)}
    return await said(await client.post("/v1/reorganisations", order), 201)


async def test_keys_and_links_of_an_ended_unit_name_the_successor_and_work_again_after_an_undo(
    client: ApiClient,
) -> None:
    office = await Office.open(client, schools=3)
    first, second, third = office.schools
    await office.issue([office.round("report", in_days(client, 9))])
    own, page = await client.as_("unit", first["id"]), await link_of(client, first)
    assert (await own.get("/v1/me")).status_code == 200
    assert (await client.get(page)).status_code == 200

    merged = {"kind": "merge", "units": [{"id": first["id"]}], "into": {"unit": {"id": second["id"]}}}
    done = await reorganise(client, merged)

    refused = await said(await own.get("/v1/me"), 403)
    assert refused["code"] == "unit_ended_key"
    assert first["name"] in refused["detail"]
    assert second["name"] in refused["detail"]
    assert "02/11/2026" in refused["detail"]
    ended = await client.get(page)
    assert ended.status_code == 410
    assert f"đơn vị kế thừa: {second['name']}" in ended.text

    await said(await client.post(f"/v1/reorganisations/{done['id']}/undo", {}))
    assert (await own.get("/v1/me")).status_code == 200
    assert (await client.get(page)).status_code == 200

    await reorganise(client, merged)
    await reorganise(client, {"kind": "merge", "units": [{"id": second["id"]}], "into": {"unit": {"id": third["id"]}}})
    chained = await said(await own.get("/v1/me"), 403)
    assert third["name"] in chained["detail"]
    assert second["name"] not in chained["detail"]


async def test_a_unit_nobody_took_over_from_says_so(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    own = await client.as_("clerk", office.schools[0]["id"])
    await reorganise(client, {"kind": "abolish", "unit": {"id": office.schools[0]["id"]}})
    refused = await said(await own.get("/v1/obligations"), 403)
    assert "không có đơn vị kế thừa" in refused["detail"]
