"""SQL over units, codes, lines, seats and holders.

A current code or line has no `valid_to`; periods are half open: `valid_to` is the first day that no longer counts.
Sets of ids travel as one array parameter, so that thirty thousand of them are one statement.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from cascade_contracts.vocabulary import LineKind
from sqlalchemy import ARRAY, CTE, ColumnElement, Row, String, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.organizations.models import Absence, Holder, Seat, SupervisionLine, Unit, UnitCode

UNIT: Final = Unit.__table__  # type: ignore[attr-defined]
CODE: Final = UnitCode.__table__  # type: ignore[attr-defined]
LINE: Final = SupervisionLine.__table__  # type: ignore[attr-defined]
SEAT: Final = Seat.__table__  # type: ignore[attr-defined]
HOLDER: Final = Holder.__table__  # type: ignore[attr-defined]
ABSENCE: Final = Absence.__table__  # type: ignore[attr-defined]

Rows = Sequence[Row[Any]]

LINES_LOCK: Final = 0x7C05_11E5
"""Advisory lock of whoever changes supervision lines."""


def among(column: ColumnElement[Any], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Return `column = any(ids)` with the ids as one parameter, however many they are."""
    return column == any_(bindparam(None, list(ids), type_=ARRAY(Uuid), unique=True))


async def fetch(connection: AsyncConnection, statement: Any) -> Rows:
    """Return all rows of a statement."""
    return (await connection.execute(statement)).all()


def above(unit_id: UUID) -> CTE:
    """Return the units above a unit on current lines of either kind, as a recursive table of `id`."""
    seed = select(LINE.c.superior_id.label("id")).where(LINE.c.subordinate_id == unit_id, LINE.c.valid_to.is_(None))
    found = seed.cte("above", recursive=True)
    return found.union(
        select(LINE.c.superior_id).join(found, LINE.c.subordinate_id == found.c.id).where(LINE.c.valid_to.is_(None))
    )


async def is_under(connection: AsyncConnection, unit_id: UUID, superior_id: UUID) -> bool:
    """Return whether current lines of either kind lead from a unit up to another."""
    superior = above(unit_id)
    found = await connection.execute(select(superior.c.id).where(superior.c.id == superior_id).limit(1))
    return found.first() is not None


def below(unit_id: UUID) -> CTE:
    """Return the units below a unit on current lines of either kind, as a recursive table of `id`."""
    seed = select(LINE.c.subordinate_id.label("id")).where(LINE.c.superior_id == unit_id, LINE.c.valid_to.is_(None))
    found = seed.cte("below", recursive=True)
    return found.union(
        select(LINE.c.subordinate_id).join(found, LINE.c.superior_id == found.c.id).where(LINE.c.valid_to.is_(None))
    )


async def descendants(connection: AsyncConnection, unit_id: UUID) -> set[UUID]:
    """Return every unit below a unit on current lines of either kind, without the unit itself."""
    rows = await fetch(connection, select(below(unit_id).c.id))
    return {row.id for row in rows if row.id != unit_id}


async def select_below(
    connection: AsyncConnection, unit_id: UUID, on: date, *, line: str | None, kinds: Sequence[str], direct: bool
) -> list[UUID]:
    """Return the units below a unit on lines (of one kind, if given) that hold on a day, in Vietnamese order.

    Units that do not exist that day are left out; `direct` stops one step down. The unit itself is not among them.
    """
    holds = [
        or_(LINE.c.valid_from.is_(None), LINE.c.valid_from <= on),
        or_(LINE.c.valid_to.is_(None), LINE.c.valid_to > on),
        *([LINE.c.kind == line] if line else []),
    ]
    found = select(LINE.c.subordinate_id.label("id")).where(LINE.c.superior_id == unit_id, *holds)
    if not direct:
        tree = found.cte("selected", recursive=True)
        deeper = select(LINE.c.subordinate_id).join(tree, LINE.c.superior_id == tree.c.id).where(*holds)
        found = select(tree.union(deeper).c.id)
    statement = select(UNIT.c.id).where(
        UNIT.c.id.in_(found),
        UNIT.c.id != unit_id,
        or_(UNIT.c.valid_from.is_(None), UNIT.c.valid_from <= on),
        or_(UNIT.c.valid_to.is_(None), UNIT.c.valid_to > on),
    )
    if kinds:
        statement = statement.where(UNIT.c.kind.in_(kinds))
    return [row.id for row in await fetch(connection, statement.order_by(UNIT.c.name_sort, UNIT.c.id))]


async def superiors(connection: AsyncConnection, unit_ids: Iterable[UUID], kind: str) -> dict[UUID, UUID]:
    """Return the current superior on one line by subordinate."""
    statement = select(LINE.c.subordinate_id, LINE.c.superior_id).where(
        among(LINE.c.subordinate_id, unit_ids), LINE.c.kind == kind, LINE.c.valid_to.is_(None)
    )
    return {row.subordinate_id: row.superior_id for row in await fetch(connection, statement)}


async def lines_above(connection: AsyncConnection, unit_id: UUID) -> Rows:
    """Return the current lines of a unit and of all its superiors."""
    superior = above(unit_id)
    statement = select(LINE.c.subordinate_id, LINE.c.superior_id, LINE.c.kind).where(
        or_(LINE.c.subordinate_id == unit_id, LINE.c.subordinate_id.in_(select(superior.c.id))),
        LINE.c.valid_to.is_(None),
    )
    return await fetch(connection, statement)


async def current_lines(connection: AsyncConnection) -> dict[tuple[UUID, LineKind], UUID]:
    """Return the superior of every current line by (subordinate, kind); streamed, equal ids are one object."""
    statement = select(LINE.c.subordinate_id, LINE.c.superior_id, LINE.c.kind).where(LINE.c.valid_to.is_(None))
    same: dict[UUID, UUID] = {}
    lines: dict[tuple[UUID, LineKind], UUID] = {}
    async with connection.stream(statement) as rows:
        async for subordinate, superior, kind in rows:
            lines[same.setdefault(subordinate, subordinate), LineKind(kind)] = same.setdefault(superior, superior)
    return lines


async def lock_lines(connection: AsyncConnection) -> None:
    """Let one transaction at a time change lines: two at once could close a cycle neither sees."""
    await connection.execute(select(func.pg_advisory_xact_lock(LINES_LOCK)))


async def try_lock_lines(connection: AsyncConnection) -> bool:
    """Take the same lock without waiting; return whether it was free."""
    return bool((await connection.execute(select(func.pg_try_advisory_xact_lock(LINES_LOCK)))).scalar_one())


async def lines_of(connection: AsyncConnection, unit_id: UUID) -> Rows:
    """Return a unit's current lines upward."""
    statement = (
        select(LINE).where(LINE.c.subordinate_id == unit_id, LINE.c.valid_to.is_(None)).order_by(LINE.c.kind.desc())
    )
    return await fetch(connection, statement)


async def units(connection: AsyncConnection, ids: Iterable[UUID]) -> Rows:
    """Return rows of units."""
    return await fetch(connection, select(UNIT).where(among(UNIT.c.id, ids)))


async def unit_for_update(connection: AsyncConnection, unit_id: UUID) -> Row[Any] | None:
    """Lock and return a unit; rows that refer to it can still be written by others."""
    statement = select(UNIT).where(UNIT.c.id == unit_id).with_for_update(key_share=True)
    return (await connection.execute(statement)).one_or_none()


async def codes_of(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """Return current (code system, code) pairs by unit, in order of system and code."""
    statement = (
        select(CODE.c.unit_id, CODE.c.code_system, CODE.c.code)
        .where(among(CODE.c.unit_id, ids), CODE.c.valid_to.is_(None))
        .order_by(CODE.c.code_system, CODE.c.code)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for row in await fetch(connection, statement):
        found.setdefault(row.unit_id, []).append((row.code_system, row.code))
    return found


async def units_by_code(
    connection: AsyncConnection, pairs: Iterable[tuple[str, str]], *, ended: bool = False
) -> dict[tuple[str, str], UUID]:
    """Return units by current (code system, code); with `ended`, of a code nobody has now who had it last."""
    by_system: dict[str, list[str]] = {}
    for system, code in pairs:
        by_system.setdefault(system, []).append(code)
    found: dict[tuple[str, str], UUID] = {}
    for system, codes in by_system.items():
        statement = select(CODE.c.code, CODE.c.unit_id).where(
            CODE.c.code_system == system,
            CODE.c.code == any_(bindparam(None, codes, type_=ARRAY(String), unique=True)),
        )
        statement = statement.order_by(CODE.c.valid_to) if ended else statement.where(CODE.c.valid_to.is_(None))
        found |= {(system, row.code): row.unit_id for row in await fetch(connection, statement)}
    return found


async def seats_of(connection: AsyncConnection, unit_ids: Iterable[UUID]) -> Rows:
    """Return the seats of units: heads first, then by position."""
    statement = select(SEAT).where(among(SEAT.c.unit_id, unit_ids)).order_by(SEAT.c.role, SEAT.c.position)
    return await fetch(connection, statement)


async def seats(connection: AsyncConnection, seat_ids: Iterable[UUID]) -> Rows:
    """Return rows of seats with the name of their unit."""
    statement = (
        select(SEAT, UNIT.c.name.label("unit_name"))
        .join(UNIT, UNIT.c.id == SEAT.c.unit_id)
        .where(among(SEAT.c.id, seat_ids))
    )
    return await fetch(connection, statement)


def holds_on(day: date) -> ColumnElement[bool]:
    """Return the condition that a holder's time includes a day."""
    return and_(
        or_(HOLDER.c.valid_from.is_(None), HOLDER.c.valid_from <= day),
        or_(HOLDER.c.valid_to.is_(None), HOLDER.c.valid_to > day),
    )


async def holders_on(connection: AsyncConnection, seat_ids: Iterable[UUID], day: date) -> Rows:
    """Return who holds seats on a day; an acting holder comes before the one acted for."""
    statement = (
        select(HOLDER)
        .where(among(HOLDER.c.seat_id, seat_ids), holds_on(day))
        .order_by(HOLDER.c.seat_id, HOLDER.c.acting.desc(), HOLDER.c.created_at.desc())
    )
    return await fetch(connection, statement)


async def absences(connection: AsyncConnection, seat_ids: Iterable[UUID], day: date) -> Rows:
    """Return the absences of seats' holders that are not over on a day, earliest first, each with its seat."""
    statement = (
        select(ABSENCE, HOLDER.c.seat_id)
        .join(HOLDER, HOLDER.c.id == ABSENCE.c.holder_id)
        .where(
            among(HOLDER.c.seat_id, seat_ids),
            or_(HOLDER.c.valid_to.is_(None), HOLDER.c.valid_to > day),
            or_(ABSENCE.c.until_on.is_(None), and_(ABSENCE.c.until_on > day, ABSENCE.c.until_on > ABSENCE.c.from_on)),
        )
        .order_by(ABSENCE.c.from_on, ABSENCE.c.id)
    )
    return await fetch(connection, statement)


async def absence(connection: AsyncConnection, absence_id: UUID) -> Row[Any] | None:
    """Return an absence with its seat, locked."""
    statement = (
        select(ABSENCE, HOLDER.c.seat_id)
        .join(HOLDER, HOLDER.c.id == ABSENCE.c.holder_id)
        .where(ABSENCE.c.id == absence_id)
        .with_for_update(of=ABSENCE)
    )
    return (await connection.execute(statement)).one_or_none()


async def holders_reached(connection: AsyncConnection, holder: Row[Any], day: date) -> Rows:
    """Return the holders of a day with an address of one, that one among them."""
    same = [
        column == value
        for column, value in ((HOLDER.c.email_index, holder.email_index), (HOLDER.c.phone_index, holder.phone_index))
        if value is not None
    ]
    statement = select(HOLDER).where(or_(HOLDER.c.id == holder.id, *same), holds_on(day)).order_by(HOLDER.c.id)
    return await fetch(connection, statement)
