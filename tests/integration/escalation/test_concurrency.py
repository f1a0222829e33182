"""What happens at once: last answers settle every round, one step makes one batch, a recall stops what races it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from cascade_contracts.delivery import ClearanceRequest, NoticeFacts
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from plan_api.escalation import handover, steps
from plan_api.escalation.steps import StepTaken
from plan_api.read.operations import operations


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock(), database_pool=30) as client:
        yield client


async def _take(client: ApiClient, document: Json, step: Json) -> StepTaken:
    services = client.services
    async with services.engine.begin() as connection:
        return await steps.take_step(
            connection,
            services,
            UUID(document["id"]),
            UUID(step["ladder_id"]),
            UUID(step["step_id"]),
            services.clock.now(),
        )


async def _armed(client: ApiClient, document: Json) -> list[Json]:
    lines = (await client.get(f"/v1/documents/{document['id']}/steps")).json()
    return [line for line in lines if line["outcome"] is None]


async def test_the_last_answers_of_a_hundred_rounds_settle_all_of_them(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    rounds = [office.round("report", in_days(client, 5), title=f"Đợt {number}") for number in range(50)]
    plans = [await office.issue(rounds, number=str(number)) for number in (1, 2)]
    owed = []
    for plan in plans:
        page = await said(await client.get("/v1/obligations", params={"document": plan["id"], "limit": 200}))
        owed += page["items"]
    assert len(owed) == 200
    last = {item["round_id"]: item for item in owed}
    for item in owed:
        if last[item["round_id"]] is not item:
            await office.hand_in(item, kind="nil", text=None, figures=None)

    async def persistently(item: Json) -> None:
        """Hand in as clients do: a busy server asks to come again and has changed nothing."""
        path = f"/v1/obligations/{item['id']}/submissions"
        while (answer := await client.post(path, {"kind": "nil"})).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(int(answer.headers["Retry-After"]))
        await said(answer, 201)

    await asyncio.gather(*(persistently(item) for item in last.values()))

    for plan in plans:
        progress = await said(await client.get(f"/v1/documents/{plan['id']}/progress"))
        assert len(progress["rounds"]) == 50
        assert all(item["settled_at"] for item in progress["rounds"])
        assert await _armed(client, plan) == []


async def test_three_simultaneous_tries_of_one_step_make_one_batch(client: ApiClient) -> None:
    office = await Office.open(client)
    plan = await office.issue([office.round("report", in_days(client, 14))])
    first = (await _armed(client, plan))[0]

    taken = await asyncio.gather(*(_take(client, plan, first) for _ in range(3)))

    assert len({item.batch_id for item in taken}) == 1
    assert [item.notices for item in taken] == [3, 3, 3]
    async with client.services.engine.connect() as connection:
        figures = await operations(connection, client.services.clock.now())
    assert figures["notices"] == {"pending": 3 + 3}  # announced at issue, then this step
    assert figures["batches_unfinished"] == 2


@pytest.mark.parametrize("recall_first_by", [0, 1, 2, 3])
async def test_a_recall_racing_a_step_never_sends_after_it(client: ApiClient, recall_first_by: int) -> None:
    office = await Office.open(client)
    plan = await office.issue([office.round("report", in_days(client, 14))])
    first = (await _armed(client, plan))[0]

    async def step() -> StepTaken:
        for _ in range(recall_first_by * 20):
            await asyncio.sleep(0)
        return await _take(client, plan, first)

    recalling = client.post(f"/v1/documents/{plan['id']}/recall", {"reason": "Ban hành nhầm"})
    recalled, taken = await asyncio.gather(recalling, step())
    await said(recalled)

    if taken.batch_id is None:
        return
    async with client.services.engine.connect() as connection:
        page = (await handover.hand_over(connection, client.services, taken.batch_id, None, 100)).pages[0]
        ids = [notice.notice_id for notice in page.notices]
        asked = ClearanceRequest(notice_ids=ids)
        clearance = (await handover.clearance(connection, client.services, taken.batch_id, asked)).clearance
    assert clearance.cleared == []
    assert {item.reason for item in clearance.withheld} == {"recalled"}


async def test_after_an_outage_only_the_latest_step_speaks_and_folds_the_announcement(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 5), needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    await office.hand_in(owed)
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", {"kind": "wrong", "reason": "Nhầm năm"}))
    returned = next(step for step in await _armed(client, plan) if step["kind"] == "returned")
    client.services.clock.move(days=8)  # type: ignore[attr-defined]

    taken = await _take(client, plan, returned)

    lines = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    ladder = [line for line in lines if line["ladder_id"] == returned["ladder_id"]]
    (spoke,) = [line for line in ladder if line["batch_id"]]
    assert (spoke["kind"], spoke["notices"], taken.notices) == ("escalate", 1, 1)
    assert {line["outcome"] for line in ladder if line["fire_at"] < spoke["fire_at"]} <= {"overtaken", "skipped"}
    assert taken.batch_id is not None
    async with client.services.engine.connect() as connection:
        page = (await handover.hand_over(connection, client.services, taken.batch_id, None, 100)).pages[0]
    assert all(isinstance(each.facts, NoticeFacts) and each.facts.announcement_folded for each in page.notices)


async def test_an_answer_between_two_rungs_stops_the_ladder_for_the_one_who_answered(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([office.round("report", in_days(client, 3))])
    await office.hand_in(await office.owed(plan, office.schools[0]))
    client.services.clock.move(days=5)  # type: ignore[attr-defined]
    late = next(step for step in await _armed(client, plan) if step["kind"] == "overdue")

    taken = await _take(client, plan, late)

    assert taken.notices == 1
    assert taken.batch_id is not None
    async with client.services.engine.connect() as connection:
        page = (await handover.hand_over(connection, client.services, taken.batch_id, None, 100)).pages[0]
    assert [notice.recipient.unit_name for notice in page.notices] == [office.schools[1]["name"]]


async def test_a_suspended_document_speaks_to_nobody_until_it_is_resumed(client: ApiClient) -> None:
    office = await Office.open(client)
    plan = await office.issue([office.round("report", in_days(client, 14))])
    first = (await _armed(client, plan))[0]
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Bão"}))

    assert (await _take(client, plan, first)).batch_id is None
    again = await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Bão"})
    assert (again.status_code, again.json()["code"]) == (409, "already_suspended")
    await said(await client.post(f"/v1/documents/{plan['id']}/resume"))
    assert (await _take(client, plan, first)).notices == 3


async def test_a_vacant_seat_is_reported_not_skipped(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    office.schools.append(await client.unit("Trường không đầu mối", professional=office.department["id"], seats=[]))
    await office.issue([office.round("report", in_days(client, 14))])

    async with client.services.engine.connect() as connection:
        figures = await operations(connection, client.services.clock.now() + timedelta(minutes=1))
    assert figures["notices"] == {"pending": 1, "unreachable": 1}
