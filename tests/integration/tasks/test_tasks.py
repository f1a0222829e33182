"""Tasks from a directive down: derived, covered before a plan is accepted, and reported on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said

QUARTER = {"form": "quarter", "year": 2026, "quarter": 4}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def task(title: str, lead: Json | None = None, **given: Any) -> Json:
    led = {"lead": {"id": lead["id"]}} if lead else {}
    return {"title": title, "frame": QUARTER} | led | given


async def put(client: ApiClient, document: Json, *tasks: Json, status: int = 200) -> Json:
    return await said(await client.put(f"/v1/documents/{document['id']}/tasks", {"tasks": list(tasks)}), status)


async def tasks_of(client: ApiClient, document: Json) -> list[Json]:
    listed: list[Json] = (await said(await client.get(f"/v1/documents/{document['id']}/tasks")))["tasks"]
    return listed


async def coverage(client: ApiClient, document: Json) -> Json:
    return await said(await client.get(f"/v1/documents/{document['id']}/tasks/coverage"))


async def directive(office: Office, *tasks: Json, looked_at: bool = True, **given: Any) -> tuple[Json, list[Json]]:
    """Issue the department's plan to its schools, which asks for plans and a report, with tasks."""
    asked = [
        office.round("plan", in_days(office.client, 10), needs_acceptance=looked_at),
        office.round("report", in_days(office.client, 30)),
    ]
    draft = await office.draft(asked, **given)
    listed = (await put(office.client, draft, *tasks))["tasks"]
    issued = await said(await office.client.post(f"/v1/documents/{draft['id']}/issue", {}))
    return issued, listed


async def school_plan(office: Office, school: Json, parent: Json, *tasks: Json, number: str = "3") -> Json:
    """Draft a school's plan under the department's, with tasks."""
    draft = await office.draft(
        [], issuer={"id": school["id"]}, parents=[parent["id"]], assignees=[], notation="KH-TH", number=number
    )
    await put(office.client, draft, *tasks)
    return draft


def kinds(found: Json) -> list[tuple[str, str, bool]]:
    return [(gap["title"], gap["kind"], gap["required"]) for gap in found["gaps"]]


async def test_a_plan_is_accepted_once_it_covers_its_parents_tasks_or_the_gaps_are_declared(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    parent, (train, map_, model, help_) = await directive(
        office,
        task("Tập huấn", first, quantity="2", measure="lớp", number="III.1", expected_result="80 người mỗi lớp"),
        task("Đưa vào chương trình học"),
        task("Điển hình tiên tiến", second),
        task("Hợp tác với báo chí", second, coordinating=[{"id": first["id"]}], frame={"form": "standing"}),
    )
    assert (train["from_on"], train["until_on"]) == ("2026-10-01", "2026-12-31")
    assert map_["lead"] is None
    assert [unit["name"] for unit in help_["coordinating"]] == [first["name"]]

    plan = await school_plan(
        office, first, parent, task("Mở một lớp", first, derives_from=[train["id"]], quantity="1", measure="lớp")
    )
    short = [("Tập huấn", "quantity_short", True), ("Đưa vào chương trình học", "not_taken_up", True)]
    found = await coverage(client, plan)
    assert kinds(found) == [*short, ("Hợp tác với báo chí", "not_taken_up", False)]
    assert (found["tasks_above"], found["complete"], found["gaps"][0]["short_by"]) == (3, False, "1")

    await said(await client.post(f"/v1/documents/{plan['id']}/issue", {}))
    owed = await office.owed(parent, first, "plan")
    accept = f"/v1/obligations/{owed['id']}/accept"
    refused = await said(await client.post(accept, {}), 409)
    assert refused["code"] == "tasks_uncovered"
    assert "III.1. Tập huấn; Đưa vào chương trình học" in refused["detail"]
    assert (await office.owed(parent, first, "plan"))["state"] == "submitted"
    await said(await client.post(accept, {"task_gaps": "Bổ sung vào kế hoạch học kỳ II"}))
    assert (await office.owed(parent, first, "plan"))["state"] == "fulfilled"

    whole = await school_plan(
        office,
        second,
        parent,
        task("Bài giảng", second, derives_from=[map_["id"]]),
        task("Điển hình và báo chí", second, derives_from=[model["id"], help_["id"]]),
    )
    assert (await coverage(client, whole))["complete"]
    await said(await client.post(f"/v1/documents/{whole['id']}/issue", {}))
    owed = await office.owed(parent, second, "plan")
    await said(await client.post(f"/v1/obligations/{owed['id']}/accept", {}))


async def test_a_plan_that_nobody_looks_at_covers_its_tasks_when_issued(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    (school,) = office.schools
    parent, (given,) = await directive(office, task("Tập huấn", school), looked_at=False)
    plan = await school_plan(office, school, parent)
    path = f"/v1/documents/{plan['id']}/issue"
    refused = await said(await client.post(path, {}), 409)
    assert (refused["code"], "Tập huấn" in refused["detail"]) == ("tasks_uncovered", True)
    gaps = {"allow_task_gaps": True}
    assert (await said(await client.post(path, gaps), 422))["code"] == "confirmation_needs_reason"
    await put(client, plan, task("Mở lớp", school, derives_from=[given["id"]]))
    await said(await client.post(path, {}))
    assert (await office.owed(parent, school, "plan"))["state"] == "fulfilled"

    other, _ = await directive(office, task("Việc khác", school), looked_at=False, number="19")
    bare = await school_plan(office, school, other, number="4")
    await said(await client.post(f"/v1/documents/{bare['id']}/issue", gaps | {"reason": "Sẽ bổ sung"}))
    assert (await office.owed(other, school, "plan"))["state"] == "fulfilled"


async def test_tasks_are_the_drafts_and_derive_from_issued_parents_only(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    (school,) = office.schools
    parent, (given,) = await directive(office, task("Tập huấn", school))
    stranger, (other,) = await directive_of_another(office)
    plan = await school_plan(office, school, parent)
    refused = await put(client, plan, task("Lớp", derives_from=[other["id"]]), status=422)
    assert refused["code"] == "not_a_task_above"
    assert (await put(client, plan, task("Lớp", quantity="2"), status=422))["code"] == "malformed"
    await put(client, plan, task("Lớp", derives_from=[given["id"]]))
    await put(client, plan, task("Lớp khác", derives_from=[given["id"]]))
    assert [each["title"] for each in await tasks_of(client, plan)] == ["Lớp khác"]
    frozen = await put(client, parent, task("Thêm"), status=409)
    assert frozen["code"] == "document_not_draft"
    own = await client.as_("unit", school["id"])
    assert (await own.put(f"/v1/documents/{plan['id']}/tasks", {"tasks": []})).status_code == 200
    assert (await own.put(f"/v1/documents/{stranger['id']}/tasks", {"tasks": []})).status_code == 404


async def directive_of_another(office: Office) -> tuple[Json, list[Json]]:
    city = await said(await office.client.get("/v1/units", params={"kind": "peoples_committee"}))
    draft = await office.draft(
        [office.round("acknowledge", None)],
        issuer={"id": city["items"][0]["id"]},
        number="1",
        assignees=[{"unit": {"id": office.department["id"]}}],
    )
    listed = (await put(office.client, draft, task("Việc của thành phố")))["tasks"]
    return draft, listed


async def test_a_successor_takes_its_predecessors_tasks_up(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    parent, (train,) = await directive(office, task("Tập huấn", first))
    order = {
        "effective_on": "2026-11-02",
        "legal_reference": "Quyết định sáp nhập trường",
        "operations": [{"kind": "merge", "units": [{"id": first["id"]}], "into": {"unit": {"id": second["id"]}}}],
    }
    await said(await client.post("/v1/reorganisations", order), 201)
    plan = await school_plan(office, second, parent)
    assert kinds(await coverage(client, plan)) == [("Tập huấn", "not_taken_up", True)]
    report = await office.owed(parent, second, "report")
    done = {"items": [{"task": train["id"], "state": "done"}]}
    await said(await client.put(f"/v1/obligations/{report['id']}/task-progress", done))
    (seen,) = await tasks_of(client, parent)
    assert [(word["unit"]["name"], word["state"]) for word in seen["reports"]] == [(second["name"], "done")]


async def test_progress_is_reported_with_a_report_and_rolls_up_from_derived_tasks(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    parent, (train, everyone) = await directive(
        office, task("Tập huấn", first, quantity="3", measure="lớp"), task("Tuyên truyền")
    )
    plan = await school_plan(office, first, parent, task("Lớp một", first, derives_from=[train["id"], everyone["id"]]))
    await said(await client.post(f"/v1/documents/{plan['id']}/issue", {}))
    (lower,) = await tasks_of(client, plan)
    report, others = await office.owed(parent, first, "report"), await office.owed(parent, second, "report")

    async def say(owed: Json, *items: Json, status: int = 200, by: ApiClient = client) -> Json:
        answer = await by.put(f"/v1/obligations/{owed['id']}/task-progress", {"items": list(items)})
        return await said(answer, status)

    await say(report, {"task": train["id"], "state": "under_way", "quantity": "1", "note": "Đã mở một lớp"})
    await say(report, {"task": train["id"], "state": "under_way", "quantity": "2.5"})
    await say(report, {"task": lower["id"], "state": "done"}, {"task": everyone["id"], "state": "done"})
    await say(others, {"task": everyone["id"], "state": "hindered", "note": "Chưa có kinh phí"})
    refused = await say(others, {"task": train["id"], "state": "done"}, status=422)
    assert refused["code"] == "not_a_task_of_report"
    stranger = await client.as_("unit", second["id"])
    assert (await say(report, {"task": train["id"], "state": "done"}, status=404, by=stranger))["code"] == "not_found"

    seen = await tasks_of(client, parent)
    assert (seen[0]["states"], seen[0]["reached"], seen[0]["quantity"]) == ({"under_way": 1}, "2.5", "3")
    assert (seen[0]["derived"], seen[0]["derived_done"]) == (1, 1)
    assert seen[1]["states"] == {"done": 1, "hindered": 1}
    assert [(word["unit"]["name"], word["note"]) for word in seen[1]["reports"]] == [
        (first["name"], None),
        (second["name"], "Chưa có kinh phí"),
    ]

    await office.hand_in(report)
    settled = await say(report, {"task": train["id"], "state": "done"}, status=409)
    assert settled["code"] == "report_settled"


async def test_a_plan_of_a_unit_not_below_the_reviewer_is_accepted_by_it(client: ApiClient) -> None:
    office = await Office.open(client, schools=0)
    beside = await client.unit("Sở Văn hóa và Thể thao", "department", code="SVHTT")
    office.schools = [beside]
    clerk = await client.as_("clerk", office.department["id"])

    async def planned(*tasks: Json, number: str) -> tuple[Json, str]:
        parent, _ = await directive(office, *tasks, number=number)
        plan = await school_plan(office, beside, parent, number=number)
        await said(await client.post(f"/v1/documents/{plan['id']}/issue", {}))
        assert (await clerk.get(f"/v1/documents/{plan['id']}")).status_code == 404
        return parent, f"/v1/obligations/{(await office.owed(parent, beside, 'plan'))['id']}/accept"

    parent, accept = await planned(number="21")
    await said(await clerk.post(accept, {}))
    assert (await office.owed(parent, beside, "plan"))["state"] == "fulfilled"

    parent, accept = await planned(task("Tập huấn", beside), number="22")
    assert (await said(await clerk.post(accept, {}), 409))["code"] == "tasks_uncovered"
    await said(await clerk.post(accept, {"task_gaps": "Bổ sung sau"}))
    assert (await office.owed(parent, beside, "plan"))["state"] == "fulfilled"
