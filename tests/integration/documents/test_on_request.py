"""A round opened on an issued document: for any selection of its assignees, checked and announced as at issue."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client)


async def plan_of(office: Office, **given: Any) -> Json:
    return await office.issue([office.round("acknowledge", None)], **given)


def asked(office: Office, days: float = 10, **given: Any) -> Json:
    return office.round("report", in_days(office.client, days), title="Báo cáo nhanh") | given


async def open_round(office: Office, plan: Json, body: Json, caller: ApiClient | None = None, key: str = "") -> Any:
    return await (caller or office.client).post(
        f"/v1/documents/{plan['id']}/rounds", body, **({"headers": {"idempotency-key": key}} if key else {})
    )


async def owing(office: Office, round_id: str) -> list[str]:
    page = await said(await office.client.get("/v1/obligations", params={"round": round_id}))
    return sorted(item["unit_id"] for item in page["items"])


async def one(client: ApiClient, query: str) -> Any:
    async with client.services.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar_one()


async def test_it_opens_arms_announces_and_records_in_one_transaction(client: ApiClient, office: Office) -> None:
    plan = await plan_of(office)
    before = await one(client, "select count(*) from batch")

    opened = await said(await open_round(office, plan, asked(office)), 201)

    assert opened["obligations"] == 3
    assert await owing(office, opened["id"]) == sorted(school["id"] for school in office.schools)
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    mine = [step for step in steps if step["round_id"] == opened["id"]]
    assert [step["notices"] for step in mine if step["outcome"] == "taken"] == [3]
    assert {"remind", "due", "overdue", "escalate"} <= {step["kind"] for step in mine if step["outcome"] is None}
    assert await one(client, "select count(*) from batch") == before + 1
    assert await one(client, "select reason from ladder order by armed_at desc, id desc limit 1") == "on_request"
    assert await one(client, "select verb from audit_event order by id desc limit 1") == "open"
    frozen = await one(client, "select jsonb_array_length(content->'rounds') from document_version")
    whole = await said(await client.get(f"/v1/documents/{plan['id']}"))
    assert (frozen, [item["title"] for item in whole["rounds"]]) == (1, ["Đợt acknowledge", "Báo cáo nhanh"])


async def test_any_selection_of_the_assignees_each_once(client: ApiClient, office: Office) -> None:
    plan = await plan_of(office)
    first, second, third = ({"id": school["id"]} for school in office.schools)

    named = await said(await open_round(office, plan, asked(office, assignees=[first, first])), 201)
    chosen: Json = {"selectors": [{"kinds": ["school"], "excluding": [third]}], "assignees": [second]}
    selected = await said(await open_round(office, plan, asked(office, **chosen)), 201)

    assert await owing(office, named["id"]) == [first["id"]]
    assert await owing(office, selected["id"]) == sorted([first["id"], second["id"]])


async def test_those_who_are_only_informed_are_asked_by_name_alone(client: ApiClient, office: Office) -> None:
    first, second, third = ({"id": school["id"]} for school in office.schools)
    assignees = [{"unit": first}, {"unit": second, "mode": "request"}, {"unit": third, "mode": "information"}]
    plan = await plan_of(office, assignees=assignees)

    everybody = await said(await open_round(office, plan, asked(office)), 201)
    schools = await said(await open_round(office, plan, asked(office, selectors=[{"kinds": ["school"]}])), 201)
    named = await said(await open_round(office, plan, asked(office, assignees=[third])), 201)

    assert await owing(office, everybody["id"]) == sorted([first["id"], second["id"]])
    assert await owing(office, schools["id"]) == sorted([first["id"], second["id"]])
    assert await owing(office, named["id"]) == [third["id"]]


@pytest.mark.parametrize(
    ("given", "status", "code", "field"),
    [
        ({"days": -1}, 422, "due_in_past", "due"),
        ({"days": -1, "allow_past_due": True}, 422, "confirmation_needs_reason", "reason"),
        ({"cut_off_at": "2026-11-03T08:00:00+07:00"}, 422, "cut_off_before_due", "cut_off_at"),
        ({"selectors": [{"kinds": ["cluster"]}]}, 422, "selector_matches_nobody", "selectors.0"),
        ({"assignees": [{"code_system": "local", "code": "UBND"}]}, 422, "not_an_assignee", "assignees.0"),
        ({"assignees": []}, 422, "nothing_asked", "assignees"),
        ({"kind": "acknowledge"}, 422, "malformed", "kind"),
    ],
)
async def test_it_is_refused(
    client: ApiClient, office: Office, given: Json, status: int, code: str, field: str
) -> None:
    plan = await plan_of(office)

    answer = await open_round(office, plan, asked(office, **given))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert field in answer.json()["errors"][0]["field"]
    assert await one(client, "select count(*) from round") == 1


async def test_a_selector_outside_the_assignees_matches_nobody(client: ApiClient, office: Office) -> None:
    plan = await plan_of(office, assignees=[{"unit": {"id": office.schools[0]["id"]}}])
    excluding = [{"id": office.schools[0]["id"]}]

    answer = await open_round(office, plan, asked(office, selectors=[{"excluding": excluding}]))

    assert (answer.status_code, answer.json()["code"]) == (422, "selector_matches_nobody")


async def test_past_due_with_a_reason_is_announced_and_never_escalates(client: ApiClient, office: Office) -> None:
    plan = await plan_of(office)

    body = asked(office, days=-1, allow_past_due=True, reason="Cấp trên yêu cầu gấp")
    opened = await said(await open_round(office, plan, body), 201)

    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    mine = [step for step in steps if step["round_id"] == opened["id"]]
    assert {step["kind"] for step in mine if step["outcome"] == "taken"} == {"announce"}
    assert not [step for step in mine if step["outcome"] is None]


async def test_not_on_a_draft_nor_while_suspended_nor_after_recall(client: ApiClient, office: Office) -> None:
    draft = await office.draft([office.round("acknowledge", None)], number="19")
    plan = await plan_of(office)
    codes = [(await open_round(office, draft, asked(office))).json()["code"]]
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Chờ"}))
    codes.append((await open_round(office, plan, asked(office))).json()["code"])
    await said(await client.post(f"/v1/documents/{plan['id']}/recall", {"reason": "Thay thế"}))
    codes.append((await open_round(office, plan, asked(office))).json()["code"])

    assert codes == ["document_not_in_force", "document_suspended", "document_not_in_force"]


async def test_the_same_key_opens_one_round(client: ApiClient, office: Office) -> None:
    plan, body = await plan_of(office), asked(office)

    first = await open_round(office, plan, body, key="one")
    again = await open_round(office, plan, body, key="one")

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert await one(client, "select count(*) from round") == 2


async def test_only_whoever_may_issue_asks(client: ApiClient, office: Office) -> None:
    plan = await plan_of(office)
    school = await client.as_(Role.CLERK, office.schools[0]["id"])
    reader = await client.as_(Role.READER, office.department["id"])
    clerk = await client.as_(Role.CLERK, office.department["id"])

    codes = [(await open_round(office, plan, asked(office), who)).status_code for who in (school, reader, clerk)]

    assert codes == [404, 403, 201]


async def test_its_consolidation_answers_what_the_issuer_owes_upwards(client: ApiClient, office: Office) -> None:
    city = (await client.get("/v1/units", params={"code": "local:UBND"})).json()["items"][0]
    parent = await office.issue(
        [office.round("report", in_days(client, 30), period="2026")],
        issuer={"id": city["id"]},
        number="1",
        assignees=[{"unit": {"id": office.department["id"]}}],
    )
    plan = await plan_of(office, parents=[parent["id"]])

    late = await open_round(office, plan, asked(office, days=40, period="2026"))
    opened = await said(await open_round(office, plan, asked(office, days=20, period="2026")), 201)

    assert (late.status_code, late.json()["code"]) == (422, "due_after_parent")
    assert opened["reports_into"] == parent["rounds"][0]["id"]
