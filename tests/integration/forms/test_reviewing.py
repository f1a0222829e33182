"""Around a review: marks on fields, a submission held still, reports taken down by telephone, calls on late units."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.forms import EVERY_KIND
from harness.office import Json, Office, in_days, said


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client, schools=2)


async def owed_form(office: Office, **given: Any) -> Json:
    asked = office.round("report", in_days(office.client, 10), form=EVERY_KIND, needs_acceptance=True) | given
    return await office.owed(await office.issue([asked]), office.schools[0])


async def do(caller: ApiClient, owed: Json, verb: str, body: Json | None = None) -> Any:
    return await caller.post(f"/v1/obligations/{owed['id']}/{verb}", body)


def report(**values: Any) -> Json:
    return {"kind": "report", "values": values}


async def whole(client: ApiClient, owed: Json) -> Json:
    return await said(await client.get(f"/v1/obligations/{owed['id']}"))


async def test_a_return_marks_the_fields_it_is_about(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    await said(await do(client, owed, "submissions", report(pupils=5)), 201)
    marks = [
        {"field": "pupils", "note": "Sổ đăng bộ ghi 512"},
        {"field": "events.2.people", "note": "Thiếu số khách"},
    ]

    wrong = await do(client, owed, "return", {"kind": "wrong", "reason": "Sai", "marks": [{"field": "x", "note": "y"}]})
    assert wrong.json()["errors"][0]["field"] == "marks.0.field"
    assert (await whole(client, owed))["state"] == "submitted"
    await said(await do(client, owed, "return", {"kind": "wrong", "reason": "Chưa khớp", "marks": marks}))

    version = (await whole(client, owed))["submissions"][0]
    assert (version["state"], version["return_reason"]) == ("returned", "Chưa khớp")
    assert version["return_marks"] == [
        {"field": "pupils", "label": "Số học sinh", "note": "Sổ đăng bộ ghi 512"},
        {"field": "events.2.people", "label": "Sự kiện, dòng 3, Số người dự", "note": "Thiếu số khách"},
    ]


async def test_while_a_submission_is_read_the_one_handed_in_counts(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    school = await client.as_("unit", office.schools[0]["id"])
    assert (await do(client, owed, "freeze")).json()["code"] == "obligation_wrong_state"
    await said(await do(school, owed, "submissions", report(pupils=5)), 201)

    assert (await do(school, owed, "freeze")).json()["code"] == "not_the_deciding_unit"
    await said(await do(client, owed, "freeze"))
    await said(await do(client, owed, "freeze"))
    refused = await do(school, owed, "submissions", report(pupils=6))

    assert (refused.status_code, refused.json()["code"]) == (409, "being_read")
    shown = await whole(client, owed)
    assert [item["values"]["pupils"] for item in shown["submissions"]] == [5]
    assert shown["frozen_by"] == "administrator"
    await said(await do(client, owed, "unfreeze"))
    await said(await do(client, owed, "unfreeze"))
    await said(await do(school, owed, "submissions", report(pupils=6)), 201)


@pytest.mark.parametrize(("verb", "body"), [("return", {"kind": "wrong", "reason": "Sai"}), ("accept", {})])
async def test_deciding_lets_go(client: ApiClient, office: Office, verb: str, body: Json) -> None:
    owed = await owed_form(office)
    await said(await do(client, owed, "submissions", report(pupils=5)), 201)
    await said(await do(client, owed, "freeze"))

    await said(await do(client, owed, verb, body))

    assert (await whole(client, owed))["frozen_at"] is None
    if verb == "return":
        await said(await do(client, owed, "submissions", report(pupils=6)), 201)


async def test_a_new_version_against_a_freeze_is_before_it_or_refused(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    await said(await do(client, owed, "submissions", report(pupils=5)), 201)

    frozen, handed_in = await asyncio.gather(
        do(client, owed, "freeze"), do(client, owed, "submissions", report(pupils=6))
    )

    shown = await whole(client, owed)
    assert frozen.status_code == 200
    assert shown["frozen_at"] is not None
    assert len(shown["submissions"]) == (2 if handed_in.status_code == 201 else 1)


async def test_a_unit_that_telephoned_has_reported_and_confirms_later(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    clerk = await client.as_("clerk", office.department["id"])
    school = await client.as_("unit", office.schools[0]["id"])
    told = report(pupils=512) | {"said_by": "Văn thư nhà trường", "note": "Mất mạng do bão"}

    assert (await do(school, owed, "submissions/on-behalf", told)).json()["code"] == "not_the_deciding_unit"
    wrong = await do(clerk, owed, "submissions/on-behalf", told | report(pupils=-1))
    assert wrong.json()["errors"][0]["field"] == "values.pupils"
    receipt = await said(await do(clerk, owed, "submissions/on-behalf", told), 201)

    shown = await whole(client, owed)
    assert (shown["state"], receipt["on_time"]) == ("submitted", True)
    version = shown["submissions"][0]
    assert version["entered_for"] == {
        "said_by": "Văn thư nhà trường",
        "way": "telephone",
        "typed_by": "clerk account",
        "note": "Mất mạng do bão",
    }
    assert version["confirmed_at"] is None

    assert (await do(clerk, owed, "confirm")).status_code == 403
    await said(await do(school, owed, "confirm"))
    version = (await whole(client, owed))["submissions"][0]
    assert (version["confirmed_by"], version["confirmed_at"] is None) == ("unit account", False)
    assert (await do(school, owed, "confirm")).json()["code"] == "nothing_to_confirm"


async def test_what_a_unit_typed_itself_needs_no_confirmation(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    school = await client.as_("unit", office.schools[0]["id"])

    assert (await do(school, owed, "confirm")).json()["code"] == "nothing_to_confirm"
    await said(await do(school, owed, "submissions", report(pupils=5)), 201)
    assert (await do(school, owed, "confirm")).json()["code"] == "nothing_to_confirm"


async def test_calls_on_a_late_unit_are_kept_with_what_was_promised(client: ApiClient, office: Office) -> None:
    owed = await owed_form(office)
    client.services.clock.move(days=15)  # type: ignore[attr-defined]
    school = await client.as_("unit", office.schools[0]["id"])
    promised = {"result": "promised", "spoke_with": "Văn thư", "promised_on": "2026-11-20"}

    assert (await do(client, owed, "calls", {"result": "promised"})).status_code == 422
    assert (await do(school, owed, "calls", {"result": "no_answer"})).json()["code"] == "not_the_deciding_unit"
    await said(await do(client, owed, "calls", {"result": "no_answer", "called_at": "2026-11-16T08:00:00+07:00"}), 201)
    await said(await do(client, owed, "calls", promised), 201)

    calls = (await whole(client, owed))["calls"]
    assert [(call["result"], call["promised_on"], call["caller"]) for call in calls] == [
        ("promised", "2026-11-20", "administrator"),
        ("no_answer", None, "administrator"),
    ]
    await said(await do(client, owed, "submissions", report(pupils=5)), 201)
    assert (await do(client, owed, "calls", {"result": "reached"})).json()["code"] == "obligation_wrong_state"
