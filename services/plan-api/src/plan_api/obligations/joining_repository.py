"""SQL of units that join a round after its opening."""

from collections.abc import Collection
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.obligations.repository import OBLIGATION
from plan_api.read.tables import among


async def states_in_round(
    connection: AsyncConnection, round_id: UUID, unit_ids: Collection[UUID]
) -> dict[UUID, ObligationState]:
    """Return how what units owe of a round stands, by unit; units that never owed are absent. Locked."""
    query = (
        select(OBLIGATION.c.unit_id, OBLIGATION.c.state)
        .where(OBLIGATION.c.round_id == round_id, among(OBLIGATION.c.unit_id, unit_ids))
        .order_by(OBLIGATION.c.id)
        .with_for_update(key_share=True)
    )
    return {row[0]: ObligationState(row[1]) for row in await connection.execute(query)}


async def reopen(connection: AsyncConnection, round_id: UUID, unit_id: UUID, **values: object) -> None:
    """Ask a unit again for what was withdrawn."""
    await connection.execute(
        update(OBLIGATION)
        .where(OBLIGATION.c.round_id == round_id, OBLIGATION.c.unit_id == unit_id)
        .values(state=ObligationState.OPEN, settled_at=None, row_version=OBLIGATION.c.row_version + 1, **values)
    )
