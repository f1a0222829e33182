"""What is returned, extended or handed in rests on the calendar as it is, whichever process has changed it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from plan_api.calendar import service as calendar
from plan_api.read.tables import CALENDAR_LOCK
from sqlalchemy import text

STORM = {"working": False, "legal_reference": "Công điện 21/CĐ-UBND"}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def another(plan_api_database: str, client: ApiClient) -> AsyncIterator[ApiClient]:
    """Another process over the same facts; it has read the calendar before the storm."""
    async with api(plan_api_database, clock=client.services.clock) as other:
        async with other.services.engine.connect() as connection:
            await calendar.work_calendar(connection, other.services)
        yield other


async def ahead(client: ApiClient, plan: Json, kind: str) -> list[str]:
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    return sorted(step["fire_at"][:10] for step in steps if step["outcome"] is None and step["kind"] == kind)


def report(**given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": "2026-11-12"}} | given


async def test_an_extension_granted_elsewhere_counts_the_storm(client: ApiClient, another: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report()])
    owed = await office.owed(plan, office.schools[0])
    wish = {"due_on": "2026-11-20", "reason": "Chờ số liệu"}
    asked = await said(await client.post(f"/v1/obligations/{owed['id']}/extensions", wish), 201)
    await said(await client.put("/v1/calendar/overrides/2026-11-19", STORM))

    await said(await another.post(f"/v1/extensions/{asked['id']}/approve", {}))

    assert "2026-11-18" in await ahead(client, plan, "remind")


async def test_a_return_and_a_hand_in_elsewhere_count_the_storm(client: ApiClient, another: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report(due={"form": "on", "date": "2026-11-03"}, needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    await said(await client.put("/v1/calendar/overrides/2026-11-04", STORM))

    handed = {"kind": "report", "text": "Đã thực hiện."}
    await said(await another.post(f"/v1/obligations/{owed['id']}/submissions", handed), 201)
    assert await ahead(client, plan, "review") == ["2026-11-05", "2026-11-09"]

    await said(await client.put("/v1/calendar/overrides/2026-11-05", STORM))
    body = {"kind": "incomplete", "reason": "Thiếu biểu"}
    await said(await another.post(f"/v1/obligations/{owed['id']}/return", body))
    detail = await said(await client.get(f"/v1/obligations/{owed['id']}"))
    assert [step["fire_at"][:10] for step in detail["steps"] if step["kind"] == "due"] == ["2026-11-09"]


async def test_while_the_calendar_changes_an_answer_waits_before_it_locks_anything(
    client: ApiClient, another: ApiClient
) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report(needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    async with client.services.engine.connect() as changing:
        await changing.execute(text(f"select pg_advisory_xact_lock({CALENDAR_LOCK})"))
        handed = {"kind": "report", "text": "Đã thực hiện."}
        answer = asyncio.create_task(another.post(f"/v1/obligations/{owed['id']}/submissions", handed))
        await _waiting(client)
        await changing.execute(text("select id from obligation for update nowait"))
        await changing.rollback()
    assert (await answer).status_code == 201


async def _waiting(client: ApiClient) -> None:
    """Wait until somebody waits for the calendar."""
    async with asyncio.timeout(10), client.services.engine.connect() as connection:
        query = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        while not (await connection.execute(query)).scalar_one():
            await connection.rollback()
            await asyncio.sleep(0.01)
