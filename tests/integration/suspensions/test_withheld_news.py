"""News withheld because its unit was suspended counts as unheard: the resumption tells it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.delivery import ClearanceRequest, Outcome, Outcomes
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from plan_api.escalation import handover, steps
from sqlalchemy import text

FLOOD = "Toàn xã bị cô lập do mưa lũ"


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def report(on: str, **given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": on}} | given


def at(client: ApiClient, when: str) -> None:
    client.services.clock.at = datetime.fromisoformat(when).astimezone(UTC)  # type: ignore[attr-defined]


async def deliver(client: ApiClient) -> list[str]:
    """Ask clearance for everything undelivered, as notifier does, and report what became of it; return the states."""
    now, told = client.services.clock.now(), []
    async with client.services.engine.begin() as connection:
        query = text("select batch_id, array_agg(id) from notice where state = 'pending' group by batch_id")
        for batch_id, notice_ids in (await connection.execute(query)).all():
            asked = ClearanceRequest(notice_ids=notice_ids)
            answer = (await handover.clearance(connection, client.services, batch_id, asked)).clearance
            found = [Outcome(notice_id=each, state="delivered", channel="email", at=now) for each in answer.cleared] + [
                Outcome(notice_id=each.notice_id, state="withheld", detail=each.reason, at=now)
                for each in answer.withheld
            ]
            await handover.outcomes(connection, batch_id, Outcomes(outcomes=found, finished=True), now)
            told += [str(each.state) for each in found]
    return sorted(told)


async def take_due(client: ApiClient, plan: Json) -> None:
    """Take every step that is due, as the supervision would."""
    now = client.services.clock.now()
    for step in (await client.get(f"/v1/documents/{plan['id']}/steps")).json():
        if step["outcome"] is None and datetime.fromisoformat(step["fire_at"]) <= now:
            document, ladder, one = (UUID(given) for given in (plan["id"], step["ladder_id"], step["step_id"]))
            async with client.services.engine.begin() as connection:
                await steps.take_step(connection, client.services, document, ladder, one, now)


async def suspended_overnight(client: ApiClient, school: Json) -> list[str]:
    """Suspend a school at 23:00 and deliver at 07:00 what waited for the morning."""
    at(client, "2026-11-02T23:00+07:00")
    await said(await client.post(f"/v1/units/{school['id']}/suspend", {"reason": FLOOD}))
    at(client, "2026-11-03T07:00+07:00")
    return await deliver(client)


async def resumed(client: ApiClient, school: Json, due: str = "keep") -> list[tuple[str, str | None]]:
    at(client, "2026-11-05T09:00+07:00")
    body = {"due": due, "reason": "Nước đã rút"}
    told = await said(await client.post(f"/v1/units/{school['id']}/resume", body))
    return [(duty["due_on"], duty["told"]) for duty in told["going_on"]]


async def test_an_announcement_withheld_is_made_at_the_resumption(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    at(client, "2026-11-02T22:00+07:00")
    await office.issue([report("2026-11-27")])

    assert await suspended_overnight(client, office.schools[0]) == ["delivered", "withheld"]

    assert await resumed(client, office.schools[0]) == [("2026-11-27", "announce")]


async def test_a_return_withheld_is_told_at_the_resumption(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    school = office.schools[0]
    plan = await office.issue([report("2026-11-27", needs_acceptance=True)])
    assert await deliver(client) == ["delivered"] * 2
    owed = await office.owed(plan, school)
    await office.hand_in(owed)
    at(client, "2026-11-02T22:00+07:00")
    back = {"kind": "incomplete", "reason": "Thiếu biểu"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", back))
    await take_due(client, plan)

    assert await suspended_overnight(client, school) == ["withheld"]

    assert await resumed(client, school) == [("2026-11-27", "returned")]


async def test_what_was_delivered_before_is_not_said_again(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    school = office.schools[0]
    plan = await office.issue([report("2026-11-27", needs_acceptance=True)])
    owed = await office.owed(plan, school)
    await office.hand_in(owed)
    await said(
        await client.post(f"/v1/obligations/{owed['id']}/return", {"kind": "incomplete", "reason": "Thiếu biểu"})
    )
    await take_due(client, plan)
    assert await deliver(client) == ["delivered"] * 3

    assert await suspended_overnight(client, school) == []

    assert await resumed(client, school) == [("2026-11-27", None)]


@pytest.mark.parametrize("due", ["keep", "shift"])
async def test_a_due_day_amended_meanwhile_is_told_and_not_moved_on_top(client: ApiClient, due: str) -> None:
    office = await Office.open(client, schools=2)
    school = office.schools[0]
    plan = await office.issue([report("2026-11-27")])
    await deliver(client)
    await suspended_overnight(client, school)
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    body = {"content": now["content"] | {"rounds": [report("2026-12-04")]}, "reason": "Điều chỉnh hạn"}
    headers = {"if-match": f'"{now["row_version"]}"'}
    await said(await client.post(f"/v1/documents/{plan['id']}/amend", body | {"acknowledge": False}, headers=headers))
    await take_due(client, plan)

    assert await resumed(client, school, due) == [("2026-12-04", "extended")]


async def asked(client: ApiClient) -> list[tuple[UUID, list[str], list[str]]]:
    """Ask clearance for what is pending, over HTTP as notifier does; return batch, cleared and withheld by reason."""
    token = client.services.settings.internal_token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"}
    async with client.services.engine.connect() as connection:
        query = text("select batch_id, array_agg(cast(id as text)) from notice group by batch_id order by batch_id")
        batches = (await connection.execute(query)).all()
    found = []
    for batch_id, notice_ids in batches:
        path = f"/internal/v1/batches/{batch_id}/clearance"
        answer = await said(await client.post(path, {"notice_ids": notice_ids}, headers=headers))
        found.append((batch_id, answer["cleared"], [each["reason"] for each in answer["withheld"]]))
    return found


async def test_a_resumption_before_the_outcome_arrives_tells_what_was_withheld(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    at(client, "2026-11-02T22:00+07:00")
    await office.issue([report("2026-11-27")])
    at(client, "2026-11-02T23:00+07:00")
    await said(await client.post(f"/v1/units/{office.schools[0]['id']}/suspend", {"reason": FLOOD}))
    at(client, "2026-11-03T07:00+07:00")
    ((announced, cleared, reasons),) = await asked(client)
    assert (cleared, reasons) == ([], ["suspended"])

    assert await resumed(client, office.schools[0]) == [("2026-11-27", "announce")]

    both = {batch: (len(cleared), reasons) for batch, cleared, reasons in await asked(client)}
    assert both.pop(announced) == (0, ["suspended"])  # asked once more, it must not be sent on top
    assert list(both.values()) == [(1, [])]


async def test_a_clearance_and_a_resumption_at_once_agree(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    at(client, "2026-11-02T22:00+07:00")
    await office.issue([report("2026-11-27")])
    await said(await client.post(f"/v1/units/{office.schools[0]['id']}/suspend", {"reason": FLOOD}))

    going_on, ((_, cleared, _),) = await asyncio.gather(resumed(client, office.schools[0]), asked(client))

    told = [told for _, told in going_on if told is not None]
    assert len(told) + len(cleared) == 1  # told anew, or what waited is sent: one of them


@pytest.mark.parametrize("due", ["keep", "shift"])
async def test_a_cut_off_amended_meanwhile_gives_lost_days_back_all_the_same(client: ApiClient, due: str) -> None:
    office = await Office.open(client, schools=2)
    school = office.schools[0]
    plan = await office.issue([report("2026-11-27", cut_off_at="2026-11-30T00:00:00+07:00")])
    await deliver(client)
    await suspended_overnight(client, school)
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    rounds = [now["content"]["rounds"][0] | {"cut_off_at": "2026-12-05T00:00:00+07:00"}]
    body = {"content": now["content"] | {"rounds": rounds}, "reason": "Lùi thời điểm chốt", "acknowledge": False}
    headers = {"if-match": f'"{now["row_version"]}"'}
    await said(await client.post(f"/v1/documents/{plan['id']}/amend", body, headers=headers))

    shifted = [("2026-12-02", "extended")] if due == "shift" else [("2026-11-27", None)]
    assert await resumed(client, school, due) == shifted


async def extended(client: ApiClient, plan: Json, due_on: str) -> None:
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    body = {"due_on": due_on, "reason": "Nhiều đơn vị còn chờ số liệu"}
    headers = {"if-match": f'"{now["row_version"]}"'}
    await said(await client.post(f"/v1/documents/{plan['id']}/extend", body, headers=headers))
    await take_due(client, plan)


async def test_more_time_for_all_withheld_is_told_at_the_resumption(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-27")])
    assert await deliver(client) == ["delivered"]
    at(client, "2026-11-02T22:00+07:00")
    await extended(client, plan, "2026-12-04")

    assert await suspended_overnight(client, office.schools[0]) == ["withheld"]

    assert await resumed(client, office.schools[0]) == [("2026-12-04", "extended")]
    await take_due(client, plan)
    assert await deliver(client) == ["delivered"]


async def test_more_time_for_all_that_was_heard_of_is_not_told_again(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-27")])
    await extended(client, plan, "2026-12-04")
    assert await deliver(client) == ["delivered"] * 2

    assert await suspended_overnight(client, office.schools[0]) == []

    assert await resumed(client, office.schools[0]) == [("2026-12-04", None)]


async def test_an_amendment_withheld_is_told_at_the_resumption_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    school = office.schools[0]
    plan = await office.issue([report("2026-11-27")])
    await deliver(client)
    at(client, "2026-11-02T22:00+07:00")
    now = await said(await client.get(f"/v1/documents/{plan['id']}"))
    body = {
        "content": now["content"] | {"rounds": [report("2026-12-04")]},
        "reason": "Điều chỉnh",
        "acknowledge": False,
    }
    headers = {"if-match": f'"{now["row_version"]}"'}
    await said(await client.post(f"/v1/documents/{plan['id']}/amend", body, headers=headers))
    await take_due(client, plan)

    assert await suspended_overnight(client, school) == ["withheld"]

    assert await resumed(client, school) == [("2026-12-04", "amended")]
    assert await deliver(client) == ["delivered"]
    at(client, "2026-11-05T10:00+07:00")
    await said(await client.post(f"/v1/units/{school['id']}/suspend", {"reason": FLOOD}))
    at(client, "2026-11-05T11:00+07:00")
    again = await said(await client.post(f"/v1/units/{school['id']}/resume", {"due": "keep", "reason": "Nước đã rút"}))
    assert [duty["told"] for duty in again["going_on"]] == [None]
