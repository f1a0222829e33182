"""SQL of calendar overrides."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar.models import CalendarOverride
from plan_api.read.tables import CALENDAR_LOCK

OVERRIDE: Table = CalendarOverride.__table__  # type: ignore[attr-defined]


async def stamp(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """Return what changes whenever the overrides do."""
    count, newest = (await connection.execute(select(func.count(), func.max(OVERRIDE.c.created_at)))).one()
    return count, newest


async def overrides(connection: AsyncConnection, first: date | None = None, last: date | None = None) -> list[Row[Any]]:
    """Return overrides from a day to a day, both included, by day."""
    statement = select(OVERRIDE).order_by(OVERRIDE.c.on_date)
    if first is not None:
        statement = statement.where(OVERRIDE.c.on_date >= first)
    if last is not None:
        statement = statement.where(OVERRIDE.c.on_date <= last)
    return list((await connection.execute(statement)).all())


async def put(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or replace overrides, one a day."""
    statement = upsert(OVERRIDE).values(list(rows))
    replaced = {column.name: statement.excluded[column.name] for column in OVERRIDE.c if not column.primary_key}
    await connection.execute(statement.on_conflict_do_update(index_elements=[OVERRIDE.c.on_date], set_=replaced))


async def remove(connection: AsyncConnection, on_date: date) -> None:
    """Delete the override of a day."""
    await connection.execute(delete(OVERRIDE).where(OVERRIDE.c.on_date == on_date))


async def hold_for_change(connection: AsyncConnection) -> None:
    """Wait for issues under way and keep later ones waiting until the transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock(CALENDAR_LOCK)))


async def hold_still(connection: AsyncConnection) -> None:
    """Keep the calendar as it is until the transaction ends."""
    await connection.execute(select(func.pg_advisory_xact_lock_shared(CALENDAR_LOCK)))
