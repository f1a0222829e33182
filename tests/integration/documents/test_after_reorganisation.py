"""Documents outlive reorganisations: periods go on opening for the successors, and what is amended stays with them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.supervision import OpeningOrder
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from plan_api.documents import recurring
from plan_api.requests import act_of_itself
from plan_api.supervision.activities import RecordsActivities
from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

QUARTERLY = {"title": "Báo cáo", "every": "quarter", "day": 25}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 05/01/2026."""
    async with api(plan_api_database, clock=StillClock(datetime(2026, 1, 5, 1, tzinfo=UTC))) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client)


def at(client: ApiClient, instant: str) -> None:
    client.services.clock.at = datetime.fromisoformat(instant).astimezone(UTC)  # type: ignore[attr-defined]


def by_code(number: int) -> Json:
    return {"code_system": "local", "code": f"T{number}"}


def new_school(code: str, **given: Any) -> Json:
    unit = {"name": f"Trường {code}", "kind": "school", "codes": [{"code_system": "local", "code": code}]}
    return {"new": unit} | given


async def reorganise(client: ApiClient, operation: Json, effective_on: str = "2026-03-02") -> None:
    at(client, f"{effective_on}T08:00+07:00")
    order = {"effective_on": effective_on, "legal_reference": "Quyết định 12/QĐ-UBND", "operations": [operation]}
    await said(await client.post("/v1/reorganisations", order), 201)


async def merge_two(client: ApiClient, office: Office) -> Json:
    units = [{"id": school["id"]} for school in office.schools[:2]]
    await reorganise(client, {"kind": "merge", "units": units, "into": new_school("TM")})
    return await unit_of(client, "TM")


async def unit_of(client: ApiClient, code: str) -> Json:
    found: Json = (await client.get("/v1/units", params={"code": f"local:{code}"})).json()["items"][0]
    return found


async def open_due(client: ApiClient, plan: Json, instant: str) -> int:
    """Do what the supervision does at an instant."""
    at(client, instant)
    opened = 0
    for recurrence in (await said(await client.get(f"/v1/documents/{plan['id']}/recurring")))["items"]:
        async with act_of_itself(client.services) as act:
            opened += await recurring.open_periods(act, UUID(plan["id"]), UUID(recurrence["id"]), act.now)
    return opened


async def whole(client: ApiClient, plan: Json) -> Json:
    return await said(await client.get(f"/v1/documents/{plan['id']}"))


async def asked(client: ApiClient, plan: Json, place: int) -> list[Json]:
    round_ = (await whole(client, plan))["rounds"][place]
    items: list[Json] = (await said(await client.get("/v1/obligations", params={"round": round_["id"]})))["items"]
    return items


async def owing(client: ApiClient, plan: Json, place: int) -> set[str]:
    return {item["unit_id"] for item in await asked(client, plan, place) if item["state"] == "open"}


async def one(client: ApiClient, query: str, **values: Any) -> Any:
    async with client.services.engine.begin() as connection:
        return (await connection.execute(text(query), values)).scalar_one()


async def test_a_period_goes_on_opening_where_a_unit_named_by_code_has_ended(client: ApiClient, office: Office) -> None:
    named = {"assignees": [by_code(1), by_code(3)], "receivers": [by_code(2)]}
    plan = await office.issue([], recurring=[QUARTERLY | named], issued_on="2026-01-05")
    new = await merge_two(client, office)

    assert await open_due(client, plan, "2026-04-01T00:00+07:00") == 1

    third = await asked(client, plan, 2)
    assert {item["unit_id"] for item in third} == {new["id"], office.schools[2]["id"]}
    details = await said(await client.get(f"/v1/obligations/{third[0]['id']}"))
    assert details["receivers"] == [new["id"]]


async def test_after_a_split_every_part_that_takes_over_is_asked(client: ApiClient, office: Office) -> None:
    named = {"assignees": [{"id": office.schools[0]["id"]}]}
    plan = await office.issue([], recurring=[QUARTERLY | named], issued_on="2026-01-05")
    parts = [new_school("TA"), new_school("TB"), new_school("TC", takes_over=False)]
    await reorganise(client, {"kind": "split", "unit": {"id": office.schools[0]["id"]}, "into": parts})

    assert await open_due(client, plan, "2026-04-01T00:00+07:00") == 1

    assert await owing(client, plan, 2) == {(await unit_of(client, code))["id"] for code in ("TA", "TB")}


async def test_an_opening_that_is_refused_holds_up_no_step(
    client: ApiClient, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    series = [QUARTERLY | {"title": title} for title in ("Báo cáo", "Thống kê")]
    plan = await office.issue([], recurring=series, issued_on="2026-01-05")
    broken = await one(
        client,
        """update recurrence set body = jsonb_set(body::jsonb, '{assignees}',
           '[{"code_system": "local", "code": "KHONG"}]') where document_id = :plan and position = 0 returning id""",
        plan=plan["id"],
    )
    at(client, "2026-04-01T08:00+07:00")
    activities, now = RecordsActivities(client.services), client.services.clock.now()
    order = OpeningOrder(document_id=UUID(plan["id"]), recurrence_id=broken, as_of=now)

    agenda = (await ActivityEnvironment().run(activities.open_periods, order)).agenda

    openings = {entry.recurrence_id: entry.at for entry in agenda.entries if entry.recurrence_id}
    assert agenda.entries[0].recurrence_id != broken
    assert openings[broken] > client.services.clock.to_engine(now)
    assert any(at <= client.services.clock.to_engine(now) for at in openings.values())
    assert "unit_unknown" in caplog.text or "unknown_unit" in caplog.text
    assert (await said(await client.get("/v1/operations/health")))["steps_overdue"] >= 1

    other = next(recurrence_id for recurrence_id in openings if recurrence_id != broken)
    done = await ActivityEnvironment().run(activities.open_periods, order.model_copy(update={"recurrence_id": other}))
    assert done.count == 1


# --- amendments ---


def report(title: str, on: str, **given: Any) -> Json:
    return {"kind": "report", "title": title, "due": {"form": "on", "date": on}} | given


async def amend(client: ApiClient, plan: Json, change: Json, **given: Any) -> Json:
    now = await whole(client, plan)
    body = {"content": now["content"] | change, "reason": "Bổ sung đơn vị"} | given
    headers = {"if-match": f'"{now["row_version"]}"'}
    return await said(await client.post(f"/v1/documents/{plan['id']}/amend", body, headers=headers))


@pytest.mark.parametrize("how", ["id", "code"])
async def test_an_amendment_leaves_successors_what_they_owe(client: ApiClient, office: Office, how: str) -> None:
    refs = [{"id": office.schools[n - 1]["id"]} if how == "id" else by_code(n) for n in (1, 3)]
    naming = report("Một", "2026-06-10", assignees=refs)
    plan = await office.issue(
        [naming, report("Hai", "2026-06-10")],
        issued_on="2026-01-05",
        assignees=[{"unit": ref} for ref in refs],
        recurring=[QUARTERLY | {"assignees": refs}],
    )
    heir = await merge_two(client, office)
    added = await client.unit("Trường thêm", code="T9", professional=office.department["id"])
    refs = (await whole(client, plan))["content"]["rounds"][0]["assignees"]
    everybody = [*refs, {"id": added["id"]}]

    told = await amend(
        client,
        plan,
        {
            "assignees": [{"unit": ref} for ref in everybody],
            "rounds": [
                naming | {"assignees": everybody},
                report("Hai", "2026-06-10"),
                report("Ba", "2026-06-12"),
            ],
        },
    )

    assert (told["added"], told["dropped"]) == ([added["id"]], [])
    rounds = {item["title"]: place for place, item in enumerate((await whole(client, plan))["rounds"])}
    binding = {heir["id"], office.schools[2]["id"], added["id"]}
    for title in ("Một", "Hai", "Ba"):
        assert await owing(client, plan, rounds[title]) == binding, title


async def test_a_part_that_does_not_take_over_is_not_bound_by_an_amendment(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("Một", "2026-06-10")], issued_on="2026-01-05")
    parts = [new_school("TA"), new_school("TB", takes_over=False)]
    await reorganise(client, {"kind": "split", "unit": {"id": office.schools[0]["id"]}, "into": parts})
    added = await client.unit("Trường thêm", code="T9", professional=office.department["id"])
    content = (await whole(client, plan))["content"]

    told = await amend(client, plan, {"assignees": [*content["assignees"], {"unit": {"id": added["id"]}}]})

    assert (told["added"], told["dropped"]) == ([added["id"]], [])


async def test_who_answered_before_a_merger_is_not_asked_again(client: ApiClient, office: Office) -> None:
    naming = report("Một", "2026-06-10", assignees=[{"id": school["id"]} for school in office.schools[:2]])
    plan = await office.issue([naming], issued_on="2026-01-05")
    for school in office.schools[:2]:
        await office.hand_in(await office.owed(plan, school))
    await merge_two(client, office)
    third = {"id": office.schools[2]["id"]}

    await amend(client, plan, {"rounds": [naming | {"assignees": [*naming["assignees"], third]}]}, acknowledge=False)

    assert await owing(client, plan, 0) <= {third["id"]}


async def test_a_recipient_named_by_the_code_of_an_ended_unit_stays_what_it_was(
    client: ApiClient, office: Office
) -> None:
    recipients = [{"unit": by_code(1), "purpose": "Để biết"}, {"label": "Lưu: VT"}]
    plan = await office.issue([report("Một", "2026-06-10")], issued_on="2026-01-05", recipients=recipients)
    await merge_two(client, office)

    await amend(client, plan, {"rounds": [report("Một", "2026-06-12")]})

    kept = await one(
        client, "select unit_id from recipient where document_id = :id and unit_id is not null", id=plan["id"]
    )
    assert str(kept) == office.schools[0]["id"]
    refused = {"recipients": [{"unit": {"code_system": "local", "code": "KHONG"}}]}
    draft = await client.post("/v1/documents", plan["content"] | refused | {"number": "77"})
    assert (draft.status_code, draft.json()["errors"][0]["field"]) == (422, "recipients.0")
