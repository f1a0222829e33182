"""What a reorganisation does to units, lines, seats and holders; every change goes through a journal.

Units, lines, codes and holders are ended on the day the order takes effect, never deleted or overwritten.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import LineKind
from sqlalchemy import Row, Table, select

from plan_api.journal import Journal
from plan_api.organizations import repository
from plan_api.organizations.editing import create_unit, searchable
from plan_api.organizations.errors import LineCycle
from plan_api.organizations.models import Succession
from plan_api.organizations.repository import CODE, HOLDER, LINE, SEAT, UNIT, among
from plan_api.organizations.schemas import UnitGiven
from plan_api.organizations.service import unit_cards
from plan_api.requests import Act
from plan_api.rules.lines import Edge, find_cycle

SUCCESSION: Table = Succession.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Repointed:
    """A subordinate's line: from one superior to another (None: none any more)."""

    kind: str
    subordinate_id: UUID
    from_id: UUID
    to_id: UUID | None


async def lock(doing: Act) -> None:
    """Let one transaction at a time change lines."""
    await repository.lock_lines(doing.connection)


async def ended_units(doing: Act, unit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of those of some units that have ended."""
    rows = await repository.units(doing.connection, unit_ids)
    return {row.id: row.name for row in rows if row.valid_to is not None}


async def create(doing: Act, journal: Journal, given: UnitGiven, on: date) -> UUID:
    """Create a unit that begins with the order; return its id."""
    unit_id = await create_unit(doing, given.model_copy(update={"valid_from": given.valid_from or on}))
    await journal.created(UNIT, UNIT.c.id == unit_id)
    await journal.created(CODE, CODE.c.unit_id == unit_id)
    await journal.created(LINE, LINE.c.subordinate_id == unit_id)
    await journal.created(SEAT, SEAT.c.unit_id == unit_id)
    await journal.created(HOLDER, HOLDER.c.seat_id.in_(select(SEAT.c.id).where(SEAT.c.unit_id == unit_id)))
    return unit_id


async def end(doing: Act, journal: Journal, unit_ids: Sequence[UUID], on: date) -> Sequence[Row[Any]]:
    """End units with their codes and the time of their holders; return their seats."""
    await journal.update(UNIT, among(UNIT.c.id, unit_ids), {"valid_to": on, "updated_at": doing.now})
    await journal.update(CODE, among(CODE.c.unit_id, unit_ids) & CODE.c.valid_to.is_(None), {"valid_to": on})
    seats = await repository.seats_of(doing.connection, unit_ids)
    sitting = among(HOLDER.c.seat_id, [seat.id for seat in seats])
    unended = HOLDER.c.valid_to.is_(None) | (HOLDER.c.valid_to > on)
    await journal.update(HOLDER, sitting & unended, {"valid_to": on})
    return seats


async def succeed(journal: Journal, pairs: Sequence[tuple[UUID, UUID]], on: date, legal_reference: str) -> None:
    """Write who succeeds whom."""
    rows = [
        {
            "id": new_id(),
            "predecessor_id": old,
            "successor_id": new,
            "effective_on": on,
            "legal_reference": legal_reference,
        }
        for old, new in pairs
    ]
    await journal.insert(SUCCESSION, rows)


async def subordinates(doing: Act, unit_ids: Sequence[UUID]) -> set[UUID]:
    """Return who stands directly under some units on a current line, without themselves."""
    query = select(LINE.c.subordinate_id).where(among(LINE.c.superior_id, unit_ids), LINE.c.valid_to.is_(None))
    return {row.subordinate_id for row in await repository.fetch(doing.connection, query)} - set(unit_ids)


async def hand_on_lines(
    doing: Act, journal: Journal, ended: Sequence[UUID], heir_of: Callable[[UUID, UUID], UUID | None], on: date
) -> list[Repointed]:
    """End every line from and to ended units; subordinates that go on come under the heir.

    An heir that stood under its predecessor comes under the predecessor's own superior, if that one goes on.
    """
    touching = among(LINE.c.superior_id, ended) | among(LINE.c.subordinate_id, ended)
    query = select(LINE).where(touching, LINE.c.valid_to.is_(None)).order_by(LINE.c.id)
    lines = await repository.fetch(doing.connection, query)
    above = {(line.subordinate_id, line.kind): line.superior_id for line in lines}
    moved: list[Repointed] = []
    for line in lines:
        if line.subordinate_id in ended:
            moved.append(Repointed(line.kind, line.subordinate_id, line.superior_id, None))
            continue
        heir = heir_of(line.superior_id, line.subordinate_id)
        if heir == line.subordinate_id:
            upper = above.get((line.superior_id, line.kind))
            heir = None if upper in ended else upper
        moved.append(Repointed(line.kind, line.subordinate_id, line.superior_id, heir))
    await _replace(doing, journal, [line.id for line in lines], moved, on)
    return moved


async def move(
    doing: Act, journal: Journal, unit_id: UUID, kind: LineKind, superior_id: UUID, on: date
) -> list[Repointed]:
    """Put a unit under another superior on a line; return the change, empty when it stands there already."""
    current = {line.kind: line for line in await repository.lines_of(doing.connection, unit_id)}.get(kind)
    if current is not None and current.superior_id == superior_id:
        return []
    if current is None:
        await journal.insert(LINE, [_line(superior_id, unit_id, kind, on)])
        return []
    moved = [Repointed(kind.value, unit_id, current.superior_id, superior_id)]
    await _replace(doing, journal, [current.id], moved, on)
    return moved


async def _replace(doing: Act, journal: Journal, line_ids: list[UUID], moved: Sequence[Repointed], on: date) -> None:
    await journal.update(LINE, among(LINE.c.id, line_ids), {"valid_to": on})
    await journal.insert(LINE, [_line(m.to_id, m.subordinate_id, m.kind, on) for m in moved if m.to_id is not None])
    going_on = {m.subordinate_id for m in moved}
    await journal.update(UNIT, among(UNIT.c.id, going_on), {"updated_at": doing.now})


def _line(superior_id: UUID, subordinate_id: UUID, kind: str, on: date) -> dict[str, Any]:
    return {
        "id": new_id(),
        "superior_id": superior_id,
        "subordinate_id": subordinate_id,
        "kind": str(kind),
        "valid_from": on,
        "valid_to": None,
    }


async def refuse_cycles(doing: Act, field: str) -> None:
    """Refuse lines that make a unit its own superior.

    Raises:
        LineCycle: the cycle is named.
    """
    lines: Mapping[tuple[UUID, LineKind], UUID] = await repository.current_lines(doing.connection)
    cycle = find_cycle([Edge(superior, subordinate, kind, date.min) for (subordinate, kind), superior in lines.items()])
    if cycle:
        cards = await unit_cards(doing.connection, cycle)
        raise LineCycle(field=field, cycle=" → ".join(cards[member].name for member in (*cycle, cycle[0])))


async def rename(doing: Act, journal: Journal, unit_id: UUID, name: str, short_name: str | None) -> None:
    """Give a unit another name; its codes stay."""
    values = {"name": name, "short_name": short_name, **searchable(name, short_name), "updated_at": doing.now}
    await journal.update(UNIT, UNIT.c.id == unit_id, values)
