"""What holds whatever happened: counts add up, nothing is lost, nobody asked twice, steps fire once and in time."""

from collections import Counter
from typing import Any

from harness.office import Json, said

from properties.world import World

BESIDE = ("not_due", "due_soon", "no_deadline", "not_applicable")
NAMES = ("on_time", "late", "missing", *BESIDE)
UNEXPECTED = {"waived", "declined", "withdrawn", "transferred", "not_applicable"}


async def check_facts(world: World) -> None:
    """Check what must hold after every verb."""
    assert (
        await world.rows(
            "select 1 from obligation o where o.document_id = any(:ids) and state in ('open', 'submitted') "
            "group by round_id, unit_id having count(*) > 1"
        )
        == []
    ), "a unit is asked twice in one round"
    assert (
        await world.rows("select 1 from batch where document_id = any(:ids) group by step_id having count(*) > 1") == []
    ), "a step spoke twice"
    assert (
        await world.rows(
            "select 1 from obligation_step s join obligation o on o.id = s.obligation_id "
            "where o.document_id = any(:ids) and o.settled_at < s.at"
        )
        == []
    ), "somebody was chased who owed nothing any more"
    assert (
        await world.rows(
            "select 1 from obligation o join document d on d.id = o.document_id join unit u on u.id = o.unit_id "
            "join unit w on w.id = o.deciding_unit_id where o.document_id = any(:ids) and d.state = 'issued' "
            "and o.state in ('open', 'submitted') and (u.valid_to is not null or w.valid_to is not null)"
        )
        == []
    ), "a unit that has ended owes or decides"
    assert (
        await world.rows(
            "select 1 from round r join document d on d.id = r.document_id where r.document_id = any(:ids) "
            "and d.state = 'issued' and (r.settled_at is null) <> exists "
            "(select from obligation o where o.round_id = r.id and o.state in ('open', 'submitted'))"
        )
        == []
    ), "a round is settled with something open, or open with everything settled"
    assert (
        await world.rows(
            "select 1 from obligation o join ladder l on l.id = o.ladder_id where o.document_id = any(:ids) "
            "and o.state = 'open' and (l.round_id <> o.round_id or l.mode <> o.mode or l.due_at < o.due_at)"
        )
        == []
    ), "something open stands on a ladder of another round, mode or an earlier due time"
    assert (
        await world.rows(
            "select 1 from obligation o join document d on d.id = o.document_id where o.document_id = any(:ids) "
            "and d.state = 'issued' and o.state = 'open' and o.ladder_id is null"
        )
        == []
    ), "something open stands on no ladder"
    assert (
        await world.rows(
            "select 1 from obligation_step s join obligation o on o.id = s.obligation_id "
            "join ladder_step t on t.id = s.step_id join ladder l on l.id = t.ladder_id "
            "join unit_suspension u on u.unit_id = o.unit_id and u.from_at < s.at "
            "and (u.until_at is null or u.until_at > s.at) where o.document_id = any(:ids) and l.kind = 'obligation'"
        )
        == []
    ), "a suspended unit was chased"
    assert (
        await world.rows(
            "select 1 from round where document_id = any(:ids) and recurrence_id is not null "
            "group by recurrence_id, period having count(*) > 1"
        )
        == []
    ), "a period was opened twice"
    await _check_nothing_lost(world)


async def _check_nothing_lost(world: World) -> None:
    rows = await world.rows(
        "select o.id, o.state, bool_or(t.state <> 'transferred') as goes_on from obligation o "
        "left join obligation_transfer x on x.from_id = o.id left join obligation t on t.id = x.to_id "
        "where o.document_id = any(:ids) group by o.id, o.state"
    )
    found = {row.id: row for row in rows}
    assert world.owed_at_issue <= found.keys()
    for row in rows:
        if row.state == "transferred" and row.id not in world.given_up:
            assert row.goes_on, f"{row.id} was handed on to nobody"


async def check_time(world: World) -> None:
    """Check what must hold once everything due was done: no step of a document in force is late."""
    late = await world.rows(
        "select s.kind, s.fire_at from ladder_step s join document d on d.id = s.document_id "
        "where s.document_id = any(:ids) and s.outcome is null and s.fire_at <= :now and d.state = 'issued' "
        "and not exists (select from suspension p where p.document_id = d.id and p.until_at is null)",
        now=world.clock.now(),
    )
    assert late == [], "a step that was due has not fired"
    unchased = await world.rows(
        "select o.id from obligation o join document d on d.id = o.document_id "
        "where o.document_id = any(:ids) and d.state = 'issued' and o.state = 'open' and o.mode = 'order' "
        "and o.due_at > d.issued_at and greatest(o.due_at, o.created_at, o.returned_at) < :overdue "
        "and not exists (select from suspension p where p.document_id = d.id and p.until_at is null) "
        "and not exists (select from unit_suspension u where u.unit_id = o.unit_id "
        "and (u.until_at is null or u.until_at >= :overdue)) "
        "and not exists (select from obligation_step s join ladder_step l on l.id = s.step_id "
        "where s.obligation_id = o.id and l.kind in ('overdue', 'escalate'))",
        overdue=world.long_overdue(),
    )
    assert unchased == [], "something long overdue has never been escalated"


async def check_counts(world: World) -> None:
    """Check that every count is what the obligations say one by one, and that counts add up over every way to cut."""
    at = world.clock.now()
    for document in world.documents:
        rows = await world.rows(
            "select state, due_at, handed_in_at, hand_in_kept_until from obligation where document_id = :document",
            document=document["id"],
        )
        progress = await said(await world.client.get(f"/v1/documents/{document['id']}/progress"))
        counted = Counter(_standing(row, at) for row in rows)
        found = {name: progress["tally"][name] for name in NAMES}
        found["not_due"] += found.pop("due_soon")
        assert found == {name: counted[name] for name in found}, document["title"]
        _adds_up([each["tally"] for each in progress["rounds"]], progress["tally"])
    for root in {document["root_id"] for document in world.documents}:
        await _check_cascade(world, root)


def _standing(row: Any, at: Any) -> str:
    if row.state in UNEXPECTED:
        return "not_applicable"
    if row.due_at is None:
        return "no_deadline"
    if at < row.due_at:
        return "not_due"
    kept = row.handed_in_at is not None and (row.hand_in_kept_until is None or at < row.hand_in_kept_until)
    return ("on_time" if row.handed_in_at < row.due_at else "late") if kept else "missing"


async def _check_cascade(world: World, root: str) -> None:
    whole: dict[str, Json] = {}
    for view in ("now", "then"):
        cascade = await said(await world.client.get(f"/v1/documents/{root}/cascade?units={view}"))
        _adds_up([level["tally"] for level in cascade["levels"]], cascade["tally"])
        for level in cascade["levels"]:
            _adds_up([document["tally"] for document in level["documents"]], level["tally"])
        units = await said(await world.client.get(f"/v1/documents/{root}/cascade/units?units={view}&limit=500"))
        _adds_up([unit["tally"] for unit in units["items"]], cascade["tally"])
        whole[view] = cascade["tally"]
    opened = (
        await world.rows(
            "select count(distinct o.id) from obligation o join document d on d.id = o.document_id "
            "join obligation_transfer t on t.to_id = o.id and t.opened where d.root_id = :root",
            root=root,
        )
    )[0][0]
    assert sum(whole["then"][name] for name in NAMES) + opened == sum(whole["now"][name] for name in NAMES)


def _adds_up(parts: list[Json], whole: Json) -> None:
    assert {name: sum(part[name] for part in parts) for name in NAMES} == {name: whole[name] for name in NAMES}
    assert whole["on_time"] + whole["late"] + whole["missing"] == whole["expected"]
