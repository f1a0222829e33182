"""A form climbs: each level merges by field, what it sends up is what the next one merges, every figure opens."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.forms import EVERY_KIND
from harness.levels import Levels
from harness.office import Json, said
from plan_api.calendar import repository
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def all_up(levels: Levels) -> None:
    """Let every school report, and every level above send up what it merged."""
    first, second = levels.schools
    await levels.hand_in(
        levels.orders[0],
        first[0],
        pupils=100,
        girls=60,
        boys=40,
        area="1.25",
        trained={"numerator": 1, "denominator": 4},
        results="Một lớp.",
        level="good",
        events=[{"name": "Ngày sách", "people": 30}],
    )
    await levels.hand_in(levels.orders[0], first[1])
    await levels.hand_in(
        levels.orders[1],
        second[0],
        pupils=200,
        area="2.50",
        level="poor",
        results="Thiếu giáo viên.",
        trained={"numerator": 3, "denominator": 3},
    )
    await levels.hand_in(levels.orders[1], second[1], pupils=300, level="good")
    for order in levels.orders:
        await levels.up(order)
    await levels.up(levels.plan)
    await levels.consolidate(levels.directive)


async def test_values_climb_to_the_top_with_authors_kept(client: ApiClient) -> None:
    levels = await Levels.open(client)
    await all_up(levels)

    top = await levels.consolidation(levels.directive)
    values = top["content"]["form"]["values"]
    assert (values["pupils"], values["area"]) == (600, "3.75")
    assert values["trained"] == {"numerator": 4, "denominator": 7}
    assert top["content"]["form"]["rates"] == {"trained": "57.14"}
    assert values["level"] == {"counts": {"good": 2, "poor": 1}}
    assert [(piece["name"], piece["text"]) for piece in values["results"]["sections"]] == [
        ("Trường 1.1", "Một lớp."),
        ("Trường 2.1", "Thiếu giáo viên."),
    ]
    assert values["events"]["rows"] == [
        {"unit": levels.schools[0][0]["id"], "name": "Trường 1.1", "values": {"name": "Ngày sách", "people": 30}}
    ]
    first = await levels.consolidation(levels.orders[0])
    assert first["content"]["form"]["nil"] == [levels.schools[0][1]["id"]]
    assert first["content"]["form"]["contradictions"] == []


async def test_sums_that_no_longer_agree_are_flagged_not_refused(client: ApiClient) -> None:
    levels = await Levels.open(client)
    await all_up(levels)

    flagged = (await levels.consolidation(levels.orders[1]))["content"]["form"]["contradictions"]

    assert flagged == [{"field": "values.pupils", "detail": "«Số học sinh» không khớp tổng các thành phần (0)."}]


async def test_every_figure_opens_level_by_level_or_down_to_the_leaves(client: ApiClient) -> None:
    levels = await Levels.open(client)
    await all_up(levels)

    top = await levels.provenance(levels.directive, "pupils")
    assert [(item["unit_name"], item["value"], item["version"], item["depth"]) for item in top] == [
        ("Sở Giáo dục", 600, 1, 1)
    ]
    plan = await levels.consolidation(levels.plan)
    assert top[0]["consolidation_id"] == plan["id"]
    assert top[0]["person"] == "administrator"

    leaves = await levels.provenance(levels.directive, "pupils", leaves=True)
    assert [(item["unit_name"], item["value"], item["depth"], item["consolidation_id"]) for item in leaves] == [
        ("Trường 1.1", 100, 3, None),
        ("Trường 2.1", 200, 3, None),
        ("Trường 2.2", 300, 3, None),
    ]
    assert sum(item["value"] for item in leaves) == (await levels.values(levels.directive))["pupils"]
    assert [item["unit_name"] for item in await levels.provenance(levels.directive, "girls", leaves=True)] == [
        "Trường 1.1"
    ]


async def test_provenance_comes_by_page_and_to_those_above_only(client: ApiClient) -> None:
    levels = await Levels.open(client)
    await all_up(levels)
    made = await levels.consolidation(levels.directive)
    path = f"/v1/consolidations/{made['id']}/provenance"

    seen, cursor = [], None
    while True:
        page = await said(
            await client.get(
                path, params={"field": "pupils", "leaves": True, "limit": 2} | ({"cursor": cursor} if cursor else {})
            )
        )
        seen += [item["unit_name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    school = await client.as_("unit", levels.schools[0][0]["id"])

    assert seen == ["Trường 1.1", "Trường 2.1", "Trường 2.2"]
    assert (await school.get(path, params={"field": "pupils"})).status_code == 404
    wrong = await client.get(path, params={"field": "pupils", "cursor": "WyJhIiwiYiJd"})
    assert wrong.json()["code"] == "cursor_invalid"


async def test_the_superior_adds_its_own_fields_and_cannot_change_merged_ones(client: ApiClient) -> None:
    own = {"key": "inspected", "label": "Số trường được kiểm tra", "type": "integer"}
    upper: Json = {"fields": [*EVERY_KIND["fields"], own]}
    city = await Levels.open(client, offices=1, schools=1)
    directive = await Levels.issue(client, city.city, [city.department], 50, upper, number="19")
    plan = await Levels.issue(client, city.department, city.offices, 30, EVERY_KIND, directive, number="20")
    await city.hand_in(plan, city.offices[0], pupils=10)
    await city.consolidate(plan)

    lacking = await city.report_up(plan, 422)
    changed = await city.report_up(plan, 422, values={"inspected": 1, "pupils": 11})
    await city.report_up(plan, values={"inspected": 1})

    assert [item["field"] for item in lacking["errors"]] == ["values.inspected"]
    assert [item["field"] for item in changed["errors"]] == ["values.pupils"]
    await city.consolidate(directive)
    values = await city.values(directive)
    assert (values["pupils"], values["inspected"]) == (10, 1)
    assert [item["depth"] for item in await city.provenance(directive, "inspected", leaves=True)] == [1]
    assert [item["depth"] for item in await city.provenance(directive, "pupils", leaves=True)] == [2]


async def test_a_level_without_a_form_passes_numbers_as_figures(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    free = await Levels.issue(client, levels.department, levels.offices, 50, None, number="19")
    formed = await Levels.issue(client, levels.offices[0], levels.schools[0], 30, EVERY_KIND, free, number="20")
    await levels.hand_in(formed, levels.schools[0][0], pupils=10, area="1.5", results="Một lớp.")
    await levels.up(formed)

    made = await levels.consolidate(free)

    assert {name: figure["total"] for name, figure in made["content"]["figures"].items()} == {
        "pupils": "10",
        "area": "1.50",
    }
    assert "form" not in made["content"]
    assert [item["unit_name"] for item in await levels.provenance(free, "pupils", leaves=True)] == ["Phòng 1"]


async def test_figures_answer_a_form_above(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1)
    formed = await Levels.issue(client, levels.department, levels.offices, 50, EVERY_KIND, number="19")
    free = await Levels.issue(client, levels.offices[0], levels.schools[0], 30, None, formed, number="20")
    owed = await levels.owed(free, levels.schools[0][0])
    body = {"kind": "report", "figures": {"pupils": 10, "visitors": 3}}
    await said(await client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)

    await levels.up(free)
    await levels.consolidate(formed)

    assert (await levels.values(formed))["pupils"] == 10


async def test_gaps_are_declared_with_a_reason_and_named_at_every_level_above(client: ApiClient) -> None:
    levels = await Levels.open(client)
    await levels.hand_in(levels.orders[0], levels.schools[0][0], pupils=100)

    refused = await levels.consolidate(levels.orders[0], 409)
    partial = await levels.consolidate(levels.orders[0], reason="Trường 1.2 đang bị ngập, báo cáo sau")
    await levels.report_up(levels.orders[0])
    upward = await levels.owed(levels.plan, levels.offices[0])
    [version] = (await said(await client.get(f"/v1/obligations/{upward['id']}")))["submissions"]
    assert version["consolidation_id"] == partial["id"]
    assert [(gap["name"], gap["reason"]) for gap in version["gaps"]] == [("Trường 1.2", "chưa nộp")]
    above = await levels.consolidate(levels.plan, reason="Phòng 2 chưa đủ báo cáo")

    assert refused["code"] == "nothing_to_consolidate"
    assert partial["content"]["declared"]["reason"] == "Trường 1.2 đang bị ngập, báo cáo sau"
    assert [(gap["name"], gap["reason"]) for gap in partial["gaps"]] == [("Trường 1.2", "chưa nộp")]
    assert [(gap["name"], gap["reason"], gap.get("under")) for gap in above["gaps"]] == [
        ("Phòng 2", "chưa nộp", None),
        ("Trường 1.2", "chưa nộp", "Phòng 1"),
    ]
    assert above["content"]["form"]["values"]["pupils"] == 100


async def test_a_report_sent_up_waits_for_the_calendar_before_it_takes_its_round(client: ApiClient) -> None:
    levels = await Levels.open(client, offices=1, schools=1, form=None)
    (order,) = levels.orders
    await levels.hand_in(order, levels.schools[0][0])
    await levels.consolidate(order)
    waiting = text(
        "select exists (select from pg_locks join pg_database d on d.oid = database"
        " where datname = current_database() and locktype = 'advisory' and not granted)"
    )
    row = text("select id from round where id = :id for no key update nowait")

    async with client.services.engine.begin() as changing:  # as a change of the calendar, or a policy that takes over
        await repository.hold_for_change(changing)
        sending = asyncio.create_task(levels.report_up(order))
        async with asyncio.timeout(20), client.services.engine.connect() as watching:
            while not (await watching.execute(waiting)).scalar_one():
                await watching.rollback()
                await asyncio.sleep(0.02)
        await changing.execute(row, {"id": order["rounds"][0]["id"]})

    assert (await sending)["submitted_at"] is not None
