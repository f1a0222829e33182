"""What a person prefers about being written to: a digest or not, its hour, quiet hours. Nothing switches duty off."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import said

CHOSEN = {"digest": True, "digest_at": "10:00:00", "quiet_from": "18:00:00", "quiet_until": "08:00:00"}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def _seat(client: ApiClient) -> tuple[dict[str, Any], dict[str, Any]]:
    unit = await client.unit("Trường", code="T1")
    await client.post(f"/v1/seats/{unit['seats'][0]['id']}/handover", {"email": "a@truong.example"})
    unit = (await client.get(f"/v1/units/{unit['id']}")).json()
    return unit, unit["seats"][0]


async def test_an_administrator_sets_a_persons_hours(client: ApiClient) -> None:
    unit, seat = await _seat(client)
    path = f"/v1/seats/{seat['id']}/holder"

    edited = await said(await client.patch(path, CHOSEN, etag=unit["row_version"]))
    once_more = await said(await client.patch(path, {"digest": None}, etag=edited["row_version"]))

    holder = edited["seats"][0]["holders"][0]
    assert {name: holder[name] for name in CHOSEN} == CHOSEN
    after = once_more["seats"][0]["holders"][0]
    assert {name: after[name] for name in CHOSEN} == CHOSEN | {"digest": None}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quiet_from": "00:00", "quiet_until": "23:59"}, "quiet_from"),
        ({"quiet_from": "18:00", "quiet_until": "12:00"}, "quiet_until"),
        ({"digest_at": "22:00"}, "digest_at"),
    ],
)
async def test_hours_that_would_keep_duty_away_are_refused(
    client: ApiClient, given: dict[str, str], field: str
) -> None:
    unit, seat = await _seat(client)

    answer = await client.patch(f"/v1/seats/{seat['id']}/holder", given, etag=unit["row_version"])

    refused = answer.json()
    assert (answer.status_code, refused["code"]) == (422, "hours_not_possible")
    assert refused["errors"][0]["field"] == field
    assert "Không thể tắt thông báo về nhiệm vụ" in answer.text
    assert (await client.get(f"/v1/units/{unit['id']}")).json()["row_version"] == unit["row_version"]
