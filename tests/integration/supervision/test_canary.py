"""A canary that does not come back is an error in the log and a finding; the next is let go an hour later."""

import logging
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from cascade_console.checks import Standing
from cascade_console.doctor import read_health
from harness.api import ApiClient, StillClock, api
from harness.office import Json, said
from plan_api.supervision.canary import Canary
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def health(client: ApiClient) -> Json:
    return await said(await client.get("/v1/operations/health"))


def finding(told: Json) -> tuple[Standing, str]:
    now = datetime.fromisoformat(told["now"])
    names = {"Kiểm tra đôn đốc hằng ngày", "Daily proof of escalation"}
    (found,) = [each for each in read_health(told, now, now) if each.name in names]
    return found.standing, found.detail


async def test_without_temporal_the_canary_is_missed_and_the_operator_is_told(
    client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    clock, canary = client.services.clock, Canary(client.services)
    assert isinstance(clock, StillClock)
    assert (await health(client))["canary"] is None
    await canary.look()
    clock.move(minutes=6)
    await canary.look()
    assert (await health(client))["canary"]["proved"] is None
    clock.move(minutes=1)
    with caplog.at_level(logging.ERROR):
        await canary.look()
    assert "escalation does not work" in caplog.text
    missed = (await health(client))["canary"]
    lacking = "announce: batch not taken over by notifier; due: step not taken"
    assert (missed["proved"], missed["detail"]) == (False, lacking)
    assert finding(await health(client)) == (Standing.WRONG, f"{missed['started_at']}: {lacking}")

    clock.move(minutes=50)
    await canary.look()
    assert (await health(client))["canary"] == missed
    clock.move(minutes=10)
    await canary.look()
    assert (await health(client))["canary"]["proved"] is None
    async with client.services.engine.connect() as connection:
        documents = (await connection.execute(text("select state from document order by created_at"))).scalars().all()
        units = (await connection.execute(text("select count(*) from unit"))).scalar_one()
    assert (list(documents), units) == (["recalled", "issued"], 2)
    assert (await said(await client.get("/v1/documents")))["items"] == []


async def test_a_proof_of_long_ago_proves_nothing(client: ApiClient) -> None:
    clock, canary = client.services.clock, Canary(client.services)
    assert isinstance(clock, StillClock)
    await canary.look()
    async with client.services.engine.begin() as connection:
        await connection.execute(text("update canary_run set ended_at = started_at, proved = true"))
    assert finding(await health(client))[0] is Standing.FOUND
    clock.move(days=3)
    assert finding(await health(client))[0] is Standing.WRONG


async def test_a_canary_that_cannot_even_be_issued_is_told_as_well(client: ApiClient) -> None:
    clock, canary = client.services.clock, Canary(client.services)
    assert isinstance(clock, StillClock)
    await canary.look()
    async with client.services.engine.begin() as connection:
        await connection.execute(text("update canary_run set ended_at = started_at, proved = true"))
        await connection.execute(
            text(
                "insert into policy (id, code, version, name, rehearsal, body, created_at)"
                " select gen_random_uuid(), code, 9, name, true,"
                " jsonb_set(jsonb_set(body, '{version}', '9'), '{steps}', (select jsonb_agg(s) from"
                " jsonb_array_elements(body -> 'steps') s where s ->> 'kind' <> 'announce')), created_at from policy"
                " where code = 'canary'"
            )
        )
    clock.move(days=1)
    await canary.look()
    told = (await health(client))["canary"]
    assert (told["proved"], told["detail"].split(":")[0]) == (False, "step_not_armable")
