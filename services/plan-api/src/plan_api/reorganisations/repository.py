"""SQL of reorganisations and their journal."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from sqlalchemy import Row, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import insert_many
from plan_api.journal import Change
from plan_api.reorganisations.models import Reorganisation, ReorganisationChange

REORGANISATION: Table = Reorganisation.__table__  # type: ignore[attr-defined]
CHANGE: Table = ReorganisationChange.__table__  # type: ignore[attr-defined]


async def add(connection: AsyncConnection, row: dict[str, Any], changes: Sequence[Change]) -> None:
    """Insert a reorganisation and what it changed."""
    await connection.execute(insert(REORGANISATION), row)
    await insert_many(
        connection,
        CHANGE,
        [
            {
                "id": new_id(),
                "reorganisation_id": row["id"],
                "table_name": change.table,
                "row_id": change.row_id,
                "before": change.before,
                "after": change.after,
            }
            for change in changes
        ],
    )


async def one(connection: AsyncConnection, reorganisation_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """Return a reorganisation, locked on demand."""
    query = select(REORGANISATION).where(REORGANISATION.c.id == reorganisation_id)
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def page(connection: AsyncConnection, before: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Return reorganisations, the newest first, from before one of them on."""
    query = select(REORGANISATION).order_by(REORGANISATION.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(REORGANISATION.c.id < before)
    return (await connection.execute(query)).all()


async def changes_of(connection: AsyncConnection, reorganisation_id: UUID) -> list[Change]:
    """Return what a reorganisation changed."""
    query = select(CHANGE.c.table_name, CHANGE.c.row_id, CHANGE.c.before, CHANGE.c.after)
    rows = await connection.execute(query.where(CHANGE.c.reorganisation_id == reorganisation_id).order_by(CHANGE.c.id))
    return [Change(*row) for row in rows]


async def mark(connection: AsyncConnection, reorganisation_id: UUID, **values: object) -> None:
    """Set columns of a reorganisation."""
    await connection.execute(update(REORGANISATION).where(REORGANISATION.c.id == reorganisation_id).values(**values))
