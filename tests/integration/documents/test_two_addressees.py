"""A report with two addressees: one decides, the other receives and reads; a reorganisation hands that on too."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said


@dataclass(slots=True)
class Two:
    """A department that decides on its schools' reports, and a peer that receives them."""

    office: Office
    peer: Json
    heir: Json
    plan: Json

    async def received_by(self, unit: Json) -> list[Json]:
        """Return what a unit's own staff see as received."""
        caller = await self.office.client.as_(Role.UNIT, unit["id"])
        page = await said(await caller.get("/v1/obligations", params={"receiving": unit["id"]}))
        items: list[Json] = page["items"]
        return items


@pytest.fixture
async def two(plan_api_database: str) -> AsyncIterator[Two]:
    async with api(plan_api_database, clock=StillClock()) as client:
        office = await Office.open(client, schools=2)
        peer = await client.unit("Sở Thông tin và Truyền thông", "department", code="STTTT")
        heir = await client.unit("Sở Khoa học và Công nghệ", "department", code="SKHCN")
        rounds = [office.round("report", in_days(client, 8), needs_acceptance=True, receivers=[{"id": peer["id"]}])]
        yield Two(office, peer, heir, await office.issue(rounds))


async def read(client: ApiClient, obligation: Json) -> int:
    return (await client.get(f"/v1/obligations/{obligation['id']}")).status_code


async def test_who_receives_lists_and_reads_but_does_not_decide(two: Two) -> None:
    owed = await two.office.owed(two.plan, two.office.schools[0])
    await two.office.hand_in(owed)
    peer = await two.office.client.as_(Role.CLERK, two.peer["id"])

    assert len(await two.received_by(two.peer)) == 2
    found = await said(await peer.get(f"/v1/obligations/{owed['id']}"))
    assert found["receivers"] == [two.peer["id"]]
    assert found["submissions"][0]["figures"] == {"classes": "2"}
    assert (await peer.post(f"/v1/obligations/{owed['id']}/accept", {})).status_code in {403, 404}


async def test_who_does_not_receive_sees_nothing(two: Two) -> None:
    owed = await two.office.owed(two.plan, two.office.schools[0])
    stranger = await two.office.client.as_(Role.CLERK, two.heir["id"])

    assert await two.received_by(two.heir) == []
    assert await read(stranger, owed) == 404
    assert (await said(await stranger.get("/v1/obligations")))["items"] == []


async def test_who_took_over_from_a_receiver_receives(two: Two) -> None:
    owed = await two.office.owed(two.plan, two.office.schools[0])
    merged = {"kind": "merge", "units": [{"id": two.peer["id"]}], "into": {"unit": {"id": two.heir["id"]}}}
    order = {"effective_on": "2026-11-02", "legal_reference": "Đề án sắp xếp", "operations": [merged]}
    await said(await two.office.client.post("/v1/reorganisations", order), 201)
    heir = await two.office.client.as_(Role.CLERK, two.heir["id"])

    assert len(await two.received_by(two.heir)) == 2
    assert await read(heir, owed) == 200
    assert len((await said(await heir.get("/v1/obligations")))["items"]) == 2
