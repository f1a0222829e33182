"""The opened periods of a document's recurring reports: when they are due, announced, and by how many owed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, StepKind
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import LADDER_STEP, OBLIGATION, RECURRENCE, ROUND


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """One opened period."""

    recurrence_id: UUID
    period: str
    round_id: UUID
    title: str
    due_at: datetime | None
    due_on: date | None
    settled_at: datetime | None
    announced_at: datetime | None
    owed: int
    exempt: int


async def periods_of(connection: AsyncConnection, document_id: UUID) -> list[PeriodFacts]:
    """Return the opened periods of a document's recurring reports, in the order they were opened."""
    announced = (
        select(func.min(LADDER_STEP.c.fire_at))
        .where(LADDER_STEP.c.round_id == ROUND.c.id, LADDER_STEP.c.kind == StepKind.ANNOUNCE)
        .scalar_subquery()
    )
    exempt = OBLIGATION.c.state == ObligationState.NOT_APPLICABLE
    counts = (
        select(
            OBLIGATION.c.round_id,
            func.count().filter(~exempt).label("owed"),
            func.count().filter(exempt).label("exempt"),
        )
        .where(OBLIGATION.c.document_id == document_id)
        .group_by(OBLIGATION.c.round_id)
        .subquery()
    )
    r = ROUND.c
    query = (
        select(
            r.recurrence_id,
            r.period,
            r.id,
            r.title,
            r.due_at,
            r.due_on,
            r.settled_at,
            announced,
            func.coalesce(counts.c.owed, 0),
            func.coalesce(counts.c.exempt, 0),
        )
        .outerjoin(counts, counts.c.round_id == r.id)
        .where(r.document_id == document_id, r.recurrence_id.is_not(None))
        .order_by(r.position)
    )
    return [PeriodFacts(*tuple(row)) for row in await connection.execute(query)]


async def next_openings(connection: AsyncConnection, document_id: UUID) -> list[tuple[UUID, datetime]]:
    """Return (recurrence, instant) of what a document's recurring reports have still to open, soonest first."""
    query = (
        select(RECURRENCE.c.id, RECURRENCE.c.next_opens_at)
        .where(RECURRENCE.c.document_id == document_id, RECURRENCE.c.next_opens_at.is_not(None))
        .order_by(RECURRENCE.c.next_opens_at, RECURRENCE.c.id)
    )
    return [(row[0], row[1]) for row in await connection.execute(query)]
