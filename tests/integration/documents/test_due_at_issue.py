"""At issue: what is past is waived or gets a day, and a lower report leaves its receiver time for its own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Office, said

Json = dict[str, Any]


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def report(on: str, form: str = "on", **given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": form, "date": on}} | given


async def test_a_round_past_at_issue_may_be_waived(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    order = {"past_due": {"action": "waive"}, "reason": "Văn bản đến chậm"}

    plan = await office.issue([report("2026-10-05", form="before"), report("2026-12-21")], order)

    past, ahead = plan["rounds"]
    assert past["settled_at"] is not None
    assert past["due_reasons"][-1].endswith("miễn thực hiện, không tính chậm, vì: Văn bản đến chậm")
    assert ahead["settled_at"] is None
    tally = await office.progress(plan)
    assert (tally["expected"], tally["missing"], tally["not_due"], tally["not_applicable"]) == (0, 0, 2, 2)
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert {s["outcome"] for s in steps if s["round_id"] == past["id"]} == {"skipped"}
    assert {s["kind"] for s in steps if s["outcome"] == "taken"} == {"announce"}


async def test_a_round_past_at_issue_may_get_a_grace_day_that_the_calendar_moves(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    order = {"past_due": {"action": "grace", "grace_on": "2026-11-12"}, "reason": "Văn bản đến chậm"}

    plan = await office.issue([report("2026-10-05", form="before")], order)

    (late,) = plan["rounds"]
    assert late["due_at"] == "2026-11-12T17:00:00Z"
    assert late["due_reasons"][0] == "trước ngày 05/10/2026"
    assert "gia hạn đến ngày 12/11/2026 vì: Văn bản đến chậm" in " ".join(late["due_reasons"])
    steps = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()
    assert [s["fire_at"][:10] for s in steps if s["kind"] == "overdue" and s["outcome"] is None] == ["2026-11-13"]

    storm = {"working": False, "legal_reference": "Công điện 21/CĐ-UBND"}
    await said(await client.put("/v1/calendar/overrides/2026-11-12", storm))
    assert (await office.owed(plan, office.schools[0]))["due_at"] == "2026-11-13T17:00:00Z"


@pytest.mark.parametrize(
    ("order", "code", "field"),
    [
        ({"past_due": {"action": "waive"}}, "confirmation_needs_reason", "reason"),
        (
            {"past_due": {"action": "grace", "grace_on": "2026-10-30"}, "reason": "x"},
            "due_in_past",
            "past_due.grace_on",
        ),
        ({"past_due": {"action": "grace"}, "reason": "x"}, "malformed", "past_due"),
        ({"past_due": {"action": "waive", "grace_on": "2026-11-30"}, "reason": "x"}, "malformed", "past_due"),
    ],
)
async def test_what_is_asked_for_the_past_must_hold(client: ApiClient, order: Json, code: str, field: str) -> None:
    office = await Office.open(client, schools=1)
    draft = await office.draft([report("2026-10-05")])
    refused = await client.post(f"/v1/documents/{draft['id']}/issue", order)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert refused.json()["errors"][0]["field"] == field
    assert (await said(await client.get(f"/v1/documents/{draft['id']}")))["state"] == "draft"


async def lower(office: Office, parent: Json, *rounds: Json) -> Json:
    return await office.draft(
        list(rounds),
        issuer={"id": office.schools[0]["id"]},
        parents=[parent["id"]],
        number="5",
        notation="KH-THPT",
        assignees=[{"unit": {"id": office.schools[1]["id"]}}],
    )


async def test_a_lower_report_leaves_a_working_day_and_the_refusal_proposes_one(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    parent = await office.issue([report("2026-11-16")])
    draft = await lower(office, parent, report("2026-11-16"))
    path = f"/v1/documents/{draft['id']}"

    refused = await client.post(f"{path}/issue", {})

    assert (refused.status_code, refused.json()["code"]) == (422, "due_after_parent")
    (error,) = refused.json()["errors"]
    assert error["field"] == "rounds.0.due"
    assert error["repair"] == {"form": "on", "date": "2026-11-13", "roll": "none"}
    assert "thứ Sáu 13/11/2026" in error["detail"]

    mended = draft["content"] | {"rounds": [draft["content"]["rounds"][0] | {"due": error["repair"]}]}
    edited = await client.put(path, mended, etag=draft["row_version"])
    assert edited.status_code == 200, edited.text
    issued = await said(await client.post(f"{path}/issue", {}))
    assert issued["rounds"][0]["due_on"] == "2026-11-13"


async def test_a_longer_lag_is_kept_and_may_be_overruled_with_a_reason(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    parent = await office.issue([report("2026-11-16")])
    draft = await lower(office, parent, report("2026-11-13", lag=3))
    path = f"/v1/documents/{draft['id']}/issue"

    refused = await client.post(path, {})
    assert refused.json()["errors"][0]["repair"]["date"] == "2026-11-11"
    overruled = await said(await client.post(path, {"allow_after_parent": True, "reason": "Số liệu về muộn"}))
    assert overruled["rounds"][0]["due_on"] == "2026-11-13"


async def test_where_no_day_is_left_the_remedy_is_an_extension(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    parent = await office.issue([report("2026-11-02")])
    draft = await lower(office, parent, report("2026-11-03"))

    refused = await client.post(f"/v1/documents/{draft['id']}/issue", {})

    assert (refused.status_code, refused.json()["code"]) == (422, "no_day_left_under_parent")
    assert "repair" not in refused.json()["errors"][0]
