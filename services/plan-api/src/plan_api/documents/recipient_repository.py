"""SQL of recipients: kept between versions of a document, and their read receipts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode
from sqlalchemy import ColumnElement, Row, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents.repository import ASSIGNMENT, RECIPIENT
from plan_api.read.tables import among


async def rows(connection: AsyncConnection, document_id: UUID) -> list[Row[Any]]:
    """Return whom a document tells."""
    return list(await connection.execute(select(RECIPIENT).where(RECIPIENT.c.document_id == document_id)))


async def remove(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """Forget recipients a new version does not name."""
    await connection.execute(delete(RECIPIENT).where(among(RECIPIENT.c.id, ids)))


async def change_purpose(connection: AsyncConnection, recipient_id: UUID, purpose: str) -> None:
    """Tell a recipient for another purpose."""
    await connection.execute(update(RECIPIENT).where(RECIPIENT.c.id == recipient_id).values(purpose=purpose))


async def mark_read(
    connection: AsyncConnection, document_id: UUID, unit_ids: Collection[UUID], now: datetime
) -> datetime | None:
    """Record that units have read a document they are told of; return since when they have, None: they are not told.

    The first confirmation stands, also of two at once: the second waits for the row and finds it marked.
    """
    told: list[tuple[Table, ColumnElement[bool]]] = [
        (RECIPIENT, (RECIPIENT.c.document_id == document_id) & among(RECIPIENT.c.unit_id, unit_ids)),
        (
            ASSIGNMENT,
            (ASSIGNMENT.c.document_id == document_id)
            & among(ASSIGNMENT.c.unit_id, unit_ids)
            & (ASSIGNMENT.c.mode == AssignmentMode.INFORMATION),
        ),
    ]
    since: list[datetime] = []
    for table, mine in told:
        await connection.execute(update(table).where(mine, table.c.read_at.is_(None)).values(read_at=now))
        since += (await connection.execute(select(table.c.read_at).where(mine))).scalars()
    return min(since, default=None)
