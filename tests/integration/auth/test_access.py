"""Accounts and permissions from the HTTP surface down: who may call, see and do what."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Role
from cascade_servicekit.problems import Forbidden, NotFound
from harness.api import ApiClient, StillClock, api
from plan_api.auth import service
from plan_api.requests import Caller
from plan_api.rules.access import Relation, Verb, may


@pytest.fixture
async def clock() -> StillClock:
    return StillClock()


@pytest.fixture
async def client(plan_api_database: str, clock: StillClock) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=clock) as client:
        yield client


@pytest.fixture
async def tree(client: ApiClient) -> dict[str, dict[str, Any]]:
    """A department, its school, and a stranger."""
    department = await client.unit("Sở", "department", code="SO")
    school = await client.unit("Trường", code="TR", professional=department["id"])
    return {"department": department, "school": school, "stranger": await client.unit("Xa lạ", code="XL")}


async def test_without_a_key_nothing_is_told(client: ApiClient) -> None:
    answer = await client.without_key().get("/v1/units")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_health_needs_no_key(client: ApiClient) -> None:
    assert (await client.without_key().get("/health/live")).json() == {"status": "ok"}
    assert (await client.without_key().get("/health/ready")).status_code == 200


async def test_a_key_is_shown_once_and_ends_when_revoked(client: ApiClient) -> None:
    given = {"name": "Đọc", "role": "reader"}
    made = await client.post("/v1/accounts", given, headers={"idempotency-key": "k"})
    replayed = await client.post("/v1/accounts", given, headers={"idempotency-key": "k"})
    reader = ApiClient(client.app, client.services, made.json()["key"])

    assert made.status_code == 201
    assert made.json()["key"].startswith(made.json()["key_hint"])
    assert replayed.json() == made.json() | {"key": None}
    assert (await reader.get("/v1/me")).json()["role"] == "reader"
    revoked = await client.post(f"/v1/accounts/{made.json()['id']}/revoke")
    assert revoked.json()["revoked_at"] is not None
    assert (await reader.get("/v1/me")).status_code == 401
    again = await client.post(f"/v1/accounts/{made.json()['id']}/revoke")
    assert again.json()["code"] == "account_revoked"


async def test_the_last_administrator_stays(client: ApiClient) -> None:
    account_id = (await client.get("/v1/me")).json()["id"]

    answer = await client.post(f"/v1/accounts/{account_id}/revoke")

    assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")


async def test_accounts_are_listed_without_keys(client: ApiClient, tree: dict[str, Any]) -> None:
    await client.as_(Role.UNIT, tree["school"]["id"])

    first = (await client.get("/v1/accounts", params={"limit": 1})).json()
    second = (await client.get("/v1/accounts", params={"limit": 1, "cursor": first["next_cursor"]})).json()

    assert first["items"][0]["unit"]["name"] == "Trường" or second["items"][0]["unit"]["name"] == "Trường"
    assert second["next_cursor"] is None
    assert "key" not in first["items"][0]


async def test_a_unit_role_needs_a_unit(client: ApiClient) -> None:
    answer = await client.post("/v1/accounts", {"name": "Trường", "role": "unit"})

    assert (answer.status_code, answer.json()["code"]) == (422, "account_needs_unit")


async def test_only_administrators_manage_accounts(client: ApiClient, tree: dict[str, Any]) -> None:
    clerk = await client.as_(Role.CLERK, tree["department"]["id"])

    for answer in (
        await clerk.get("/v1/accounts"),
        await clerk.post("/v1/accounts", {"name": "x", "role": "reader"}),
        await clerk.post(
            "/v1/units", {"name": "x", "kind": "school", "codes": [{"code_system": "local", "code": "1"}]}
        ),
        await clerk.put("/v1/calendar/overrides/2026-12-31", {"working": False, "legal_reference": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_what_is_not_below_does_not_exist(client: ApiClient, tree: dict[str, Any]) -> None:
    clerk = await client.as_(Role.CLERK, tree["department"]["id"])

    assert (await clerk.get(f"/v1/units/{tree['school']['id']}")).status_code == 200
    hidden = await clerk.get(f"/v1/units/{tree['stranger']['id']}")
    nowhere = await clerk.get(f"/v1/units/{uuid4()}")
    assert (hidden.status_code, hidden.json()["detail"]) == (404, nowhere.json()["detail"])
    assert [item["name"] for item in (await clerk.get("/v1/units")).json()["items"]] == ["Sở", "Trường"]


async def test_persons_are_shown_to_those_who_act_there(client: ApiClient, tree: dict[str, Any]) -> None:
    path = f"/v1/units/{tree['school']['id']}"
    clerk = await client.as_(Role.CLERK, tree["department"]["id"])
    reader = await client.as_(Role.READER, tree["department"]["id"])

    shown, hidden = (await clerk.get(path)).json(), (await reader.get(path)).json()

    assert shown["contacts_shown"]
    assert shown["seats"][0]["holders"][0]["email"] == "head.tr@example.edu.vn"
    assert not hidden["contacts_shown"]
    assert hidden["seats"][0]["holders"][0]["name"] is None


@pytest.mark.parametrize("role", list(Role))
async def test_require_follows_the_table(client: ApiClient, tree: dict[str, Any], role: Role) -> None:
    units = {Relation.OWN: "department", Relation.SUBTREE: "school", Relation.OTHER: "stranger"}
    caller = Caller(new_id(), "x", role, UUID(tree["department"]["id"]))
    wide = Caller(new_id(), "x", role, None)
    async with client.services.engine.connect() as connection:
        for verb in Verb:
            for relation, name in units.items():
                unit_id = UUID(tree[name]["id"])
                assert await service.allows(connection, caller, verb, unit_id) is may(role, verb, relation), (
                    verb,
                    name,
                )
                if may(role, verb, relation):
                    await service.require(connection, caller, verb, unit_id)
                else:
                    refusal = Forbidden if may(role, Verb.READ, relation) else NotFound
                    with pytest.raises(refusal):
                        await service.require(connection, caller, verb, unit_id)
            anywhere = any(may(role, verb, relation) for relation in Relation)
            assert await service.allows(connection, wide, verb, UUID(tree["school"]["id"])) is anywhere


async def test_a_link_opens_until_it_ends(client: ApiClient, clock: StillClock, tree: dict[str, Any]) -> None:
    seat = tree["school"]["seats"][0]
    row = service.LinkRow(new_id(), UUID(seat["id"]), UUID(seat["holders"][0]["id"]), None, None)
    services = client.services
    token = services.links.token(row.id)
    async with services.engine.begin() as connection:
        await service.make_links(connection, services, [row], clock.now())
        await service.make_links(connection, services, [row], clock.now())
        view = await service.open_link(connection, services, token, clock.now())
        assert view is not None
        assert view.caller.unit_id == UUID(tree["school"]["id"])
        assert view.caller.actor == f"seat:{seat['id']}"
        middle = len(token) // 2
        forged = token[:middle] + ("B" if token[middle] == "A" else "A") + token[middle + 1 :]
        assert await service.open_link(connection, services, forged, clock.now()) is None
    clock.move(days=services.settings.link_days)
    async with services.engine.begin() as connection:
        assert await service.open_link(connection, services, token, clock.now()) is None


async def test_a_predecessors_links_end_with_the_handover(
    client: ApiClient, clock: StillClock, tree: dict[str, Any]
) -> None:
    seat = tree["school"]["seats"][0]
    row = service.LinkRow(new_id(), UUID(seat["id"]), UUID(seat["holders"][0]["id"]), None, None)
    async with client.services.engine.begin() as connection:
        await service.make_links(connection, client.services, [row], clock.now())

    await client.post(f"/v1/seats/{seat['id']}/handover", {"name": "Người mới"})

    async with client.services.engine.connect() as connection:
        token = client.services.links.token(row.id)
        assert await service.open_link(connection, client.services, token, clock.now()) is None
