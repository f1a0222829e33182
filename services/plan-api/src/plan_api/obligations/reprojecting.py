"""Move what units owe when the working calendar moves a round; those with a granted extension keep their own time."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.obligations import repository


async def move_due(
    connection: AsyncConnection, round_id: UUID, was: datetime | None, due_at: datetime, due_on: date
) -> None:
    """Give the unsettled, never extended obligations of a round another due time."""
    await repository.move_due(connection, round_id, was, due_at, due_on)


async def move_ladder(
    connection: AsyncConnection, ladder_id: UUID, to: UUID, parts: Sequence[repository.Part] | None
) -> None:
    """Put who stands on a ladder (those of some due times with or without an extension, if told) on another."""
    await repository.move_ladder(connection, ladder_id, to, parts)
