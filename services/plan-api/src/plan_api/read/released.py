"""What units owed of a document that an amendment has let go of."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import OBLIGATION, among


async def withdrawn(
    connection: AsyncConnection, document_id: UUID, unit_ids: Collection[UUID], at: datetime
) -> dict[UUID, list[UUID]]:
    """Return the obligations of units that were withdrawn at an instant, by unit; every unit is in it."""
    found: dict[UUID, list[UUID]] = {unit_id: [] for unit_id in unit_ids}
    query = select(OBLIGATION.c.unit_id, OBLIGATION.c.id).where(
        OBLIGATION.c.document_id == document_id,
        among(OBLIGATION.c.unit_id, unit_ids),
        OBLIGATION.c.state == ObligationState.WITHDRAWN,
        OBLIGATION.c.settled_at == at,
    )
    for unit_id, obligation_id in await connection.execute(query):
        found[unit_id].append(obligation_id)
    return found
