"""A plan from issue to settled rounds, over the API, on a real database."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Office, in_days, said


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def test_issue_opens_what_is_owed_and_arms_every_step(client: ApiClient) -> None:
    office = await Office.open(client)
    plan = await office.issue(
        [office.round("acknowledge", in_days(client, 1)), office.round("report", in_days(client, 14))]
    )

    assert plan["state"] == "issued"
    assert await office.progress(plan) == {
        "expected": 0, "on_time": 0, "late": 0, "missing": 0, "not_due": 3, "due_soon": 3,
        "no_deadline": 0, "not_applicable": 0, "awaiting_acceptance": 0,
    }  # fmt: skip
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    said_at_once = {step["kind"]: step["notices"] for step in steps if step["outcome"] == "taken"}
    assert said_at_once == {"announce": 3, "remind": 3}  # tomorrow's due time: its reminder carries the announcement
    assert [step["kind"] for step in steps if step["outcome"] is None][:1] == ["due"]
    assert all(step["fire_at"] for step in steps)


async def test_answers_settle_the_round_and_count_once(client: ApiClient) -> None:
    office = await Office.open(client)
    plan = await office.issue([office.round("report", in_days(client, 2))])
    first, second, _ = office.schools

    receipt = await office.hand_in(await office.owed(plan, first))
    assert receipt["on_time"] is True
    client.services.clock.move(days=3)  # type: ignore[attr-defined]
    late = await office.hand_in(await office.owed(plan, second))
    assert late["on_time"] is False

    tally = await office.progress(plan)
    assert (tally["on_time"], tally["late"], tally["missing"], tally["expected"]) == (1, 1, 1, 3)
    await office.hand_in(await office.owed(plan, office.schools[2]), kind="nil", text=None, figures=None)
    rounds = (await said(await client.get(f"/v1/documents/{plan['id']}/progress")))["rounds"]
    assert rounds[0]["settled_at"] is not None


async def test_whoever_reports_has_acknowledged(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue(
        [office.round("acknowledge", in_days(client, 1)), office.round("report", in_days(client, 14))]
    )
    await office.hand_in(await office.owed(plan, office.schools[0], "report"))
    assert (await office.owed(plan, office.schools[0], "acknowledge"))["state"] == "fulfilled"


async def test_a_return_reopens_and_keeps_the_hand_in_time_within_its_grace(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 1), needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    first = await office.hand_in(owed)
    assert first["state"] == "submitted"
    client.services.clock.move(days=1)  # type: ignore[attr-defined]

    body = {"kind": "incomplete", "reason": "Thiếu biểu số 2"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", body))
    assert (await office.progress(plan))["on_time"] == 1
    again = await office.hand_in(owed)
    assert (again["version"], again["on_time"]) == (2, True)
    await said(await client.post(f"/v1/obligations/{owed['id']}/accept", {}))

    detail = await said(await client.get(f"/v1/obligations/{owed['id']}"))
    assert detail["state"] == "fulfilled"
    assert [item["state"] for item in detail["submissions"]] == ["accepted", "returned"]


async def test_a_wrong_report_loses_its_hand_in_time(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 1), needs_acceptance=True)])
    owed = await office.owed(plan, office.schools[0])
    await office.hand_in(owed)
    client.services.clock.move(days=1)  # type: ignore[attr-defined]
    await said(await client.post(f"/v1/obligations/{owed['id']}/return", {"kind": "wrong", "reason": "Nhầm năm"}))
    assert (await office.progress(plan))["missing"] == 1
    assert (await office.hand_in(owed))["on_time"] is False


async def test_an_extension_moves_the_obligation_to_another_ladder(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([office.round("report", in_days(client, 3))])
    owed = await office.owed(plan, office.schools[0])

    asked = await said(
        await client.post(
            f"/v1/obligations/{owed['id']}/extensions", {"due_on": "2026-11-10", "reason": "Chờ số liệu"}
        ),
        201,
    )
    again = await client.post(
        f"/v1/obligations/{owed['id']}/extensions", {"due_on": "2026-11-11", "reason": "Chờ số liệu"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "extension_already_open")
    granted = await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))
    assert granted["state"] == "approved"

    client.services.clock.move(days=4)  # type: ignore[attr-defined]
    tally = await office.progress(plan)
    assert (tally["missing"], tally["not_due"] + tally["due_soon"]) == (1, 1)
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert {step["reason"] for step in steps} == {"issue", "extension"}


async def test_recall_withdraws_what_is_owed(client: ApiClient) -> None:
    office = await Office.open(client)
    plan = await office.issue([office.round("report", in_days(client, 3))])
    await office.hand_in(await office.owed(plan, office.schools[0]))
    await said(await client.post(f"/v1/documents/{plan['id']}/recall", {"reason": "Ban hành nhầm"}))

    refused = await client.post(
        f"/v1/obligations/{(await office.owed(plan, office.schools[1]))['id']}/submissions", {"kind": "nil"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "document_not_in_force")
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert {step["outcome"] for step in steps if step["kind"] != "announce"} == {"skipped"}


async def test_a_plan_under_its_parent_fulfils_the_parents_plan_round(client: ApiClient) -> None:
    office = await Office.open(client)
    school = office.schools[0]
    parent = await office.issue(
        [office.round("plan", in_days(client, 3)), office.round("report", in_days(client, 20), period="2026")]
    )
    child = await office.issue(
        [office.round("report", in_days(client, 10), period="2026")],
        issuer={"id": school["id"]},
        parents=[parent["id"]],
        number="5",
        notation="KH-THPT",
        assignees=[{"unit": {"id": office.schools[1]["id"]}}],
    )
    assert (await office.owed(parent, school, "plan"))["state"] == "fulfilled"
    report = next(item for item in parent["rounds"] if item["kind"] == "report")
    assert child["rounds"][0]["reports_into"] == report["id"]
    assert child["root_id"] == parent["id"]
    cascade = await said(await client.get(f"/v1/documents/{child['id']}/cascade"))
    assert [level["level"] for level in cascade["levels"]] == [0, 1]


async def test_bad_input_names_the_field_and_changes_nothing(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    past = await office.draft([office.round("report", in_days(client, -1))])
    refused = await client.post(f"/v1/documents/{past['id']}/issue", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "due_in_past")
    assert refused.json()["errors"][0]["field"] == "rounds.0.due"
    unexplained = await client.post(f"/v1/documents/{past['id']}/issue", {"allow_past_due": True})
    assert unexplained.json()["code"] == "confirmation_needs_reason"
    allowed = await client.post(
        f"/v1/documents/{past['id']}/issue", {"allow_past_due": True, "reason": "Văn bản đến chậm"}
    )
    assert allowed.status_code == 200
    steps = (await client.get(f"/v1/documents/{past['id']}/steps")).json()
    assert [step["kind"] for step in steps if step["outcome"] != "skipped"] == ["announce"]
    twice = await client.post(f"/v1/documents/{past['id']}/issue", {})
    assert (twice.status_code, twice.json()["code"]) == (409, "document_not_draft")

    same = await client.post("/v1/documents", past["content"])
    assert (same.status_code, same.json()["code"]) == (409, "identity_taken")
    unnumbered = await office.draft([], number=None, notation=None)
    refused = await client.post(f"/v1/documents/{unnumbered['id']}/issue", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "identity_missing")
    unknown = await client.post("/v1/documents", past["content"] | {"colour": "red"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "malformed")


async def test_a_repeated_key_replays_the_same_answer(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 3))])
    path = f"/v1/obligations/{(await office.owed(plan, office.schools[0]))['id']}/submissions"
    key = {"idempotency-key": "one"}
    first = await client.post(path, {"kind": "nil"}, headers=key)
    again = await client.post(path, {"kind": "nil"}, headers=key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    other = await client.post(path, {"kind": "report"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_only_those_who_may_answer_and_decide_do(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    plan = await office.issue([office.round("report", in_days(client, 3), needs_acceptance=True)])
    path = f"/v1/obligations/{(await office.owed(plan, first))['id']}"

    reader = await client.as_("reader", first["id"])
    assert (await reader.post(f"{path}/submissions", {"kind": "nil"})).status_code == 403
    stranger = await client.as_("unit", second["id"])
    assert (await stranger.post(f"{path}/submissions", {"kind": "nil"})).status_code in {403, 404}
    school = await client.as_("unit", first["id"])
    assert (await school.post(f"{path}/submissions", {"kind": "nil"})).status_code == 201
    assert (await school.post(f"{path}/accept", {})).json()["code"] == "not_the_deciding_unit"
    clerk = await client.as_("clerk", office.department["id"])
    assert (await clerk.post(f"{path}/accept", {})).status_code == 200


async def test_a_text_the_database_cannot_hold_is_refused(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 3))])
    path = f"/v1/obligations/{(await office.owed(plan, office.schools[0]))['id']}/submissions"
    refused = await client.post(path, {"kind": "report", "text": "a\u0000b"})
    assert (refused.status_code, refused.json()["code"]) == (422, "text_not_storable")
