"""A later correction: every level above is out of date at once, until it has accepted the difference."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.levels import Levels
from harness.office import Json, said
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def all_up(client: ApiClient, **given: Any) -> Levels:
    """Return levels through which every school's report has climbed to the city."""
    levels = await Levels.open(client, **given)
    for number, (order, schools) in enumerate(zip(levels.orders, levels.schools, strict=True), start=1):
        for school in schools:
            await levels.hand_in(order, school, pupils=100 * number)
        await levels.up(order)
    await levels.up(levels.plan)
    await levels.consolidate(levels.directive)
    return levels


async def correct(levels: Levels, document: Json, unit: Json, status: int = 201, **given: Any) -> Json:
    owed = await levels.owed(document, unit)
    body = {"reason": "Đối chiếu sổ đăng bộ"} | given
    return await said(await levels.client.post(f"/v1/obligations/{owed['id']}/corrections", body), status)


async def accept(levels: Levels, document: Json, status: int = 200) -> Json:
    path = f"/v1/rounds/{document['rounds'][0]['id']}/difference/accept"
    return await said(await levels.client.post(path, {}), status)


async def difference(levels: Levels, document: Json) -> Json:
    return await said(await levels.client.get(f"/v1/rounds/{document['rounds'][0]['id']}/difference"))


async def out_of_date(levels: Levels) -> list[bool]:
    """Return which of the first order, second order, plan and directive are out of date."""
    documents = [*levels.orders, levels.plan, levels.directive]
    return [(await levels.consolidation(item))["out_of_date_since"] is not None for item in documents]


async def rows(client: ApiClient, query: str) -> list[Any]:
    async with client.services.engine.connect() as connection:
        return list((await connection.execute(text(query))).all())


async def test_editing_one_schools_accepted_figure_marks_every_level_above_and_accepting_clears_it(
    client: ApiClient,
) -> None:
    levels = await all_up(client)
    assert await out_of_date(levels) == [False, False, False, False]

    receipt = await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 150})

    assert await out_of_date(levels) == [True, False, True, True]
    marks = await rows(
        client, "select xmin::text from difference union select xmin::text from submission where version = 2"
    )
    assert len(marks) == 1, "the correction and all marks are one transaction's"
    assert (receipt["version"], receipt["state"]) == (2, "fulfilled")
    shown = await difference(levels, levels.orders[0])
    assert [
        (cause["unit_name"], cause["version"], cause["former_version"], cause["reason"]) for cause in shown["causes"]
    ] == [("Trường 1.1", 2, 1, "Đối chiếu sổ đăng bộ")]
    assert shown["changes"] == [{"field": "pupils", "was": 200, "becomes": 250}]
    assert shown["waits_for"] == []

    await accept(levels, levels.orders[0])
    assert await out_of_date(levels) == [False, False, True, True]
    assert (await difference(levels, levels.plan))["changes"] == [{"field": "pupils", "was": 600, "becomes": 650}]
    await accept(levels, levels.plan)
    assert await out_of_date(levels) == [False, False, False, True]
    made = await accept(levels, levels.directive)
    assert await out_of_date(levels) == [False, False, False, False]
    assert made["content"]["form"]["values"]["pupils"] == 650
    leaves = await levels.provenance(levels.directive, "pupils", leaves=True)
    assert sum(item["value"] for item in leaves) == 650
    assert {(item["unit_name"], item["version"]) for item in leaves if item["version"] > 1} == {("Trường 1.1", 2)}


async def test_a_level_waits_for_the_one_below(client: ApiClient) -> None:
    levels = await all_up(client)
    await correct(levels, levels.orders[1], levels.schools[1][1], values={"pupils": 1})

    early = await accept(levels, levels.plan, 409)

    assert early["code"] == "difference_open_below"
    assert "Phòng 2" in early["detail"]
    assert (await difference(levels, levels.plan))["waits_for"] == ["Phòng 2"]
    assert await out_of_date(levels) == [False, True, True, True]
    assert (await accept(levels, levels.orders[0], 409))["code"] == "nothing_differs"


async def test_what_was_handed_in_when_does_not_change(client: ApiClient) -> None:
    levels = await all_up(client)
    before = await levels.owed(levels.orders[0], levels.schools[0][0])
    client.services.clock.move(days=40)  # type: ignore[attr-defined]

    receipt = await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 150})

    after = await levels.owed(levels.orders[0], levels.schools[0][0])
    assert (after["handed_in_at"], after["state"], after["timeliness"]) == (
        before["handed_in_at"],
        "fulfilled",
        "on_time",
    )
    assert receipt["on_time"] is True
    whole = await said(await client.get(f"/v1/obligations/{after['id']}"))
    assert [(item["version"], item["state"], item["correction_reason"]) for item in whole["submissions"]] == [
        (2, "accepted", "Đối chiếu sổ đăng bộ"),
        (1, "superseded", None),
    ]


async def test_a_correction_is_checked_like_a_report_and_must_change_something(client: ApiClient) -> None:
    levels = await all_up(client)
    first = levels.schools[0][0]

    wrong = await correct(levels, levels.orders[0], first, 422, values={"pupils": -1})
    same = await correct(levels, levels.orders[0], first, 409, values={"pupils": 100})
    merged = await correct(levels, levels.plan, levels.offices[0], 422, values={"pupils": 5})
    figures = await correct(levels, levels.orders[0], first, 409)

    assert wrong["errors"][0]["field"] == "values.pupils"
    assert (same["code"], figures["code"]) == ("nothing_to_correct", "nothing_to_correct")
    assert merged["errors"] == [
        {
            "field": "values.pupils",
            "detail": "«Số học sinh» được tổng hợp từ báo cáo cấp dưới, không nhập lại.",
        }
    ]
    assert await out_of_date(levels) == [False, False, False, False]


async def test_the_deciding_unit_corrects_what_it_accepts_and_a_unit_what_needs_no_acceptance(
    client: ApiClient,
) -> None:
    free = await Levels.open(client, offices=1, schools=1)
    school = await client.as_("unit", free.schools[0][0]["id"])
    office = await client.as_("clerk", free.offices[0]["id"])
    bound = await Levels.issue(
        client,
        free.offices[0],
        free.schools[0],
        20,
        free.orders[0]["content"]["rounds"][0]["form"],
        number="19",
        needs_acceptance=True,
    )
    body = {"values": {"pupils": 9}, "reason": "Cộng nhầm"}
    owed = []
    for document in (free.orders[0], bound):
        owed.append((await free.owed(document, free.schools[0][0]))["id"])
        await free.hand_in(document, free.schools[0][0], pupils=10)

    assert (await school.post(f"/v1/obligations/{owed[1]}/corrections", body)).json()["code"] == "not_the_deciding_unit"
    assert (await office.post(f"/v1/obligations/{owed[1]}/corrections", body)).json()["code"] == "nothing_to_correct"
    await said(await office.post(f"/v1/obligations/{owed[1]}/accept", {}))
    await said(await office.post(f"/v1/obligations/{owed[1]}/corrections", body), 201)
    await said(await school.post(f"/v1/obligations/{owed[0]}/corrections", body), 201)


async def test_a_report_that_comes_after_the_gaps_were_declared_marks_what_lacks_it(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1)
    first, late = levels.schools[0]
    await levels.hand_in(levels.orders[0], first, pupils=100)
    await levels.consolidate(levels.orders[0], reason="Trường 1.2 đang bị ngập")
    await levels.report_up(levels.orders[0])
    await levels.consolidate(levels.plan)

    await levels.hand_in(levels.orders[0], late, pupils=7)

    assert (await levels.consolidation(levels.orders[0]))["out_of_date_since"] is not None
    assert (await levels.consolidation(levels.plan))["out_of_date_since"] is not None
    await accept(levels, levels.orders[0])
    made = await accept(levels, levels.plan)
    assert made["content"]["form"]["values"]["pupils"] == 107
    assert made["gaps"] == []


async def test_figures_without_a_form_are_marked_and_restated_too(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1, form=None)
    owed = await levels.owed(levels.orders[0], levels.schools[0][0])
    body = {"kind": "report", "text": "Đã thực hiện.", "figures": {"classes": 2, "people": 5}}
    await said(await client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)
    await levels.up(levels.orders[0])
    await levels.consolidate(levels.plan)

    await correct(levels, levels.orders[0], levels.schools[0][0], figures={"classes": 3, "people": None})
    await accept(levels, levels.orders[0])
    made = await accept(levels, levels.plan)

    assert {name: figure["total"] for name, figure in made["content"]["figures"].items()} == {"classes": "3"}
    assert [section["text"] for section in made["content"]["sections"]] == ["Trường 1.1: Đã thực hiện."]


async def test_a_fresh_draft_not_sent_up_needs_no_acceptance(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    await levels.hand_in(levels.orders[0], levels.schools[0][0], pupils=10)
    await levels.consolidate(levels.orders[0])
    await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 11})
    assert (await levels.consolidation(levels.orders[0]))["out_of_date_since"] is not None

    made = await levels.consolidate(levels.orders[0])

    assert made["out_of_date_since"] is None
    assert made["content"]["form"]["values"]["pupils"] == 11


async def test_what_was_returned_and_sent_again_with_the_correction_is_up_to_date(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1, needs_acceptance=True)
    school, office = levels.schools[0][0], levels.offices[0]
    await levels.hand_in(levels.orders[0], school, pupils=10)
    await said(await client.post(f"/v1/obligations/{(await levels.owed(levels.orders[0], school))['id']}/accept", {}))
    await levels.up(levels.orders[0])
    upward = (await levels.owed(levels.plan, office))["id"]
    await said(await client.post(f"/v1/obligations/{upward}/return", {"kind": "wrong", "reason": "Chưa khớp"}))
    await correct(levels, levels.orders[0], school, values={"pupils": 11})
    assert (await levels.consolidate(levels.orders[0]))["out_of_date_since"] is not None, "the returned one stands"

    sent = await levels.report_up(levels.orders[0])

    assert sent["out_of_date_since"] is None
    whole = await said(await client.get(f"/v1/obligations/{upward}"))
    assert [(item["state"], item["values"]["pupils"]) for item in whole["submissions"]] == [
        ("received", 11),
        ("returned", 10),
    ]


async def test_an_older_draft_sent_up_stays_out_of_date(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    await levels.hand_in(levels.orders[0], levels.schools[0][0], pupils=10)
    await levels.consolidate(levels.orders[0])
    await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 11})

    sent = await levels.report_up(levels.orders[0])

    assert sent["out_of_date_since"] is not None
    assert (await accept(levels, levels.orders[0]))["out_of_date_since"] is None
    assert (await levels.owed(levels.plan, levels.offices[0]))["state"] == "fulfilled"


async def test_a_draft_made_of_something_out_of_date_is_out_of_date(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    await levels.hand_in(levels.orders[0], levels.schools[0][0], pupils=10)
    await levels.up(levels.orders[0])
    await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 11})

    made = await levels.consolidate(levels.plan)

    assert made["out_of_date_since"] is not None
    await accept(levels, levels.orders[0])
    assert (await accept(levels, levels.plan))["content"]["form"]["values"]["pupils"] == 11


async def test_a_report_awaiting_acceptance_is_restated_as_a_new_version(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1, needs_acceptance=True)
    school, office = levels.schools[0][0], levels.offices[0]
    await levels.hand_in(levels.orders[0], school, pupils=10)
    await said(await client.post(f"/v1/obligations/{(await levels.owed(levels.orders[0], school))['id']}/accept", {}))
    await levels.up(levels.orders[0])
    await correct(levels, levels.orders[0], school, values={"pupils": 11})

    await accept(levels, levels.orders[0])

    upward = await levels.owed(levels.plan, office)
    whole = await said(await client.get(f"/v1/obligations/{upward['id']}"))
    assert [(item["version"], item["state"], item["values"]["pupils"]) for item in whole["submissions"]] == [
        (2, "received", 11),
        (1, "superseded", 10),
    ]


@pytest.mark.parametrize("round_", range(3))
async def test_a_correction_against_a_draft_under_way_is_in_it_or_marks_it(client: ApiClient, round_: int) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    await levels.hand_in(levels.orders[0], levels.schools[0][0], pupils=10)
    await levels.up(levels.orders[0])

    await asyncio.gather(
        levels.consolidate(levels.plan),
        correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 11}),
    )

    assert (await levels.consolidation(levels.plan))["out_of_date_since"] is not None
    assert (await levels.consolidation(levels.orders[0]))["out_of_date_since"] is not None


async def test_two_corrections_at_once_are_two_versions(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    await levels.hand_in(levels.orders[0], levels.schools[0][0], pupils=10)
    await levels.up(levels.orders[0])

    await asyncio.gather(
        *(correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": n}) for n in (11, 12, 13))
    )

    whole = await said(
        await client.get(f"/v1/obligations/{(await levels.owed(levels.orders[0], levels.schools[0][0]))['id']}")
    )
    assert [item["state"] for item in whole["submissions"]] == ["accepted", "superseded", "superseded", "superseded"]
    made = await accept(levels, levels.orders[0])
    assert made["content"]["form"]["values"]["pupils"] == whole["submissions"][0]["values"]["pupils"]
