"""Policies are versions; what is armed keeps its own until somebody arms it again, previewed, nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from plan_api.escalation import steps
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def step(position: int, kind: str, audience: str, amount: int, anchor: str = "due") -> Json:
    offset = {"amount": str(amount), "unit": "working_days"}
    return {"position": position, "kind": kind, "audience": audience, "anchor": anchor, "offset": offset}


QUICK = [
    step(1, "announce", "contact", 0, "issue"),
    step(2, "remind", "contact", -2),
    step(3, "overdue", "contact", 1),
    step(4, "escalate", "superior_head", 2),
    step(11, "review", "reviewer_contact", 1, "hand_in"),
]


async def add(client: ApiClient, code: str = "standard", status: int = 201, **given: Any) -> Json:
    body = {"name": "Đôn đốc nhanh", "steps": QUICK} | given
    return await said(await client.post(f"/v1/policies/{code}/versions", body), status)


async def steps_of(client: ApiClient, plan: Json) -> list[Json]:
    answer = await client.get(f"/v1/documents/{plan['id']}/steps")
    found: list[Json] = answer.json()
    return found


def ahead(steps: list[Json]) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["audience"], each["fire_at"][:10]) for each in steps if each["outcome"] is None]


async def due_on(office: Office, day: str, **given: Any) -> Json:
    round_ = {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": day}} | given
    return await office.issue([round_])


async def test_a_version_is_added_and_what_is_armed_keeps_its_own(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await due_on(office, "2026-11-20")
    before = await steps_of(client, plan)
    assert {(each["policy"], each["policy_version"]) for each in before} == {("standard", 1)}

    made = await add(client)
    assert (made["code"], made["version"], made["documents"]) == ("standard", 2, 0)
    assert await steps_of(client, plan) == before
    listed = (await said(await client.get("/v1/policies", params={"code": "standard"})))["items"]
    assert [(each["version"], each["documents"]) for each in listed] == [(2, 0), (1, 1)]
    assert {each["code"] for each in (await said(await client.get("/v1/policies")))["items"]} == {
        "standard",
        "rehearsal",
    }
    other = await office.issue([office.round("report", None)], number="19")
    assert {each["policy_version"] for each in await steps_of(client, other)} == {2}
    assert (await add(client, "rieng-cua-so"))["version"] == 1


async def test_a_policy_that_could_not_be_armed_is_refused(client: ApiClient) -> None:
    for wrong in (QUICK[1:], QUICK[:-1], [*QUICK, step(5, "remind", "head", 1)]):
        assert (await add(client, steps=wrong, status=422))["code"] == "policy_incoherent"
    assert (await (await client.as_("clerk")).post("/v1/policies/x/versions", {"name": "X", "steps": QUICK})).json()[
        "code"
    ] == "forbidden"
    unknown = await client.get("/v1/policies", params={"code": "khong-co"})
    assert unknown.json()["code"] == "unknown_policy"


async def test_arming_again_fires_what_the_preview_said_and_nothing_twice(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    plan = await due_on(office, "2026-11-20")
    client.services.clock.move(days=12)  # type: ignore[attr-defined]
    await office.hand_in(await office.owed(plan, office.schools[0]))
    await _spoken_reminder(client, plan)
    await add(client)

    order = {"policy": "standard", "reason": "Theo chỉ đạo của Giám đốc Sở"}
    before = await steps_of(client, plan)
    preview = await said(await client.post(f"/v1/documents/{plan['id']}/rearm/preview", order))
    assert await steps_of(client, plan) == before
    done = await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order))
    assert done == preview
    (ladder,) = done["ladders"]
    assert (ladder["from_version"], ladder["obligations"]) == ("standard v1", 2)
    why = {each["kind"]: each["why"] for each in ladder["steps"]}
    assert why == {"announce": "spoken_before", "remind": "spoken_before", "overdue": None, "escalate": None}

    after = await steps_of(client, plan)
    expected = [("overdue", "contact", "2026-11-23"), ("escalate", "superior_head", "2026-11-25")]
    assert ahead(after) == expected
    assert {each["policy_version"] for each in after if each["outcome"] is None} == {2}
    again = await client.post(f"/v1/documents/{plan['id']}/rearm", order)
    assert again.json()["code"] == "nothing_to_rearm"

    back = await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order | {"version": 1}))
    assert back["version"] == 1
    spoken = text(
        "select s.kind, count(*) from obligation_step o join ladder_step s on s.id = o.step_id group by s.kind"
    )
    async with client.services.engine.connect() as connection:
        counts = {row[0]: row[1] for row in await connection.execute(spoken)}
    assert counts == {"announce": 3, "remind": 2}


async def _spoken_reminder(client: ApiClient, plan: Json) -> None:
    """Let the first reminder speak, which is due."""
    due = next(each for each in await steps_of(client, plan) if each["kind"] == "remind")
    async with client.services.engine.begin() as connection:
        await steps.take_step(
            connection,
            client.services,
            UUID(plan["id"]),
            UUID(due["ladder_id"]),
            UUID(due["step_id"]),
            client.services.clock.now(),
        )


async def test_what_comes_after_arming_again_is_armed_by_the_new_version(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await due_on(office, "2026-11-20", needs_acceptance=True)
    first, second = office.schools
    await office.hand_in(await office.owed(plan, first))
    await add(client)
    order = {"policy": "standard", "version": 2, "reason": "Đôn đốc nhanh hơn"}
    done = await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order))
    assert {ladder["kind"] for ladder in done["ladders"]} == {"obligation", "review"}

    await office.hand_in(await office.owed(plan, second))
    reviews = [each for each in await steps_of(client, plan) if each["ladder_kind"] == "review"]
    assert {each["policy_version"] for each in reviews if each["outcome"] is None} == {2}
    owed = await office.owed(plan, second)
    body = {"kind": "incomplete", "reason": "Thiếu số liệu"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", body))
    returned = [each for each in await steps_of(client, plan) if each["reason"] == "return"]
    assert {each["policy_version"] for each in returned} == {2}
    health = await said(await client.get("/v1/operations/health"))
    assert health["obligations_unarmed"] == 0


@pytest.mark.parametrize("first", ["step", "rearm"])
async def test_arming_again_while_a_step_is_taken_loses_and_doubles_nothing(client: ApiClient, first: str) -> None:
    office = await Office.open(client, schools=2)
    plan = await due_on(office, "2026-11-20")
    await add(client)
    client.services.clock.move(days=18, hours=12)  # type: ignore[attr-defined]
    due = next(each for each in await steps_of(client, plan) if each["kind"] == "overdue")
    assert due["fire_at"] > client.services.clock.now().isoformat()
    client.services.clock.move(days=2, hours=12)  # type: ignore[attr-defined]
    order = {"policy": "standard", "reason": "Đôn đốc nhanh hơn"}

    async def step() -> None:
        await asyncio.sleep(0 if first == "step" else 0.05)
        async with client.services.engine.begin() as connection:
            ids = UUID(plan["id"]), UUID(due["ladder_id"]), UUID(due["step_id"])
            await steps.take_step(connection, client.services, *ids, client.services.clock.now())

    async def rearm() -> None:
        await asyncio.sleep(0 if first == "rearm" else 0.05)
        await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order))

    await asyncio.gather(step(), rearm())

    for each in await steps_of(client, plan):
        if each["outcome"] is None and each["fire_at"] <= client.services.clock.now().isoformat():
            async with client.services.engine.begin() as connection:
                ids = UUID(plan["id"]), UUID(each["ladder_id"]), UUID(each["step_id"])
                await steps.take_step(connection, client.services, *ids, client.services.clock.now())
    query = text(
        "select o.obligation_id, count(*) from obligation_step o join ladder_step s on s.id = o.step_id"
        " where s.kind in ('overdue', 'due', 'remind', 'escalate') group by o.obligation_id"
    )
    async with client.services.engine.connect() as connection:
        assert [row[1] for row in await connection.execute(query)] == [1, 1]
    assert (await said(await client.get("/v1/operations/health")))["obligations_unarmed"] == 0


async def test_answers_that_come_while_a_document_is_armed_again_are_chased_by_the_new_version(
    client: ApiClient,
) -> None:
    office = await Office.open(client, schools=4)
    plan = await due_on(office, "2026-11-20", needs_acceptance=True)
    await office.hand_in(await office.owed(plan, office.schools[0]))
    await add(client)
    owed = [await office.owed(plan, school) for school in office.schools[1:]]
    order = {"policy": "standard", "reason": "Đôn đốc nhanh hơn"}
    rearm = client.post(f"/v1/documents/{plan['id']}/rearm", order)
    await asyncio.gather(*(office.hand_in(each) for each in owed[:2]), rearm, office.hand_in(owed[2]))
    query = text(
        "select p.version, count(*) from obligation o join ladder l on l.id = o.review_ladder_id"
        " join policy p on p.id = l.policy_id group by p.version"
    )
    async with client.services.engine.connect() as connection:
        assert [tuple(row) for row in await connection.execute(query)] == [(2, 4)]
    assert (await said(await client.get("/v1/operations/health")))["obligations_unarmed"] == 0


async def test_an_obligation_with_nothing_armed_is_told_to_the_operator(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await due_on(office, "2026-11-20")
    async with client.services.engine.begin() as connection:
        await connection.execute(
            text("update obligation set ladder_id = null where unit_id = :unit"), {"unit": office.schools[0]["id"]}
        )
    health = await said(await client.get("/v1/operations/health"))
    assert (health["obligations_unarmed"], health["steps_overdue"]) == (1, 0)
    assert (await office.owed(plan, office.schools[0]))["state"] == "open"


async def _rearm(client: ApiClient, plan: Json) -> Json:
    order = {"policy": "standard", "version": 2, "reason": "Đôn đốc nhanh hơn"}
    return await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order))


async def test_a_review_reminder_that_a_faster_version_puts_into_the_past_speaks_at_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    await add(client, steps=[*QUICK[:-1], step(11, "review", "reviewer_contact", 5, "hand_in")])
    plan = await due_on(office, "2026-11-30", needs_acceptance=True)
    await office.hand_in(await office.owed(plan, office.schools[0]))
    await add(client, steps=[*QUICK[:-1], step(11, "review", "reviewer_contact", 2, "hand_in")])
    client.services.clock.move(days=3)  # type: ignore[attr-defined]
    order = {"policy": "standard", "version": 3, "reason": "Đôn đốc nhanh hơn"}
    await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order))

    reviews = [each for each in await steps_of(client, plan) if each["kind"] == "review" and each["outcome"] is None]
    now = client.services.clock.now().isoformat().replace("+00:00", "Z")
    assert [(each["policy_version"], each["fire_at"]) for each in reviews] == [(3, now)]


async def test_a_cut_off_nobody_took_in_time_is_carried_over(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await due_on(office, "2026-11-06", cut_off_at="2026-11-06T17:00:00Z")
    await add(client)
    client.services.clock.move(days=7)  # type: ignore[attr-defined]
    await _rearm(client, plan)

    cut_offs = [each for each in await steps_of(client, plan) if each["kind"] == "cut_off"]
    left = [(each["policy_version"], each["fire_at"]) for each in cut_offs if each["outcome"] is None]
    assert left == [(2, "2026-11-06T17:00:00Z")]


async def test_a_period_that_lies_ahead_is_announced_no_earlier_by_another_version(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([], recurring=[{"title": "Báo cáo", "every": "month", "day": 25}])
    await add(client)
    await _rearm(client, plan)

    news = [each for each in await steps_of(client, plan) if each["kind"] == "announce" and each["outcome"] is None]
    assert [(each["policy_version"], each["fire_at"]) for each in news] == [(2, "2026-12-01T01:00:00Z")]


async def test_a_hand_in_after_two_changes_of_version_is_chased_by_a_ladder_in_force(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    plan = await due_on(office, "2026-11-20", needs_acceptance=True)
    for school in office.schools[:2]:
        await office.hand_in(await office.owed(plan, school))
    await add(client)
    for version in (2, 1):
        order = {"policy": "standard", "version": version, "reason": "Đôn đốc nhanh hơn"}
        await said(await client.post(f"/v1/documents/{plan['id']}/rearm", order))

    await office.hand_in(await office.owed(plan, office.schools[2]))

    query = text(
        "select count(*) from obligation o where exists (select from ladder_step s"
        " where s.ladder_id = o.review_ladder_id and s.outcome is null)"
    )
    async with client.services.engine.connect() as connection:
        assert (await connection.execute(query)).scalar_one() == 3
