"""A school, or a commune with everything under it, left alone for a while and resumed, from the HTTP surface down."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.delivery import ClearanceRequest
from cascade_contracts.vocabulary import Role
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


@dataclass
class Communes:
    """A department over two communes, each with two schools."""

    office: Office
    flooded: Json
    dry: Json
    schools: list[Json]

    @property
    def client(self) -> ApiClient:
        return self.office.client


@pytest.fixture
async def communes(client: ApiClient) -> Communes:
    office = await Office.open(client, schools=0)
    flooded, dry = [
        await client.unit(f"Xã {name}", "office", code=f"X{n}", professional=office.department["id"])
        for n, name in enumerate(("Trũng", "Cao"), 1)
    ]
    schools = [
        await client.unit(f"Trường số {n}", code=f"T{n}", professional=(flooded if n < 3 else dry)["id"])
        for n in range(1, 5)
    ]
    office.schools = schools
    return Communes(office, flooded, dry, schools)


def report(on: str, **given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": on}} | given


async def do(client: ApiClient, verb: str, unit: Json, body: Json, status: int = 200) -> Json:
    return await said(await client.post(f"/v1/units/{unit['id']}/{verb}", body), status)


def at(client: ApiClient, when: str) -> None:
    client.services.clock.at = datetime.fromisoformat(when).astimezone(UTC)  # type: ignore[attr-defined]


async def take_due(client: ApiClient, plan: Json) -> list[tuple[str, int]]:
    """Take every step that is due, as the supervision would; return what was said to how many."""
    heard = {}
    for step in (await client.get(f"/v1/documents/{plan['id']}/steps")).json():
        if step["outcome"] is None and datetime.fromisoformat(step["fire_at"]) <= client.services.clock.now():
            document, ladder, one = (UUID(given) for given in (plan["id"], step["ladder_id"], step["step_id"]))
            now = client.services.clock.now()
            async with client.services.engine.begin() as connection:
                taken = await steps.take_step(connection, client.services, document, ladder, one, now)
            heard[taken.batch_id or one] = (step["kind"], taken.notices)
    return list(heard.values())


async def one(client: ApiClient, query: str) -> Any:
    async with client.services.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar_one()


async def test_a_commune_and_everything_under_it_is_not_chased(communes: Communes) -> None:
    client, plan = communes.client, await communes.office.issue([report("2026-11-12")])
    body = {"below": True, "reason": FLOOD}
    foreseen = await do(client, "suspend/preview", communes.flooded, body)
    assert await one(client, "select count(*) from unit_suspension") == 0

    told = await do(client, "suspend", communes.flooded, body)

    assert told == foreseen
    assert set(told["units"]) == {communes.flooded["id"], *(school["id"] for school in communes.schools[:2])}
    assert (told["duties"], [duty["unit_name"] for duty in told["standing_still"]]) == (
        2,
        ["Trường số 1", "Trường số 2"],
    )
    at(client, "2026-11-05T09:00+07:00")
    assert await take_due(client, plan) == [("remind", 2)]
    refused = await client.post(f"/v1/units/{communes.flooded['id']}/suspend", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "unit_suspended_already")


async def test_resumed_the_due_day_comes_later_by_the_days_lost_and_they_are_told(communes: Communes) -> None:
    client, plan = communes.client, await communes.office.issue([report("2026-11-12")])
    await do(client, "suspend", communes.flooded, {"below": True, "reason": FLOOD})
    at(client, "2026-11-16T09:00+07:00")
    assert {notices for _, notices in await take_due(client, plan)} == {2, 0}
    body = {"due": "shift", "reason": "Nước đã rút"}

    foreseen = await do(client, "resume/preview", communes.flooded, body)
    resumed = await do(client, "resume", communes.flooded, body)

    assert resumed == foreseen
    assert (len(resumed["units"]), resumed["duties"], resumed["shifted"]) == (3, 2, 2)
    assert [(duty["was_on"], duty["due_on"], duty["told"]) for duty in resumed["going_on"]] == [
        ("2026-11-12", "2026-11-27", "extended")
    ] * 2
    days = [(await communes.office.owed(plan, school))["due_on"] for school in communes.schools]
    assert days == ["2026-11-27", "2026-11-27", "2026-11-12", "2026-11-12"]
    taken = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert [step["notices"] for step in taken if step["kind"] == "extended"] == [2]
    at(client, "2026-11-30T09:00+07:00")
    heard = await take_due(client, plan)
    assert ("overdue", 2) in heard
    listed = await said(await client.get(f"/v1/units/{communes.schools[0]['id']}/suspensions"))
    (journal,) = listed["items"]
    assert (journal["reason"], journal["resume_reason"]) == (FLOOD, "Nước đã rút")
    assert journal["named_unit_id"] == communes.flooded["id"]


async def test_kept_it_goes_on_where_the_ladder_stands_and_what_passed_is_chased_anew(communes: Communes) -> None:
    client = communes.client
    near = await communes.office.issue([report("2026-11-04")])
    far = await communes.office.issue([report("2026-11-27")], number="19")
    school = communes.schools[0]
    await do(client, "suspend", school, {"reason": FLOOD})
    at(client, "2026-11-13T09:00+07:00")
    for plan in (near, far):
        await take_due(client, plan)

    resumed = await do(client, "resume", school, {"due": "keep", "reason": "Nước đã rút"})

    assert [(duty["due_on"], duty["told"], duty["next_step_at"]) for duty in resumed["going_on"]] == [
        ("2026-11-04", None, "2026-11-17T01:00:00Z"),
        ("2026-11-27", None, None),
    ]
    at(client, "2026-11-20T09:00+07:00")
    assert ("remind", 4) in await take_due(client, far)
    assert sum(notices for _, notices in await take_due(client, near)) == 1


async def test_what_came_meanwhile_is_announced_at_the_resumption(communes: Communes) -> None:
    client, school = communes.client, communes.schools[0]
    await do(client, "suspend", school, {"reason": FLOOD})

    at(client, "2026-11-02T09:00+07:00")
    plan = await communes.office.issue([report("2026-11-27")])
    announced = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert [step["notices"] for step in announced if step["kind"] == "announce"] == [3]
    at(client, "2026-11-04T09:00+07:00")
    resumed = await do(client, "resume", school, {"due": "shift", "reason": "Nước đã rút"})

    assert [(duty["due_on"], duty["told"]) for duty in resumed["going_on"]] == [("2026-12-01", "announce")]


async def test_a_period_announced_meanwhile_is_announced_and_one_that_lies_ahead_is_left_alone(
    communes: Communes,
) -> None:
    client, school = communes.client, communes.schools[0]
    plan = await communes.office.issue([], recurring=[{"title": "Báo cáo", "every": "month", "day": 25}])
    await do(client, "suspend", school, {"reason": FLOOD})
    at(client, "2026-12-02T09:00+07:00")
    await take_due(client, plan)

    resumed = await do(client, "resume", school, {"due": "keep", "reason": "Nước đã rút"})

    assert [(duty["due_on"], duty["told"]) for duty in resumed["going_on"]] == [
        ("2026-11-25", None),
        ("2026-12-25", "announce"),
    ]
    await do(client, "suspend", communes.schools[1], {"reason": FLOOD})
    plan = await communes.office.issue([], number="20", recurring=[{"title": "Báo cáo", "every": "month", "day": 25}])
    at(client, "2026-12-03T09:00+07:00")
    body = {"due": "shift", "reason": "Nước đã rút"}
    resumed = await do(client, "resume", communes.schools[1], body)
    ahead = [duty["round_title"] for duty in resumed["going_on"] if duty["due_on"] > "2027-01-01"]
    assert ahead == []


async def test_a_return_and_an_extension_meanwhile(communes: Communes) -> None:
    client, office = communes.client, communes.office
    plan = await office.issue([report("2026-11-12", needs_acceptance=True)])
    returned, extended = communes.schools[:2]
    await office.hand_in(await office.owed(plan, returned))
    asked = await said(
        await client.post(
            f"/v1/obligations/{(await office.owed(plan, extended))['id']}/extensions",
            {"due_on": "2026-11-20", "reason": "Chờ số liệu"},
        ),
        201,
    )
    await do(client, "suspend", communes.flooded, {"below": True, "reason": FLOOD})
    at(client, "2026-11-03T09:00+07:00")
    back = {"kind": "incomplete", "reason": "Thiếu biểu"}
    await said(await client.post(f"/v1/obligations/{(await office.owed(plan, returned))['id']}/return", back))
    await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))
    assert await take_due(client, plan) == [("returned", 0)]

    at(client, "2026-11-05T09:00+07:00")
    resumed = await do(client, "resume", communes.flooded, {"due": "shift", "reason": "Nước đã rút"})

    told = {duty["unit_name"]: (duty["due_on"], duty["told"]) for duty in resumed["going_on"]}
    assert told == {"Trường số 1": ("2026-11-17", "returned"), "Trường số 2": ("2026-11-20", "extended")}


async def test_a_suspended_reviewer_is_not_chased_and_chased_anew_when_resumed(communes: Communes) -> None:
    client, office = communes.client, communes.office
    plan = await office.issue([report("2026-12-11", needs_acceptance=True)])
    await office.hand_in(await office.owed(plan, communes.schools[0]))
    await do(client, "suspend", office.department, {"reason": "Trụ sở ngập"})
    at(client, "2026-11-06T09:00+07:00")
    assert {notices for kind, notices in await take_due(client, plan) if kind == "review"} == {0}

    await do(client, "resume", office.department, {"due": "keep", "reason": "Nước đã rút"})
    at(client, "2026-11-10T09:00+07:00")
    assert ("review", 1) in await take_due(client, plan)


async def test_a_notice_on_its_way_is_withheld(communes: Communes) -> None:
    client = communes.client
    await communes.office.issue([report("2026-11-12")])
    await do(client, "suspend", communes.schools[0], {"reason": FLOOD})

    async with client.services.engine.connect() as connection:
        rows = (await connection.execute(text("select id, batch_id from notice"))).all()
        asked = ClearanceRequest(notice_ids=[row.id for row in rows])
        answer = (await handover.clearance(connection, client.services, rows[0].batch_id, asked)).clearance

    assert (len(answer.cleared), [held.reason for held in answer.withheld]) == (3, ["suspended"])


async def test_one_school_of_a_commune_goes_on_first(communes: Communes) -> None:
    client = communes.client
    await do(client, "suspend", communes.flooded, {"below": True, "reason": FLOOD})
    body = {"due": "keep", "reason": "Nước đã rút"}

    assert (await do(client, "resume", communes.schools[0], body))["units"] == [communes.schools[0]["id"]]
    assert len((await do(client, "resume", communes.flooded, body))["units"]) == 2
    refused = await client.post(f"/v1/units/{communes.flooded['id']}/resume", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "unit_not_suspended")


async def test_of_two_at_once_one_suspends(communes: Communes) -> None:
    path = f"/v1/units/{communes.schools[0]['id']}/suspend"
    answers = await asyncio.gather(*(communes.client.post(path, {"reason": FLOOD}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_a_suspended_unit_answers_is_taken(communes: Communes) -> None:
    office, plan = communes.office, await communes.office.issue([report("2026-11-12")])
    await do(communes.client, "suspend", communes.schools[0], {"reason": FLOOD})
    await office.hand_in(await office.owed(plan, communes.schools[0]))
    resumed = await do(communes.client, "resume", communes.schools[0], {"due": "shift", "reason": "Nước đã rút"})
    assert resumed["duties"] == 0


async def test_a_successor_of_a_suspended_school_is_told_and_chased(communes: Communes) -> None:
    client, plan = communes.client, await communes.office.issue([report("2026-11-12")])
    first, second = communes.schools[:2]
    await do(client, "suspend", first, {"reason": FLOOD})
    order = {
        "effective_on": "2026-11-02",
        "legal_reference": "Quyết định 12/QĐ-UBND",
        "operations": [{"kind": "merge", "units": [{"id": first["id"]}], "into": {"unit": {"id": communes.dry["id"]}}}],
    }
    await said(await client.post("/v1/reorganisations", order), 201)
    at(client, "2026-11-05T09:00+07:00")

    heard = await take_due(client, plan)

    assert {("remind", 3), ("remind", 1)} <= set(heard)
    assert (await communes.office.owed(plan, second))["state"] == "open"


async def test_only_those_above_suspend(communes: Communes) -> None:
    client = communes.client
    callers = [
        await client.as_(Role.CLERK, communes.schools[0]["id"]),
        await client.as_(Role.CLERK, communes.flooded["id"]),
        await client.as_(Role.READER, communes.flooded["id"]),
    ]
    path = f"/v1/units/{communes.schools[0]['id']}/suspend"
    codes = [(await caller.post(path, {"reason": FLOOD})).status_code for caller in callers]
    assert codes == [403, 200, 403]


async def test_answers_at_the_moment_of_the_resumption_are_neither_lost_nor_chased(communes: Communes) -> None:
    client, office = communes.client, communes.office
    receipt = {"kind": "acknowledge", "title": "Xác nhận", "due": {"form": "on", "date": "2026-11-06"}}
    plan = await office.issue([receipt, report("2026-11-12")])
    await do(client, "suspend", communes.flooded, {"below": True, "reason": FLOOD})
    at(client, "2026-11-09T09:00+07:00")
    answering = communes.schools[:2]
    owed = [await office.owed(plan, school, "report") for school in answering]

    await asyncio.gather(
        *(office.hand_in(each) for each in owed),
        do(client, "resume", communes.flooded, {"due": "shift", "reason": "Nước đã rút"}),
    )

    for school in answering:
        page = await said(await client.get("/v1/obligations", params={"document": plan["id"], "unit": school["id"]}))
        assert {item["state"] for item in page["items"]} == {"fulfilled"}
    at(client, "2026-11-30T09:00+07:00")
    await take_due(client, plan)
    told = await one(
        client,
        "select count(*) from obligation_step s join obligation o on o.id = s.obligation_id"
        " join unit u on u.id = o.unit_id"
        " where u.name in ('Trường số 1', 'Trường số 2') and s.at > '2026-11-10'",
    )
    assert told == 0


async def test_a_resumed_school_keeps_its_own_time_when_an_override_moves_the_round(communes: Communes) -> None:
    client, plan = communes.client, await communes.office.issue([report("2026-12-10")])
    await do(client, "suspend", communes.flooded, {"below": True, "reason": FLOOD})
    at(client, "2026-11-16T09:00+07:00")
    await do(client, "resume", communes.flooded, {"due": "shift", "reason": "Nước đã rút"})

    await rest_on(client, "2026-12-10")

    days = [(await communes.office.owed(plan, school))["due_on"] for school in communes.schools]
    assert days == ["2026-12-24", "2026-12-24", "2026-12-11", "2026-12-11"]
    assert await due_steps(client, plan) == ["2026-12-11", "2026-12-24"]


async def test_the_grace_of_a_return_before_the_resumption_stays_when_an_override_moves_the_round(
    communes: Communes,
) -> None:
    client, office, school = communes.client, communes.office, communes.schools[0]
    plan = await office.issue([report("2026-11-12", needs_acceptance=True)])
    await office.hand_in(await office.owed(plan, school))
    at(client, "2026-11-11T09:00+07:00")
    await do(client, "suspend", school, {"reason": FLOOD})
    back = {"kind": "incomplete", "reason": "Thiếu biểu"}
    await said(await client.post(f"/v1/obligations/{(await office.owed(plan, school))['id']}/return", back))
    at(client, "2026-11-11T15:00+07:00")
    await do(client, "resume", school, {"due": "keep", "reason": "Nước đã rút"})
    grace = await chased_until(client, school)
    assert grace > datetime(2026, 11, 14, tzinfo=UTC)

    await rest_on(client, "2026-11-12")

    assert (await office.owed(plan, school))["due_on"] == "2026-11-13"
    assert await chased_until(client, school) == grace


async def chased_until(client: ApiClient, unit: Json) -> datetime:
    query = text("select l.due_at from obligation o join ladder l on l.id = o.ladder_id where o.unit_id = :unit")
    async with client.services.engine.connect() as connection:
        found: datetime = (await connection.execute(query, {"unit": unit["id"]})).scalar_one()
    return found


async def rest_on(client: ApiClient, day: str) -> None:
    rest = {"working": False, "legal_reference": "Công điện 21/CĐ-UBND", "note": "nghỉ tránh bão"}
    await said(await client.put(f"/v1/calendar/overrides/{day}", rest))


async def due_steps(client: ApiClient, plan: Json) -> list[str]:
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    return sorted({step["fire_at"][:10] for step in steps if step["kind"] == "due" and step["outcome"] is None})
