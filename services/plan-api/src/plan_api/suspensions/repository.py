"""SQL of unit suspensions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import among
from plan_api.suspensions.models import UnitSuspension

SUSPENSION: Table = UnitSuspension.__table__  # type: ignore[attr-defined]


async def add(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert suspensions; a second open one of a unit raises IntegrityError."""
    await connection.execute(insert(SUSPENSION), list(rows))


async def open_of(connection: AsyncConnection, unit_ids: Collection[UUID]) -> set[UUID]:
    """Return which of some units are suspended now."""
    query = select(SUSPENSION.c.unit_id).where(among(SUSPENSION.c.unit_id, unit_ids), SUSPENSION.c.until_at.is_(None))
    return set((await connection.execute(query)).scalars())


async def lock_open(connection: AsyncConnection, unit_id: UUID) -> list[Row[Any]]:
    """Return the open suspensions of a unit, and those ordered with it of units under it, locked, by unit."""
    query = (
        select(SUSPENSION)
        .where(or_(SUSPENSION.c.unit_id == unit_id, SUSPENSION.c.named_unit_id == unit_id))
        .where(SUSPENSION.c.until_at.is_(None))
        .order_by(SUSPENSION.c.unit_id)
        .with_for_update(key_share=True)
    )
    return list(await connection.execute(query))


async def end(
    connection: AsyncConnection, ids: Collection[UUID], now: datetime, reason: str, account_id: UUID | None
) -> None:
    """Close locked suspensions."""
    await connection.execute(
        update(SUSPENSION)
        .where(among(SUSPENSION.c.id, ids))
        .values(until_at=now, resume_reason=reason, resumed_by=account_id)
    )


async def page(connection: AsyncConnection, unit_id: UUID, before: UUID | None, limit: int) -> list[Row[Any]]:
    """Return the suspensions of a unit, the newest first."""
    query = select(SUSPENSION).where(SUSPENSION.c.unit_id == unit_id).order_by(SUSPENSION.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(SUSPENSION.c.id < before)
    return list(await connection.execute(query))
