"""Import a file of units: read it, compare it with what is stored, and write the differences in one transaction.

Rows are matched by (code system, code). A refused row changes nothing and does not hold up the others, but rows that
name it as their superior are refused as well. One import is applied at a time; its progress is written on a connection
of its own, so that it can be watched. A preview goes the same way and writes nothing.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from cascade_contracts.ids import new_id

from plan_api.auth import service as auth
from plan_api.organizations import import_repository, repository
from plan_api.organizations.errors import ImportExists, ImportRunning
from plan_api.organizations.import_lines import Line, Lines, possible_pairs
from plan_api.organizations.import_plan import Changes, NewLine, Planner, Row
from plan_api.organizations.import_rows import Entry, Pair, RefusedRow, read_entries
from plan_api.organizations.schemas import ImportReport
from plan_api.organizations.sheets import Sheet, open_sheet
from plan_api.requests import Act
from plan_api.rules.calendar import local_date
from plan_api.services import Services

CHUNK: Final = 1_000
REFUSALS_KEPT: Final = 1_000


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """A file to import. `run_id` is chosen by the client, who can watch the run by it, or derived from the request."""

    run_id: UUID
    file_name: str
    content: bytes
    preview: bool
    default_system: str | None = None


@dataclass(slots=True)
class _Run:
    """An import under way."""

    doing: Act
    order: ImportOrder
    planner: Planner
    options: Row = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)
    new_lines: list[NewLine] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            (
                "rows",
                "done",
                "refused",
                "units_created",
                "units_changed",
                "units_unchanged",
                "lines_set",
                "seats_created",
                "holders_set",
            ),
            0,
        )
    )


async def run_import(doing: Act, order: ImportOrder) -> ImportReport:
    """Preview or apply a file and return the report.

    Raises:
        FileUnreadable: it is no table of units.
        ImportRunning: another import is being applied.
        ImportExists: a run of this id was made before.
    """
    if not order.preview and not await repository.try_lock_lines(doing.connection):
        raise ImportRunning
    earlier = await import_repository.run(doing.connection, order.run_id)
    if earlier is not None and earlier.state in {"done", "undone"}:
        raise ImportExists(run=order.run_id)
    sheet = await asyncio.to_thread(open_sheet, order.content)
    planner = Planner(doing.now, local_date(doing.now), doing.services.cipher)
    run = _Run(doing, order, planner, options=_options(order, sheet))
    await _begin(run)
    try:
        entries = await asyncio.to_thread(_read, run, sheet)
        await _carry_out(run, entries)
    except BaseException:
        await _note(doing.services, order.run_id, state="failed", finished_at=doing.services.clock.now())
        raise
    return await _finish(run)


def _options(order: ImportOrder, sheet: Sheet) -> Row:
    return {
        "mode": "preview" if order.preview else "apply",
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
        "ignored_columns": list(sheet.header.ignored),
    }


def _read(run: _Run, sheet: Sheet) -> list[Entry]:
    entries: list[Entry] = []
    for item in read_entries(sheet, run.order.default_system):
        run.counts["rows"] += 1
        if isinstance(item, Entry):
            entries.append(item)
        else:
            run.refused.append(item)
    return entries


async def _carry_out(run: _Run, entries: list[Entry]) -> None:
    connection = run.doing.connection
    pairs = {entry.pair for entry in entries}
    stored = await repository.units_by_code(connection, pairs | possible_pairs(entries))
    entries = _complete(run, entries, stored)
    ids = {entry.pair: stored.get(entry.pair) or new_id() for entry in entries}
    current = await repository.current_lines(connection)
    refused_pairs = {refusal.pair for refusal in run.refused if refusal.pair is not None}
    lines = Lines(ids, stored, pairs | refused_pairs)
    entries = await asyncio.to_thread(lines.settle, entries, current)
    run.refused += lines.refused
    for start in range(0, len(entries), CHUNK):
        await _chunk(run, entries[start : start + CHUNK], ids, lines.wanted, set(stored.values()))
        await _progress(run, start)
    if not run.order.preview:
        await import_repository.write_lines(connection, run.new_lines, run.planner.today)


def _complete(run: _Run, entries: list[Entry], stored: dict[Pair, UUID]) -> list[Entry]:
    """Refuse rows that would create a unit without a name or kind."""
    complete: list[Entry] = []
    for entry in entries:
        missing = next((what for what in ("name", "kind") if getattr(entry, what) is None), None)
        if missing and entry.pair not in stored:
            run.refused.append(RefusedRow(entry.row, missing, "required", pair=entry.pair))
        else:
            complete.append(entry)
    return complete


async def _chunk(
    run: _Run, entries: Sequence[Entry], ids: dict[Pair, UUID], wanted: dict[Line, UUID], known: set[UUID]
) -> None:
    connection, preview = run.doing.connection, run.order.preview
    unit_ids = [unit for entry in entries if (unit := ids[entry.pair]) in known]
    before = await import_repository.stored(connection, unit_ids, lock=not preview)
    changes = await asyncio.to_thread(run.planner.plan, entries, ids, wanted, before)
    _count(run.counts, changes, len(entries))
    if preview:
        return
    await import_repository.write(connection, run.order.run_id, changes, before, run.doing.now, run.planner.today)
    await auth.revoke_links_of_seats(connection, changes.handed_over, run.doing.now)
    run.new_lines += changes.lines


def _count(counts: dict[str, int], changes: Changes, entries: int) -> None:
    counts["done"] += entries
    counts["units_created"] += len(changes.units)
    counts["units_changed"] += len(changes.changed)
    counts["units_unchanged"] += changes.unchanged
    counts["lines_set"] += len(changes.lines)
    counts["seats_created"] += len(changes.seats)
    counts["holders_set"] += len(changes.holders)


# --- the run, as others see it ---


async def _begin(run: _Run) -> None:
    doing, order = run.doing, run.order
    values = {
        "id": order.run_id,
        "file_name": order.file_name[:255],
        "file_sha256": hashlib.sha256(order.content).hexdigest(),
        "options": run.options,
        "state": "running",
        "counts": dict(run.counts),
        "started_at": doing.now,
        "finished_at": None,
        "undone_at": None,
        "account_id": doing.caller.account_id,
    }
    async with doing.services.engine.begin() as aside:
        await import_repository.begin_run(aside, values, alone=not order.preview)


async def _note(services: Services, run_id: UUID, **values: object) -> None:
    async with services.engine.begin() as aside:
        await import_repository.update_run(aside, run_id, **values)


async def _progress(run: _Run, start: int) -> None:
    if start:
        await _note(run.doing.services, run.order.run_id, counts=dict(run.counts))


async def _finish(run: _Run) -> ImportReport:
    doing, order = run.doing, run.order
    run.refused.sort(key=lambda refusal: refusal.row)
    run.counts["refused"] = len(run.refused)
    run.counts["done"] = run.counts["rows"]
    counts: dict[str, Any] = {
        **run.counts,
        "refusals": [_refusal(refusal) for refusal in run.refused[:REFUSALS_KEPT]],
        "refusals_left_out": max(0, len(run.refused) - REFUSALS_KEPT),
    }
    finished = {"state": "done", "counts": counts, "finished_at": doing.services.clock.now()}
    await import_repository.update_run(doing.connection, order.run_id, **finished)
    if not order.preview:
        doing.record("import_units", "import", order.run_id, file=order.file_name, **run.counts)
    row = await import_repository.run(doing.connection, order.run_id)
    return ImportReport.of(row)


def _refusal(refusal: RefusedRow) -> Row:
    vi, en = refusal.sentences()
    return {
        "row": refusal.row,
        "column": refusal.column,
        "code": refusal.code,
        "value": refusal.value,
        "message": {"vi": vi, "en": en},
    }
