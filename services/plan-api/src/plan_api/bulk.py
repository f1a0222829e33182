"""Insert many rows fast, in chunks that let other requests of the process go on."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Insert, Select, Table, TextClause, bindparam, insert, literal_column, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK = 2_000
FEW = 200
"""Up to so many rows one prepared statement with an array a column is faster: a copy takes three round trips."""

Rows = tuple[Table, Sequence[Mapping[str, Any]]]
"""A table and rows for it, all with the same keys."""


def _records(rows: Sequence[Mapping[str, Any]], names: Sequence[str], as_json: frozenset[str]) -> list[tuple[Any, ...]]:
    return [
        tuple(
            json.dumps(row[name], ensure_ascii=False) if name in as_json and row[name] is not None else row[name]
            for name in names
        )
        for row in rows
    ]


@lru_cache(maxsize=500)
def _from_arrays(table: Table, names: tuple[str, ...]) -> TextClause | None:
    """Return an insert whose parameters `c0`, `c1`, … are arrays, one a column; None where a column is one itself."""
    types = [table.c[name].type for name in names]
    if any(isinstance(each, ARRAY) for each in types):
        return None
    compiled = [each.compile(dialect=postgresql.dialect()) for each in types]  # type: ignore[no-untyped-call]
    given = (f"cast(:c{place} as {'text' if each == 'JSONB' else each}[])" for place, each in enumerate(compiled))
    taken = (f"c{place}::jsonb" if each == "JSONB" else f"c{place}" for place, each in enumerate(compiled))
    columns = ", ".join(f"c{place}" for place in range(len(names)))
    return text(
        f"insert into {table.name} ({', '.join(names)}) select {', '.join(taken)}"
        f" from unnest({', '.join(given)}) as given({columns})"
    )


async def insert_many(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows (all with the same keys) into a table within the connection's transaction; return how many."""
    if not rows:
        return 0
    names = tuple(rows[0])
    as_json = frozenset(name for name in names if isinstance(table.c[name].type, JSONB))
    statement = _from_arrays(table, names) if len(rows) <= FEW else None
    if statement is None:
        await _copy(connection, table, rows, names, as_json)
    else:
        columns = zip(*_records(rows, names, as_json), strict=True)
        await connection.execute(statement, {f"c{place}": list(column) for place, column in enumerate(columns)})
    return len(rows)


async def _copy(
    connection: AsyncConnection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    as_json: frozenset[str],
) -> None:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver
    for start in range(0, len(rows), CHUNK):
        records = _records(rows[start : start + CHUNK], names, as_json)
        await driver.copy_records_to_table(table.name, records=records, columns=names)
        await asyncio.sleep(0)


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterable[list[Any]]:
    """Yield lists of at most `size` items."""
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def parameter(table: Table, column: str, number: int = 0) -> str:
    """Return the name of the parameter that stands for a column of one of the rows of a prepared insert."""
    return f"{table.name}_{column}_{number}"


def prepared_insert(table: Table, columns: Sequence[str], number: int = 0) -> Insert:
    """Return an insert of one row whose values are named parameters: built once, it costs nothing to build again.

    One row only: SQLAlchemy compiles an insert of several rows anew at every execution.
    """
    return insert(table).values(
        {column: bindparam(parameter(table, column, number), type_=table.c[column].type) for column in columns}
    )


def prepared_values(table: Table, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the values of a prepared insert's parameters."""
    return {parameter(table, name, number): value for number, row in enumerate(rows) for name, value in row.items()}


@lru_cache(maxsize=500)
def _together(shape: tuple[tuple[Table, tuple[str, ...], int], ...]) -> Select[Any]:
    parts = [
        prepared_insert(table, columns, number).cte(f"into_{table.name}_{number}")
        for table, columns, rows in shape
        for number in range(rows)
    ]
    return select(literal_column("1")).add_cte(*parts)


async def insert_together(connection: AsyncConnection, *parts: Rows) -> None:
    """Insert a few rows into several tables in one statement: a round trip costs more than the rows."""
    filled = [(table, rows) for table, rows in parts if rows]
    if filled:
        statement = _together(tuple((table, tuple(rows[0]), len(rows)) for table, rows in filled))
        values = {name: value for table, rows in filled for name, value in prepared_values(table, rows).items()}
        await connection.execute(statement, values)
