"""An amendment and a hand-in at once: each waits for the other in one order, and both are done."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.vocabulary import SubmissionKind
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from plan_api.obligations import answering
from plan_api.obligations.schemas import SubmissionIn
from plan_api.read.standing import lock_standing
from plan_api.requests import SUPERVISION, Act
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def due(kind: str, title: str, on: str) -> Json:
    return {"kind": kind, "title": title, "due": {"form": "on", "date": on}}


async def somebody_waits(client: ApiClient, many: int = 1) -> None:
    """Return once a transaction (or `many`) waits for a row of another one."""
    query = text(
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(20), client.services.reading.connect() as connection:
        while (await connection.execute(query)).scalar_one() < many:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("what", ["assignees", "further round"])
async def test_an_amendment_waits_for_a_hand_in_that_has_begun(client: ApiClient, what: str) -> None:
    office = await Office.open(client, schools=2)
    leaving, _ = office.schools
    receipt, report = due("acknowledge", "Tiếp nhận", "2026-11-06"), due("report", "Báo cáo", "2026-11-20")
    plan = await office.issue([receipt, report])
    one = UUID((await office.owed(plan, leaving, "report"))["id"])
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    changed: dict[str, Any] = {"rounds": [due("acknowledge", "Tiếp nhận", "2026-11-05"), report]}
    if what == "assignees":
        changed["assignees"] = [{"unit": {"id": office.schools[1]["id"]}}]
    else:
        changed["rounds"][1] = due("report", "Báo cáo", "2026-11-19")
    body = {"content": now["content"] | changed, "reason": "Điều chỉnh", "acknowledge": False}
    headers = {"if-match": f'"{now["row_version"]}"'}

    async with client.services.engine.begin() as connection:
        assert await lock_standing(connection, one) is not None
        amending = asyncio.create_task(client.post(f"/v1/documents/{plan['id']}/amend", body, headers=headers))
        await somebody_waits(client)
        act = Act(connection, client.services, SUPERVISION, client.services.clock.now())
        given = SubmissionIn(kind=SubmissionKind.REPORT, text="Đã thực hiện.")
        await answering.hand_in(act, one, given, answering.Received(authorised=True))
        await act.flush()

    await said(await amending)
    page = await said(await client.get("/v1/obligations", params={"document": plan["id"], "unit": leaving["id"]}))
    assert {item["state"] for item in page["items"]} == {"fulfilled"}


async def test_an_amendment_and_a_reorganisation_wait_for_each_other_in_one_order(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    receipt, report = due("acknowledge", "Tiếp nhận", "2026-11-06"), due("report", "Báo cáo", "2026-11-20")
    plan = await office.issue([receipt, report])
    first, ended, heir = office.schools
    one = UUID((await office.owed(plan, first, "acknowledge"))["id"])
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    rounds = [receipt, due("report", "Báo cáo", "2026-11-19")]
    body = {"content": now["content"] | {"rounds": rounds}, "reason": "Điều chỉnh", "acknowledge": False}
    headers = {"if-match": f'"{now["row_version"]}"'}
    operation = {"kind": "merge", "units": [{"id": ended["id"]}], "into": {"unit": {"id": heir["id"]}}}
    order = {"effective_on": "2026-11-02", "legal_reference": "Quyết định 12/QĐ-UBND", "operations": [operation]}

    async with client.services.engine.begin() as connection:
        assert await lock_standing(connection, one) is not None
        amending = asyncio.create_task(client.post(f"/v1/documents/{plan['id']}/amend", body, headers=headers))
        await somebody_waits(client)
        reorganising = asyncio.create_task(client.post("/v1/reorganisations", order))
        await somebody_waits(client, 2)

    await said(await amending)
    await said(await reorganising, 201)
