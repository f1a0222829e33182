"""What an issuer itself owes under the documents it implements."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, RoundKind
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import OBLIGATION, ROUND


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation of the issuer under a parent."""

    obligation_id: UUID
    round_id: UUID
    kind: RoundKind
    period: str | None
    state: ObligationState
    due_at: datetime | None


async def owed_under(connection: AsyncConnection, unit_id: UUID, parents: list[UUID]) -> list[Owed]:
    """Return what a unit owes under some documents, soonest due first."""
    if not parents:
        return []
    query = (
        select(
            OBLIGATION.c.id,
            OBLIGATION.c.round_id,
            ROUND.c.kind,
            ROUND.c.period,
            OBLIGATION.c.state,
            OBLIGATION.c.due_at,
        )
        .join(ROUND, ROUND.c.id == OBLIGATION.c.round_id)
        .where(OBLIGATION.c.unit_id == unit_id, OBLIGATION.c.document_id.in_(parents))
        .order_by(OBLIGATION.c.due_at.nulls_last(), ROUND.c.position)
    )
    return [
        Owed(row[0], row[1], RoundKind(row[2]), row[3], ObligationState(row[4]), row[5])
        for row in await connection.execute(query)
    ]


async def upward_due(connection: AsyncConnection, round_id: UUID, unit_id: UUID) -> datetime | None:
    """Return when a unit itself owes upwards what a round of its document feeds, or None."""
    query = (
        select(OBLIGATION.c.due_at)
        .join(ROUND, ROUND.c.reports_into_round_id == OBLIGATION.c.round_id)
        .where(ROUND.c.id == round_id, OBLIGATION.c.unit_id == unit_id)
    )
    return (await connection.execute(query)).scalar_one_or_none()
