"""Write down what a transaction changes, row by row, so that it can be taken back while nothing was built on it.

A journal holds ids and the changed columns before and after. Row versions only ever rise: they and `updated_at` are
never restored. Each slice changes its own tables through the journal; taking back restores what was journalled.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, Table, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import insert_many
from plan_api.database import metadata

_VERSION: Final = "row_version"
_NOT_RESTORED: Final = frozenset({_VERSION, "updated_at"})
_MAY_CHANGE: Final = (_VERSION, "valid_to", "revoked_at", "outcome", "accepted_at", "read_at")
"""Columns that tell whether a row that was created has been worked with since."""
_KEYS: Final = {"obligation_receiver": "obligation_id"}
"""Tables without an `id`, whose rows come and go with the row this column names."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row that was changed, or created (`before` is None); values as JSON holds them."""

    table: str
    row_id: UUID
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Watched:
    """Rows looked at before somebody else changes them."""

    table: Table
    rows: dict[UUID, dict[str, Any]]


def plain(value: Any) -> Any:
    """Return a column's value as JSON holds it."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _value(table: Table, name: str, kept: Any) -> Any:
    kind = table.c[name].type
    if kept is None:
        return None
    if isinstance(kind, Uuid):
        return UUID(kept)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(kept)
    return date.fromisoformat(kept) if isinstance(kind, Date) else kept


def _key(table: Table) -> ColumnElement[UUID]:
    return table.c[_KEYS.get(table.name, "id")]


def _among(column: ColumnElement[Any], ids: Sequence[UUID]) -> ColumnElement[bool]:
    return column == any_(bindparam(None, list(ids), type_=ARRAY(Uuid), unique=True))


@dataclass(slots=True)
class Journal:
    """The changes of one transaction, in their order."""

    connection: AsyncConnection
    changes: list[Change] = field(default_factory=list)

    async def update(self, table: Table, where: ColumnElement[bool], values: Mapping[str, Any]) -> list[UUID]:
        """Lock and change rows, raising their version where they have one; return their ids."""
        before = await self._rows(table, where, list(values), lock=True)
        if before:
            version = {_VERSION: table.c[_VERSION] + 1} if _VERSION in table.c else {}
            statement = update(table).where(_among(_key(table), list(before))).values(**values, **version)
            columns = [table.c[name] for name in (*values, *version)]
            changed = await self.connection.execute(statement.returning(_key(table), *columns))
            names = [*values, *version]
            after = {row[0]: dict(zip(names, map(plain, row[1:]), strict=True)) for row in changed}
            self.changes += [Change(table.name, row_id, before[row_id], after[row_id]) for row_id in before]
        return list(before)

    async def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, all with the same keys."""
        await insert_many(self.connection, table, rows)
        key = _KEYS.get(table.name, "id")
        self.changes += [
            Change(table.name, row[key], None, {name: plain(row.get(name)) for name in _MAY_CHANGE if name in table.c})
            for row in rows
        ]

    async def created(self, table: Table, where: ColumnElement[bool]) -> None:
        """Take over rows this transaction has created by other means."""
        names = [name for name in _MAY_CHANGE if name in table.c]
        rows = await self._rows(table, where, names)
        self.changes += [Change(table.name, row_id, None, row) for row_id, row in rows.items()]

    async def watch(self, table: Table, where: ColumnElement[bool], columns: Sequence[str]) -> Watched:
        """Look at rows before somebody else changes them."""
        return Watched(table, await self._rows(table, where, columns))

    async def changed(self, watched: Watched) -> None:
        """Take over what became of the rows looked at."""
        columns = list(next(iter(watched.rows.values()), ()))
        now = await self._rows(watched.table, _among(_key(watched.table), list(watched.rows)), columns)
        self.changes += [
            Change(watched.table.name, row_id, before, now[row_id])
            for row_id, before in watched.rows.items()
            if before != now[row_id]
        ]

    def compact(self) -> list[Change]:
        """Return one change a row: what it was first and is last."""
        merged: dict[tuple[str, UUID], Change] = {}
        for change in self.changes:
            known = merged.get((change.table, change.row_id))
            if known is not None:
                before = None if known.before is None else {**(change.before or {}), **known.before}
                kept = {**known.after, **change.after}
                after = kept if known.before is not None else {name: kept[name] for name in known.after}
                change = Change(change.table, change.row_id, before, after)  # noqa: PLW2901 - the merged one
            merged[change.table, change.row_id] = change
        return list(merged.values())

    async def _rows(
        self, table: Table, where: ColumnElement[bool], columns: Sequence[str], *, lock: bool = False
    ) -> dict[UUID, dict[str, Any]]:
        key = _key(table)
        query = select(key, *(table.c[name] for name in columns)).where(where).order_by(key)
        rows = await self.connection.execute(query.with_for_update(key_share=True) if lock else query)
        return {row[0]: dict(zip(columns, map(plain, row[1:]), strict=True)) for row in rows}


def _by_table(changes: Sequence[Change]) -> dict[Table, list[Change]]:
    tables = metadata().tables
    found: dict[Table, list[Change]] = defaultdict(list)
    for change in changes:
        found[tables[change.table]].append(change)
    return found


async def built_upon(connection: AsyncConnection, changes: Sequence[Change]) -> dict[str, int]:
    """Return how many rows, by table, were changed since or refer to what was created; empty when it can be undone."""
    found: dict[str, int] = defaultdict(int)
    journal = Journal(connection)
    for table, here in _by_table(changes).items():
        told = defaultdict(list)
        for change in here:
            told[tuple(sorted(_telling(table, change)))].append(change)
        for names, alike in told.items():
            now = await journal._rows(table, _among(_key(table), [each.row_id for each in alike]), names, lock=True)
            found[table.name] += sum(
                now.get(each.row_id) != {name: each.after[name] for name in names} for each in alike
            )
    known = {(change.table, change.row_id) for change in changes}
    for table, here in _by_table(changes).items():
        ids = [change.row_id for change in here if change.before is None]
        for referring, column in _references(table) if ids else ():
            query = select(func.count()).select_from(referring).where(_among(referring.c[column], ids))
            own = [row_id for name, row_id in known if name == referring.name]
            others = query.where(~_among(_key(referring), own)) if own else query
            found[referring.name] += (await connection.execute(others)).scalar_one()
    return {name: count for name, count in found.items() if count}


def _telling(table: Table, change: Change) -> set[str]:
    """Return the columns that tell whether a row was worked with: a unit's version rises with its seats, too."""
    names = set(change.after) - {"updated_at"}
    return names - {_VERSION} if table.name == "unit" and change.before is not None else names


def _references(target: Table) -> list[tuple[Table, str]]:
    return [
        (table, key.parent.name)
        for table in metadata().sorted_tables
        for key in table.foreign_keys
        if key.column.table is target
    ]


async def take_back(connection: AsyncConnection, changes: Sequence[Change], now: datetime) -> None:
    """Delete what was created and give what was changed its former columns back, set by set.

    Units go last: what is given back may still name one. All else goes first: it may stand in the place of what is
    given back.
    """
    by_table = _by_table(changes)
    tables = [table for table in reversed(metadata().sorted_tables) if table in by_table]
    for table in tables:
        if table.name != "unit":
            await _delete_created(connection, table, by_table[table])
    for table in tables:
        await _give_back(connection, table, by_table[table], now)
    for table in tables:
        if table.name == "unit":
            await _delete_created(connection, table, by_table[table])


async def _delete_created(connection: AsyncConnection, table: Table, here: Sequence[Change]) -> None:
    created = [change.row_id for change in here if change.before is None]
    if created:
        await connection.execute(delete(table).where(_among(_key(table), created)))


async def _give_back(connection: AsyncConnection, table: Table, here: Sequence[Change], now: datetime) -> None:
    alike: dict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    for change in here:
        if change.before is not None:
            former = {name: value for name, value in change.before.items() if name not in _NOT_RESTORED}
            alike[tuple(sorted(former.items()))].append(change.row_id)
    for former_values, ids in alike.items():
        values: dict[str, Any] = {name: _value(table, name, kept) for name, kept in former_values}
        if _VERSION in table.c:
            values[_VERSION] = table.c[_VERSION] + 1
        if "updated_at" in table.c:
            values["updated_at"] = now
        await connection.execute(update(table).where(_among(_key(table), ids)).values(**values))
