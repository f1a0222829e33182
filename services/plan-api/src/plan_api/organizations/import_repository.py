"""SQL of imports: runs and their progress, what a chunk names, writing a chunk's changes, and what they were before."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import LineKind, SeatRole
from sqlalchemy import Row as DatabaseRow
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import chunks, insert_many
from plan_api.organizations.import_plan import Changes, NewLine, Row, Stored
from plan_api.organizations.models import ImportChange, ImportRun
from plan_api.organizations.repository import CODE, HOLDER, LINE, SEAT, UNIT, among, fetch

RUN: Final = ImportRun.__table__  # type: ignore[attr-defined]
CHANGE: Final = ImportChange.__table__  # type: ignore[attr-defined]
EDITABLE: Final = ("kind", "name", "short_name", "name_folded", "name_sort")


async def run(connection: AsyncConnection, run_id: UUID, *, lock: bool = False) -> DatabaseRow[Any] | None:
    """Return an import."""
    statement = select(RUN).where(RUN.c.id == run_id)
    return (await connection.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def runs(connection: AsyncConnection, limit: int) -> Sequence[DatabaseRow[Any]]:
    """Return the latest imports, newest first."""
    return await fetch(connection, select(RUN).order_by(RUN.c.started_at.desc(), RUN.c.id.desc()).limit(limit))


async def begin_run(connection: AsyncConnection, values: Row, *, alone: bool) -> None:
    """Write a run that begins, over one of the same id that failed.

    `alone` says that it holds the lock: what is still called running was left by a process that died.
    """
    if alone:
        stale = update(RUN).where(RUN.c.state == "running", RUN.c.options["mode"].astext == "apply")
        await connection.execute(stale.values(state="failed", finished_at=values["started_at"]))
    changes = {name: value for name, value in values.items() if name != "id"}
    await connection.execute(upsert(RUN).values(values).on_conflict_do_update(index_elements=[RUN.c.id], set_=changes))


async def update_run(connection: AsyncConnection, run_id: UUID, **values: object) -> None:
    """Change a run's state or counts."""
    await connection.execute(update(RUN).where(RUN.c.id == run_id).values(**values))


async def stored(connection: AsyncConnection, unit_ids: Sequence[UUID], *, lock: bool) -> Stored:
    """Return what is stored of units, locking them against other edits when changes will be written."""
    units = select(UNIT).where(among(UNIT.c.id, unit_ids)).order_by(UNIT.c.id)
    unit_rows = await fetch(connection, units.with_for_update(key_share=True) if lock else units)
    lines = select(LINE).where(among(LINE.c.subordinate_id, unit_ids), LINE.c.valid_to.is_(None))
    seats = select(SEAT).where(among(SEAT.c.unit_id, unit_ids), SEAT.c.position == 1)
    seat_rows = await fetch(connection, seats)
    holders = select(HOLDER).where(
        among(HOLDER.c.seat_id, [row.id for row in seat_rows]), HOLDER.c.valid_to.is_(None), HOLDER.c.acting.is_(False)
    )
    return Stored(
        units={row.id: row for row in unit_rows},
        lines={(row.subordinate_id, LineKind(row.kind)): row for row in await fetch(connection, lines)},
        seats={(row.unit_id, SeatRole(row.role)): row for row in seat_rows},
        holders={row.seat_id: row for row in await fetch(connection, holders)},
    )


async def write(
    connection: AsyncConnection, run_id: UUID, changes: Changes, before: Stored, now: datetime, today: date
) -> None:
    """Write a chunk's changes but for its new lines, whose superiors may come in a later chunk."""
    await _end(connection, LINE, changes.ended_lines, today)
    await _end(connection, HOLDER, changes.ended_holders, today)
    await _edit_units(connection, changes, before, now)
    for table, rows in ((UNIT, changes.units), (CODE, changes.codes), (SEAT, changes.seats), (HOLDER, changes.holders)):
        await insert_many(connection, table, rows)
    await insert_many(connection, CHANGE, _change_rows(run_id, changes, before))


async def _end(connection: AsyncConnection, table: Any, ids: Sequence[UUID], today: date) -> None:
    if ids:
        await connection.execute(update(table).where(among(table.c.id, ids)).values(valid_to=today))


async def _edit_units(connection: AsyncConnection, changes: Changes, before: Stored, now: datetime) -> None:
    if not changes.changed:
        return
    statement = (
        update(UNIT)
        .where(UNIT.c.id == bindparam("unit"))
        .values({name: bindparam(f"new_{name}") for name in EDITABLE})
        .values(row_version=UNIT.c.row_version + 1, updated_at=now)
    )
    rows = []
    for unit_id, edits in changes.changed.items():
        stored_unit = before.units[unit_id]._mapping
        rows.append({"unit": unit_id} | {f"new_{name}": edits.get(name, stored_unit[name]) for name in EDITABLE})
    await connection.execute(statement, rows)


def _change_rows(run_id: UUID, changes: Changes, before: Stored) -> list[Row]:
    """Return what undoing needs: a created unit as one row, of a stored one each row added, ended or edited."""

    def change(unit_id: UUID, table: str, row_id: UUID, old: Row | None, new: Row | None) -> Row:
        return {
            "id": new_id(),
            "run_id": run_id,
            "row_number": changes.row_numbers.get(unit_id, 0),
            "table_name": table,
            "row_id": row_id,
            "before": old,
            "after": new,
        }

    rows = [change(row["id"], "unit", row["id"], None, {"row_version": 1}) for row in changes.units]
    for unit_id in changes.changed:
        old = before.units[unit_id]._mapping
        columns = {name: old[name] for name in (*EDITABLE, "row_version")}
        rows.append(change(unit_id, "unit", unit_id, columns, {"row_version": old["row_version"] + 1}))
    unit_of_line = {row.id: unit for (unit, _), row in before.lines.items()}
    unit_of_seat = {row.id: unit for (unit, _), row in before.seats.items()}
    unit_of_seat |= {row["id"]: row["unit_id"] for row in changes.seats}
    unit_of_holder = {row.id: unit_of_seat[seat] for seat, row in before.holders.items()}
    ended: Row = {"valid_to": None}
    rows += [change(unit_of_line[line], "supervision_line", line, ended, {}) for line in changes.ended_lines]
    rows += [change(unit_of_holder[holder], "holder", holder, ended, {}) for holder in changes.ended_holders]
    kept = changes.changed
    rows += [
        change(line.subordinate_id, "supervision_line", line.id, None, {})
        for line in changes.lines
        if line.subordinate_id in kept
    ]
    rows += [change(row["unit_id"], "seat", row["id"], None, {}) for row in changes.seats if row["unit_id"] in kept]
    for row in changes.holders:
        unit_id = unit_of_seat[row["seat_id"]]
        if unit_id in kept:
            rows.append(change(unit_id, "holder", row["id"], None, {}))
    return rows


async def write_lines(connection: AsyncConnection, lines: Iterable[NewLine], today: date) -> None:
    """Write all new lines of an import, once every unit of it is there."""
    for some in chunks(lines):
        rows = [line._asdict() | {"kind": line.kind.value, "valid_from": today, "valid_to": None} for line in some]
        await insert_many(connection, LINE, rows)
