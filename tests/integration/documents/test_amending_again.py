"""Amendments on top of amendments: a round that comes back under its name is the new one, not the one dropped."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def report(on: str, title: str = "Báo cáo") -> Json:
    return {"kind": "report", "title": title, "due": {"form": "on", "date": on}}


async def amend(client: ApiClient, plan: Json, rounds: list[Json]) -> Json:
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    body = {"content": now["content"] | {"rounds": rounds}, "reason": "Điều chỉnh", "acknowledge": False}
    headers = {"if-match": f'"{now["row_version"]}"'}
    return await said(await client.post(f"/v1/documents/{plan['id']}/amend", body, headers=headers))


async def owed(client: ApiClient, plan: Json) -> list[tuple[str, str, str]]:
    page = await said(await client.get("/v1/obligations", params={"document": plan["id"]}))
    return sorted((item["round_title"], item["due_on"], item["state"]) for item in page["items"])


async def test_a_round_dropped_and_asked_for_again_is_amended_as_the_new_one(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-12"), report("2026-11-13", "Báo cáo tổng hợp")])
    await amend(client, plan, [report("2026-11-13", "Báo cáo tổng hợp")])
    await amend(client, plan, [report("2026-11-13", "Báo cáo tổng hợp"), report("2026-11-19")])

    told = await amend(client, plan, [report("2026-11-13", "Báo cáo tổng hợp"), report("2026-11-26")])

    (changed,) = told["rounds"]
    assert (changed["was_on"], changed["due_on"], changed["units"]) == ("2026-11-19", "2026-11-26", 1)
    assert await owed(client, plan) == [
        ("Báo cáo", "2026-11-12", "withdrawn"),
        ("Báo cáo", "2026-11-26", "open"),
        ("Báo cáo tổng hợp", "2026-11-13", "open"),
    ]
