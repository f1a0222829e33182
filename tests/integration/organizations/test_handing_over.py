"""A seat is handed over: the next holder gets a brief, the former holder's links die."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Office, in_days, said
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def test_the_brief_says_what_is_open_late_promised_and_to_be_decided(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    soon = await office.issue([office.round("report", in_days(client, 2), title="Báo cáo nhanh")])
    later = await office.issue([office.round("report", in_days(client, 20), needs_acceptance=True)], number="19")
    owed = await office.owed(later, first)
    wish = {"due_on": "2026-12-01", "reason": "Chờ số liệu"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/extensions", wish), 201)
    await office.hand_in(await office.owed(later, second))
    client.services.clock.move(days=5)  # type: ignore[attr-defined]

    seat = first["seats"][0]["id"]
    brief = await said(await client.get(f"/v1/seats/{seat}/brief"))
    assert [card["round_title"] for card in brief["late"]] == ["Báo cáo nhanh"]
    assert [card["document_id"] for card in brief["open"]["items"]] == [soon["id"], later["id"]]
    assert [(each["obligation_id"], each["state"], each["reason"]) for each in brief["promised"]] == [
        (owed["id"], "open", "Chờ số liệu")
    ]
    assert (brief["awaiting_review"]["items"], brief["to_decide"]["items"]) == ([], [])
    department = await said(await client.get(f"/v1/seats/{office.department['seats'][0]['id']}/brief"))
    assert [card["unit_id"] for card in department["to_decide"]["items"]] == [second["id"]]
    stranger = await client.as_("unit", second["id"])
    assert (await stranger.get(f"/v1/seats/{seat}/brief")).status_code == 404


async def test_the_former_holders_links_die_with_the_handover(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    await office.issue([office.round("report", in_days(client, 2))])
    school = office.schools[0]
    query = "select l.id, l.seat_id from link l join seat s on s.id = l.seat_id where s.unit_id = :unit"
    async with client.services.engine.connect() as connection:
        link_id, seat = (await connection.execute(text(query), {"unit": school["id"]})).one()
    token = client.services.links.token(link_id)
    assert (await client.get(f"/l/{token}")).status_code == 200

    await said(
        await client.post(f"/v1/seats/{seat}/handover", {"name": "Người mới", "email": "moi@truong.example"}), 201
    )

    assert (await client.get(f"/l/{token}")).status_code in {404, 410}
    assert (await said(await client.get(f"/v1/seats/{seat}/brief")))["open"]["items"] != []
