"""SQL that writes difficulties and their answers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.difficulties.models import Difficulty, DifficultyAnswer

DIFFICULTY: Table = Difficulty.__table__  # type: ignore[attr-defined]
ANSWER: Table = DifficultyAnswer.__table__  # type: ignore[attr-defined]


async def add(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Insert what a unit raised."""
    await connection.execute(insert(DIFFICULTY), row)


async def lock(connection: AsyncConnection, document_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Return what was raised about a document, by id, locked in the order of ids."""
    query = (
        select(DIFFICULTY)
        .where(DIFFICULTY.c.document_id == document_id, DIFFICULTY.c.id.in_(ids))
        .order_by(DIFFICULTY.c.id)
        .with_for_update()
    )
    return {row.id: row for row in await connection.execute(query)}


async def answer(connection: AsyncConnection, row: dict[str, Any], ids: Sequence[UUID]) -> None:
    """Insert an answer and give it to all named."""
    await connection.execute(insert(ANSWER), row)
    await connection.execute(update(DIFFICULTY).where(DIFFICULTY.c.id.in_(ids)).values(answer_id=row["id"]))
