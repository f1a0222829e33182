"""Three communes become one and a department is abolished in the middle of a cascade."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import said
from harness.province import Province, contents, new_unit


@pytest.fixture
async def province(plan_api_database: str) -> AsyncIterator[Province]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield await Province.open(client)


def ids(units: list[dict[str, object]]) -> set[str]:
    return {str(unit["id"]) for unit in units}


async def test_the_preview_tells_exactly_what_then_happens_and_changes_nothing(province: Province) -> None:
    before = await contents(province.client)
    preview = await said(await province.client.post("/v1/reorganisations/preview", province.merger()))
    assert await contents(province.client) == before
    assert (preview["state"], preview["id"], preview["refusals"]) == ("preview", None, [])

    done = await province.reorganise(province.merger())

    assert await said(await province.client.get(f"/v1/reorganisations/{done['id']}")) == done
    for told in ("seats", "links_revoked", "deciding_changed", "superior_changed", "documents"):
        assert done[told] == preview[told], told
    assert {(line["subordinate_id"], line["kind"]) for line in done["lines"]} == {
        (line["subordinate_id"], line["kind"]) for line in preview["lines"]
    }
    assert [(unit["what"], unit["name"]) for unit in done["units"]] == [
        (unit["what"], unit["name"]) for unit in preview["units"]
    ]
    assert {(each["obligation_id"], each["outcome"]) for each in done["obligations"]} == {
        (each["obligation_id"], each["outcome"]) for each in preview["obligations"]
    }


async def test_nothing_is_lost_and_nobody_asked_twice(province: Province) -> None:
    unsettled = "select o.id, o.round_id, o.unit_id from obligation o where o.state in ('open', 'submitted')"
    before = await province.rows(unsettled)
    done = await province.reorganise(province.merger())

    ended = ids(province.communes[:3]) | {province.education["id"]}
    still = {row.id for row in await province.rows(unsettled)}
    handed_on = {each["obligation_id"]: each for each in done["obligations"]}
    for row in before:
        if str(row.unit_id) in ended:
            assert str(row.id) in handed_on
            assert row.id not in still
        else:
            assert row.id in still
    assert {each["outcome"] for each in done["obligations"]} == {"opened", "owed"}
    taking = await province.rows(
        "select t.from_id, o.state, o.unit_id from obligation_transfer t join obligation o on o.id = t.to_id"
    )
    assert {str(row.from_id) for row in taking} == set(handed_on)
    assert {row.state for row in taking} == {"open"}
    doubled = await province.rows(f"select 1 from ({unsettled}) o group by o.round_id, o.unit_id having count(*) > 1")
    assert doubled == []
    assert not {str(row.unit_id) for row in await province.rows(unsettled)} & ended


async def test_successors_owe_by_the_same_due_time_and_are_told_an_hour_later(province: Province) -> None:
    done = await province.reorganise(province.merger())
    created = next(unit["unit_id"] for unit in done["units"] if unit["what"] == "created")

    owed = await province.owed(province.directive, {"id": created})
    former = await province.owed(province.directive, province.communes[1])
    assert (owed["state"], former["state"]) == ("open", "transferred")
    assert owed["due_at"] == former["due_at"]
    steps = await province.rows(
        "select s.kind, s.fire_at, l.armed_at from ladder_step s join ladder l on l.id = s.ladder_id "
        "join obligation o on o.ladder_id = l.id where o.id = :id and s.outcome is null order by s.fire_at",
        id=owed["id"],
    )
    assert steps[0].kind == "announce"
    assert (steps[0].fire_at - steps[0].armed_at).total_seconds() == 3600
    assert {"remind", "escalate"} <= {step.kind for step in steps}
    assert (await province.hand_in(province.directive, {"id": created}))["on_time"] is True


async def test_what_the_abolished_department_decided_its_successor_decides(province: Province) -> None:
    submitted, waiting = province.schools[0], province.schools[1]
    done = await province.reorganise(province.merger())

    assert done["deciding_changed"] > 0
    rows = await province.rows(
        "select distinct deciding_unit_id, superior_unit_id from obligation where document_id = :id "
        "and state in ('open', 'submitted')",
        id=province.plan["id"],
    )
    assert {str(value) for row in rows for value in row} == {province.culture["id"]}
    reviewer = await province.client.as_("clerk", province.culture["id"])
    accepted = await reviewer.post(
        f"/v1/obligations/{(await province.owed(province.plan, submitted))['id']}/accept", {}
    )
    assert (await said(accepted))["state"] == "fulfilled"
    view = await said(await province.client.get(f"/v1/units/{waiting['id']}"))
    assert [line["superior"]["id"] for line in view["lines"]] == [province.culture["id"]]


async def test_links_of_old_seats_die_and_only_touched_documents_look_again(province: Province) -> None:
    other = await Province.issue(province.client, province.culture, province.communes[4:6], "plan")
    living = "select count(*) from link join seat on seat.id = link.seat_id where revoked_at is null and unit_id = :id"
    assert (await province.rows(living, id=province.communes[1]["id"]))[0][0] > 0
    async with province.client.services.engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set sent_at = created_at")

    done = await province.reorganise(province.merger())

    assert (await province.rows(living, id=province.communes[1]["id"]))[0][0] == 0
    assert (await province.rows(living, id=province.communes[4]["id"]))[0][0] > 0
    signalled = await province.rows("select subject_id from outbox where sent_at is null and topic = 'agenda_changed'")
    assert {str(row[0]) for row in signalled} == {province.directive["id"], province.plan["id"]}
    assert other["id"] not in done["documents"]


async def test_undo_restores_exactly(province: Province) -> None:
    before = await contents(province.client)
    done = await province.reorganise(province.merger())
    assert await contents(province.client) != before

    undone = await said(await province.client.post(f"/v1/reorganisations/{done['id']}/undo"))

    assert undone["state"] == "undone"
    after = await contents(province.client)
    assert {table for table in before if before[table] != after[table]} == set()
    again = await province.client.post(f"/v1/reorganisations/{done['id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "reorganisation_not_undoable")
    await province.reorganise(province.merger())


async def test_undo_is_refused_when_something_was_built_on_it(province: Province) -> None:
    done = await province.reorganise(province.merger())
    created = next(unit["unit_id"] for unit in done["units"] if unit["what"] == "created")
    await province.hand_in(province.directive, {"id": created})
    before = await contents(province.client)

    refused = await province.client.post(f"/v1/reorganisations/{done['id']}/undo", headers={"accept-language": "en"})

    assert (refused.status_code, refused.json()["code"]) == (409, "reorganisation_not_undoable")
    assert "submissions" in refused.json()["detail"]
    assert await contents(province.client) == before


async def test_refusals_come_row_by_row_and_nothing_changes(province: Province) -> None:
    first, second, third = ({"id": unit["id"]} for unit in province.communes[:3])
    order = province.order(
        {"kind": "rename", "unit": first, "name": "Xã Đổi Tên"},
        {"kind": "abolish", "unit": {"id": province.education["id"]}},
        {"kind": "merge", "units": [second], "into": {"new": new_unit("Xã Mới", province.city, code="X7")}},
        {"kind": "merge", "units": [second], "into": {"unit": third}},
        {"kind": "abolish", "unit": third, "successor": {"unit": first}},
        {"kind": "move", "unit": {"id": province.city["id"]}, "line": "administrative", "superior": first},
    )
    before = await contents(province.client)
    preview = await said(await province.client.post("/v1/reorganisations/preview", order))
    assert [(each["operation"], each["code"]) for each in preview["refusals"]] == [
        (1, "successor_missing"), (2, "unit_code_taken"), (4, "unit_ended"), (5, "line_cycle"),
    ]  # fmt: skip
    assert [unit["what"] for unit in preview["units"]] == ["renamed", "ended"]

    refused = await province.client.post("/v1/reorganisations", order)
    assert (refused.status_code, refused.json()["code"]) == (409, "reorganisation_refused")
    later = await province.client.post("/v1/reorganisations", order | {"effective_on": "2027-01-01"})
    assert (later.status_code, later.json()["code"]) == (422, "reorganisation_not_yet")
    clerk: ApiClient = await province.client.as_("clerk", province.city["id"])
    assert (await clerk.post("/v1/reorganisations/preview", order)).status_code == 403
    after = await contents(province.client)
    assert {table for table in before if before[table] != after[table]} == {"account"}
