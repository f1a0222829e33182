"""What lower plans report into when an amendment above drops it, brings it back, or asks for something else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from integration.documents.test_amending_reports import QUARTERLY, amend, now, open_due
from integration.documents.test_two_parents import begun


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock(), database_pool=20) as client:
        yield client


async def two_levels(client: ApiClient, above: Json, below: Json) -> tuple[Office, Json, Json]:
    """Return an office, the city's plan that binds its department, and the department's plan under it."""
    office = await Office.open(client, schools=1)
    city = (await client.get("/v1/units", params={"code": "local:UBND"})).json()["items"][0]
    department = [{"unit": {"id": office.department["id"]}}]
    upper = await office.issue(**above, issuer={"id": city["id"]}, number="1", assignees=department)
    return office, upper, await office.issue(**below, parents=[upper["id"]])


async def live(office: Office, document: Json, title: str) -> Json:
    """Return the newest round of a title."""
    rounds = (await now(office, document))["rounds"]
    found: Json = [item for item in rounds if item["title"] == title][-1]
    return found


async def sent_up(office: Office, lower: Json) -> Json:
    """Report of a round of the department's plan, consolidate it and send it up."""
    page = await said(await office.client.get("/v1/obligations", params={"round": lower["id"]}))
    await office.hand_in(page["items"][0])
    made = await said(await office.client.post(f"/v1/rounds/{lower['id']}/consolidate", {}))
    return await said(await office.client.post(f"/v1/consolidations/{made['id']}/submit", {}))


async def state_of(office: Office, round_: Json) -> str:
    params = {"round": round_["id"], "unit": office.department["id"]}
    page = await said(await office.client.get("/v1/obligations", params=params))
    state: str = page["items"][0]["state"]
    return state


async def test_a_period_that_comes_back_is_fed_again(client: ApiClient) -> None:
    client.services.clock.at = datetime(2026, 1, 12, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    asked: dict[str, Any] = {"rounds": [], "issued_on": "2026-01-12"}
    office, above, plan = await two_levels(
        client, asked | {"recurring": [QUARTERLY]}, asked | {"recurring": [QUARTERLY | {"day": 20}]}
    )

    await amend(office, above, recurring=[QUARTERLY | {"until": "2026-03-31"}])
    assert (await now(office, plan))["rounds"][1]["reports_into"] is None
    await amend(office, above, recurring=[QUARTERLY | {"until": "2026-12-31"}])
    await open_due(office, above, "2026-01-12T09:00+07:00")

    lower, upper = (await now(office, plan))["rounds"][1], await live(office, above, "Báo cáo quý II năm 2026")
    assert lower["reports_into"] == upper["id"]
    await sent_up(office, lower)
    assert await state_of(office, upper) == "fulfilled"


@pytest.mark.parametrize(("upper", "lower"), [("2026", "2026"), (None, None), (None, "2026"), ("2026", None)])
async def test_a_round_that_comes_back_is_fed_again(client: ApiClient, upper: str | None, lower: str | None) -> None:
    def report(days: float, period: str | None) -> Json:
        due = {"form": "at", "instant": in_days(client, days).isoformat()}
        return {"kind": "report", "title": "Báo cáo năm", "period": period, "due": due}

    other = report(12, "2027") | {"kind": "plan", "title": "Kế hoạch"}
    office, above, plan = await two_levels(
        client, {"rounds": [report(20, upper), other]}, {"rounds": [report(9, lower)]}
    )

    await amend(office, above, rounds=[other])
    assert (await now(office, plan))["rounds"][0]["reports_into"] is None
    await amend(office, above, rounds=[report(20, upper), other])

    [below], back = (await now(office, plan))["rounds"], await live(office, above, "Báo cáo năm")
    assert below["reports_into"] == back["id"]
    await sent_up(office, below)
    assert await state_of(office, back) == "fulfilled"


async def test_who_has_answered_a_dropped_round_may_be_returned_it(client: ApiClient) -> None:
    def report(days: float) -> Json:
        due = {"form": "at", "instant": in_days(client, days).isoformat()}
        return {"kind": "report", "title": "Báo cáo năm", "period": "2026", "due": due, "needs_acceptance": True}

    other = report(12) | {"kind": "plan", "title": "Kế hoạch"}
    office, above, plan = await two_levels(
        client, {"rounds": [report(20), other]}, {"rounds": [report(9) | {"needs_acceptance": False}]}
    )
    first, [below] = above["rounds"][0], (await now(office, plan))["rounds"]
    await sent_up(office, below)
    await amend(office, above, rounds=[other])
    params = {"round": first["id"], "unit": office.department["id"]}
    [owed] = (await said(await client.get("/v1/obligations", params=params)))["items"]
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", {"kind": "wrong", "reason": "Thiếu số liệu"}))

    await amend(office, above, rounds=[report(20), other])
    made = await said(await client.post(f"/v1/rounds/{below['id']}/consolidate", {}))
    await said(await client.post(f"/v1/consolidations/{made['id']}/submit", {}))

    back = await live(office, above, "Báo cáo năm")
    assert (back["id"] != first["id"], await state_of(office, first), await state_of(office, back)) == (
        True,
        "submitted",
        "submitted",
    )


async def test_a_parent_that_drops_its_round_leaves_the_other_as_the_first(client: ApiClient) -> None:
    two = await begun(client)
    department, district = [document["rounds"][0]["id"] for document in two.above]
    due = {"form": "at", "instant": in_days(client, 40).isoformat()}
    office = Office(client, two.district, two.schools)
    asked, other = two.above[1]["content"]["rounds"], {"kind": "plan", "title": "Kế hoạch năm", "due": due}
    [below] = two.plan["rounds"]
    assert (below["reports_into"], below["also_into"]) == (district, [department])

    await amend(office, two.above[1], rounds=[other])
    [below] = (await now(office, two.plan))["rounds"]
    assert (below["reports_into"], below["also_into"]) == (department, [])

    await amend(office, two.above[1], rounds=[*asked, other])
    [below] = (await now(office, two.plan))["rounds"]
    back = await live(office, two.above[1], "Báo cáo năm")
    assert (below["reports_into"], below["also_into"]) == (department, [back["id"]])
