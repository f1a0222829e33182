"""Reports that return: opened one period ahead, announced as they begin, skipped where a period does not apply."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from plan_api.documents import recurring
from plan_api.requests import act_of_itself
from sqlalchemy import text

QUARTERLY = {"title": "Báo cáo", "every": "quarter", "day": 25}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 05/01/2026."""
    async with api(plan_api_database, clock=StillClock(datetime(2026, 1, 5, 1, tzinfo=UTC))) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client, schools=2)


async def issue(office: Office, *recurring: Json, **given: Any) -> Json:
    return await office.issue([], recurring=list(recurring), issued_on="2026-01-05", **given)


async def shown(client: ApiClient, plan: Json) -> list[Json]:
    listed: list[Json] = (await said(await client.get(f"/v1/documents/{plan['id']}/recurring")))["items"]
    return listed


async def open_due(client: ApiClient, plan: Json, at: str) -> int:
    """Do what the supervision does at an instant."""
    client.services.clock.at = datetime.fromisoformat(at).astimezone(UTC)  # type: ignore[attr-defined]
    opened = 0
    for recurrence in await shown(client, plan):
        async with act_of_itself(client.services) as act:
            opened += await recurring.open_periods(act, UUID(plan["id"]), UUID(recurrence["id"]), act.now)
    return opened


def periods(recurrence: Json) -> list[tuple[str, str, str]]:
    return [(each["period"], each["due_on"], each["announced_at"][:10]) for each in recurrence["opened"]]


async def one(client: ApiClient, query: str) -> Any:
    async with client.services.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar_one()


async def test_the_present_period_is_announced_and_the_next_one_is_there(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY)

    (recurrence,) = await shown(client, plan)
    assert periods(recurrence) == [("2026-Q1", "2026-03-25", "2026-01-05"), ("2026-Q2", "2026-06-25", "2026-04-01")]
    assert (recurrence["next_period"], recurrence["next_opens_at"]) == ("2026-Q3", "2026-03-31T17:00:00Z")
    assert [each["owed"] for each in recurrence["opened"]] == [2, 2]
    assert await one(client, "select count(*) from notice") == 2
    whole = await said(await client.get(f"/v1/documents/{plan['id']}"))
    assert [item["title"] for item in whole["rounds"]] == ["Báo cáo quý I năm 2026", "Báo cáo quý II năm 2026"]
    assert whole["rounds"][0]["due_reasons"][0] == (
        "báo cáo định kỳ: quý I năm 2026, số liệu tính từ 15/12/2025 đến 14/03/2026 (Nghị định 09/2019/NĐ-CP, Điều 12)"
    )


@pytest.mark.parametrize(
    ("given", "first_three"),
    [
        ({"every": "month", "day": 31}, ["2026-02-02", "2026-03-02", "2026-03-31"]),
        ({"every": "month", "day": 5, "month": "next"}, ["2026-02-05", "2026-03-05", "2026-04-06"]),
        ({"every": "quarter"}, ["2026-03-31", "2026-06-30", "2026-09-30"]),
        ({"every": "half_year", "day": 15}, ["2026-06-15", "2026-12-15", "2027-06-15"]),
        ({"every": "year", "day": 5, "month": "next"}, ["2027-01-05", "2028-01-05", "2029-01-05"]),
    ],
)
async def test_with_or_without_a_day(client: ApiClient, office: Office, given: Json, first_three: list[str]) -> None:
    plan = await issue(office, {"title": "Báo cáo"} | given)
    (before,) = await shown(client, plan)

    assert await open_due(client, plan, before["next_opens_at"]) == 1

    (recurrence,) = await shown(client, plan)
    assert [each["due_on"] for each in recurrence["opened"]] == first_three


async def test_it_ends_with_the_period_until_falls_in(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY | {"until": "2026-09-30"})

    assert await open_due(client, plan, "2026-04-01T00:00+07:00") == 1
    assert await open_due(client, plan, "2027-01-01T00:00+07:00") == 0

    (recurrence,) = await shown(client, plan)
    assert [each["period"] for each in recurrence["opened"]] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert (recurrence["next_period"], recurrence["next_opens_at"]) == (None, None)


async def test_a_first_period_ahead_waits_for_its_time(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY | {"first": "2026-Q4"})

    (recurrence,) = await shown(client, plan)
    assert (recurrence["opened"], recurrence["next_opens_at"]) == ([], "2026-06-30T17:00:00Z")
    assert await open_due(client, plan, "2026-06-30T23:59+07:00") == 0
    assert await open_due(client, plan, "2026-07-01T00:00+07:00") == 1


async def test_opening_again_or_twice_at_once_asks_nobody_twice(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY)

    opened = await asyncio.gather(*(open_due(client, plan, "2026-04-01T00:00+07:00") for _ in range(3)))

    assert sorted(opened) == [0, 0, 1]
    assert await open_due(client, plan, "2026-04-01T00:01+07:00") == 0
    assert await one(client, "select count(*) from obligation") == 6


async def test_after_an_outage_each_missed_period_is_there_once_with_a_grace(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY)

    assert await open_due(client, plan, "2026-11-10T09:00+07:00") == 3

    (recurrence,) = await shown(client, plan)
    assert [(each["period"], each["due_on"]) for each in recurrence["opened"]] == [
        ("2026-Q1", "2026-03-25"),
        ("2026-Q2", "2026-06-25"),
        ("2026-Q3", "2026-11-13"),
        ("2026-Q4", "2026-12-25"),
        ("2027-Q1", "2027-03-25"),
    ]
    third = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"][2]
    assert any("đơn vị chưa được giao kịp thời" in reason for reason in third["due_reasons"])
    escalations = await one(
        client,
        "select count(*) from ladder_step s join round r on r.id = s.round_id"
        " where r.period = '2026-Q3' and s.kind = 'escalate' and s.outcome is null",
    )
    assert escalations == 3


@pytest.mark.parametrize("opened_at", ["2026-09-28T09:00+07:00", "2026-11-10T09:00+07:00"])
async def test_a_period_opened_late_closes_after_its_grace(client: ApiClient, office: Office, opened_at: str) -> None:
    plan = await issue(office, QUARTERLY | {"cut_off_after": 1})
    await open_due(client, plan, opened_at)

    third = (await shown(client, plan))[0]["opened"][2]
    closes = await one(
        client,
        "select (cut_off_at - interval '1 minute') at time zone 'Asia/Ho_Chi_Minh' from round where period = '2026-Q3'",
    )
    pending = (
        "select count(*) from ladder_step s join round r on r.id = s.round_id"
        " where r.period = '2026-Q3' and s.kind = 'cut_off' and s.outcome is null and s.fire_at = r.cut_off_at"
    )
    assert (closes.date() - date.fromisoformat(third["due_on"])).days in {1, 3}  # the next working day
    assert await one(client, pending) == 1


async def test_a_period_not_opened_in_time_is_the_operators_to_see(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY | {"first": "2026-Q3"})
    client.services.clock.at = datetime(2026, 4, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    assert (await said(await client.get("/v1/operations/health")))["steps_overdue"] == 1
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Chờ"}))
    assert (await said(await client.get("/v1/operations/health")))["steps_overdue"] == 0


async def test_while_suspended_nothing_opens_and_resumed_all_of_it(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY)
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Chờ"}))
    assert await open_due(client, plan, "2026-04-01T08:00+07:00") == 0
    await said(await client.post(f"/v1/documents/{plan['id']}/resume", {}))
    assert await open_due(client, plan, "2026-04-02T08:00+07:00") == 1
    await said(await client.post(f"/v1/documents/{plan['id']}/recall", {"reason": "Thay thế"}))
    assert await open_due(client, plan, "2026-07-02T08:00+07:00") == 0


async def test_a_period_that_does_not_apply_is_shown_and_does_not_count(client: ApiClient, office: Office) -> None:
    closed, other = ({"id": school["id"]} for school in office.schools)
    exempt = {"period": "2026-Q1", "units": [closed], "reason": "Trường mới thành lập"}
    plan = await issue(office, QUARTERLY | {"not_applicable": [exempt]})

    path = f"/v1/documents/{plan['id']}/not-applicable"
    everybody = await said(await client.post(path, {"period": "2026-Q3", "reason": "Nghỉ hè"}))
    some = await said(await client.post(path, {"period": "2026-Q2", "units": [other], "reason": "Sửa chữa"}))
    assert (everybody["ahead"], everybody["exempted"]) == (1, 0)
    assert (some["ahead"], some["exempted"], len(some["rounds"])) == (0, 1, 1)
    assert await open_due(client, plan, "2026-04-01T00:00+07:00") == 1

    (recurrence,) = await shown(client, plan)
    assert [(each["period"], each["owed"], each["exempt"]) for each in recurrence["opened"]] == [
        ("2026-Q1", 1, 1),
        ("2026-Q2", 1, 1),
        ("2026-Q3", 0, 2),
    ]
    assert recurrence["opened"][2]["settled_at"] is not None
    assert [(each["period"], each["unit_id"]) for each in recurrence["not_applicable"]] == [
        ("2026-Q1", closed["id"]),
        ("2026-Q3", None),
        ("2026-Q2", other["id"]),
    ]
    client.services.clock.at = datetime(2026, 12, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    tally = await office.progress(plan)
    assert (tally["expected"], tally["missing"], tally["not_applicable"]) == (2, 2, 4)


async def test_what_was_answered_stays_and_the_rest_settles_the_round(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY)
    await office.hand_in(await office.owed(plan, office.schools[0]))

    body = {"period": "2026-Q1", "reason": "Không phát sinh"}
    done = await said(await client.post(f"/v1/documents/{plan['id']}/not-applicable", body))

    assert (done["exempted"], done["answered"]) == (1, 1)
    whole = await said(await client.get(f"/v1/documents/{plan['id']}"))
    assert [item["settled_at"] is not None for item in whole["rounds"]] == [True, False]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"period": "2025-Q4", "reason": "Không"}, "unknown_period"),
        ({"period": "2026-05", "reason": "Không"}, "unknown_period"),
        ({"period": "2026-Q1", "units": [{"code_system": "local", "code": "UBND"}], "reason": "K"}, "not_an_assignee"),
        ({"period": "quý I", "reason": "Không"}, "malformed"),
    ],
)
async def test_no_such_period(client: ApiClient, office: Office, body: Json, code: str) -> None:
    plan = await issue(office, QUARTERLY)
    answer = await client.post(f"/v1/documents/{plan['id']}/not-applicable", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_only_who_may_let_off_declares(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY)
    body = {"period": "2026-Q1", "reason": "Không phát sinh"}
    codes = []
    for role, unit in (
        (Role.CLERK, office.schools[0]),
        (Role.READER, office.department),
        (Role.CLERK, office.department),
    ):
        caller = await client.as_(role, unit["id"])
        codes.append((await caller.post(f"/v1/documents/{plan['id']}/not-applicable", body)).status_code)
    assert codes == [404, 403, 200]


@pytest.mark.parametrize(
    "given",
    [
        {"day": 5},
        {"every": "month", "first": "2026-Q1"},
        {"day": None, "month": "next"},
        {"not_applicable": [{"period": "2026", "reason": "Không"}]},
    ],
)
async def test_what_makes_no_sense_is_malformed(office: Office, given: Json) -> None:
    answer = await office.client.post("/v1/documents", await _body(office, QUARTERLY | given))
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def _body(office: Office, recurrence: Json) -> Json:
    return {
        "kind": "plan",
        "issuer": {"id": office.department["id"]},
        "title": "Kế hoạch",
        "assignees": [{"unit": {"id": office.schools[0]["id"]}}],
        "recurring": [recurrence],
    }


async def test_a_period_past_at_issue_is_refused_as_any_round(client: ApiClient, office: Office) -> None:
    client.services.clock.at = datetime(2026, 3, 27, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    draft = await office.draft([], recurring=[QUARTERLY], issued_on="2026-03-27")

    refused = await client.post(f"/v1/documents/{draft['id']}/issue", {})

    assert (refused.status_code, refused.json()["code"]) == (422, "due_in_past")
    assert refused.json()["errors"][0]["field"] == "recurring.0.due"


async def test_each_period_reports_into_its_own_above_whichever_opens_first(client: ApiClient, office: Office) -> None:
    city = (await client.get("/v1/units", params={"code": "local:UBND"})).json()["items"][0]
    department = [{"unit": {"id": office.department["id"]}}]
    above = await issue(office, QUARTERLY, issuer={"id": city["id"]}, number="1", assignees=department)
    plan = await issue(office, QUARTERLY | {"day": 20}, parents=[above["id"]])

    for document in (plan, above):  # the lower one opens first
        await open_due(client, document, "2026-04-01T00:00+07:00")

    upper = (await said(await client.get(f"/v1/documents/{above['id']}")))["rounds"]
    lower = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"]
    assert [item["period"] for item in lower] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert [item["reports_into"] for item in lower] == [item["id"] for item in upper]


@pytest.mark.parametrize("last", [0, 1, 2])
async def test_each_period_reports_into_those_of_all_parents_whichever_opens_last(
    client: ApiClient, office: Office, last: int
) -> None:
    cities = [(await client.get("/v1/units", params={"code": "local:UBND"})).json()["items"][0]]
    cities.append(await client.unit("Sở Nội vụ", "department", code="SNV"))
    department = [{"unit": {"id": office.department["id"]}}]
    above = [
        await issue(office, QUARTERLY, issuer={"id": city["id"]}, number="1", assignees=department) for city in cities
    ]
    plan = await issue(office, QUARTERLY | {"day": 20}, parents=[item["id"] for item in above])
    order = [plan, *above]
    order.append(order.pop(last))

    for document in order:
        await open_due(client, document, "2026-04-01T00:00+07:00")

    upper = [(await said(await client.get(f"/v1/documents/{item['id']}")))["rounds"] for item in above]
    lower = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"]
    assert [item["period"] for item in lower] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert [sorted([item["reports_into"], *item["also_into"]]) for item in lower] == [
        sorted(round_["id"] for round_ in rounds) for rounds in zip(*upper, strict=True)
    ]


async def test_an_ended_unit_is_not_asked_again_its_successor_is(client: ApiClient, office: Office) -> None:
    plan = await issue(office, QUARTERLY | {"assignees": [{"id": office.schools[0]["id"]}]})
    order = {
        "effective_on": "2026-03-02",
        "legal_reference": "Quyết định 12/QĐ-UBND",
        "operations": [
            {
                "kind": "merge",
                "units": [{"id": school["id"]} for school in office.schools],
                "into": {
                    "new": {"name": "Trường mới", "kind": "school", "codes": [{"code_system": "local", "code": "TM"}]}
                },
            }
        ],
    }
    client.services.clock.at = datetime(2026, 3, 2, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    done = await client.post("/v1/reorganisations", order)
    assert done.status_code == 201, done.text

    await open_due(client, plan, "2026-04-01T00:00+07:00")

    new = (await client.get("/v1/units", params={"code": "local:TM"})).json()["items"][0]
    third = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"][2]
    page = await said(await client.get("/v1/obligations", params={"round": third["id"]}))
    assert [item["unit_id"] for item in page["items"]] == [new["id"]]
