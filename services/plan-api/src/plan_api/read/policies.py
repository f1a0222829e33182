"""How many documents are being chased by which policy version."""

from collections.abc import Collection
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import DOCUMENT, ROUND, among


async def documents_by_policy(connection: AsyncConnection, policy_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many issued documents have an unsettled round of each policy version."""
    query = (
        select(ROUND.c.policy_id, func.count(ROUND.c.document_id.distinct()))
        .join(DOCUMENT, DOCUMENT.c.id == ROUND.c.document_id)
        .where(
            among(ROUND.c.policy_id, policy_ids),
            ROUND.c.settled_at.is_(None),
            DOCUMENT.c.state == DocumentState.ISSUED,
        )
        .group_by(ROUND.c.policy_id)
    )
    return {row[0]: row[1] for row in await connection.execute(query)}
