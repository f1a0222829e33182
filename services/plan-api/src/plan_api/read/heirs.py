"""Who speaks by now for a unit that has ended: its successor, along any chain of reorganisations."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import SUCCESSION, UNIT, among


async def heirs_of(connection: AsyncConnection, unit_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return who speaks for units by now: themselves or, once ended, the first successor, along any chain."""
    speaks = {unit_id: unit_id for unit_id in unit_ids}
    while True:
        query = (
            select(SUCCESSION.c.predecessor_id, SUCCESSION.c.successor_id)
            .join(UNIT, UNIT.c.id == SUCCESSION.c.predecessor_id)
            .where(among(SUCCESSION.c.predecessor_id, set(speaks.values())), UNIT.c.valid_to.is_not(None))
            .ext(distinct_on(SUCCESSION.c.predecessor_id))
            .order_by(SUCCESSION.c.predecessor_id, SUCCESSION.c.id)
        )
        heirs = {row[0]: row[1] for row in await connection.execute(query)}
        if not heirs:
            return speaks
        speaks = {unit_id: heirs.get(speaker, speaker) for unit_id, speaker in speaks.items()}


async def heir_of(connection: AsyncConnection, unit_id: UUID) -> UUID:
    """Return who speaks for one unit by now."""
    return (await heirs_of(connection, [unit_id]))[unit_id]
