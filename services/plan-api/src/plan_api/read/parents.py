"""What an issuer itself owes under the documents it implements."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, ObligationState, RoundKind
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.feeds import FEEDS
from plan_api.read.tables import DOCUMENT, OBLIGATION, ROUND, UNIT


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation of the issuer under a parent."""

    obligation_id: UUID
    round_id: UUID
    kind: RoundKind
    period: str | None
    state: ObligationState
    due_at: datetime | None
    document_id: UUID
    needs_acceptance: bool


async def owed_under(connection: AsyncConnection, unit_id: UUID, parents: list[UUID]) -> list[Owed]:
    """Return what a unit owes under some documents, soonest due first; what was withdrawn it owes no more."""
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
            OBLIGATION.c.document_id,
            ROUND.c.needs_acceptance,
        )
        .join(ROUND, ROUND.c.id == OBLIGATION.c.round_id)
        .where(OBLIGATION.c.unit_id == unit_id, OBLIGATION.c.document_id.in_(parents))
        .where(OBLIGATION.c.state != ObligationState.WITHDRAWN)
        .order_by(OBLIGATION.c.due_at.nulls_last(), ROUND.c.position)
    )
    return [
        Owed(row[0], row[1], RoundKind(row[2]), row[3], ObligationState(row[4]), *row[5:])
        for row in await connection.execute(query)
    ]


async def upward_due(connection: AsyncConnection, round_id: UUID, unit_id: UUID) -> datetime | None:
    """Return when a unit itself first owes upwards what a round of its document feeds, or None."""
    query = (
        select(func.min(OBLIGATION.c.due_at))
        .join(FEEDS, FEEDS.c.into_round_id == OBLIGATION.c.round_id)
        .where(FEEDS.c.round_id == round_id, OBLIGATION.c.unit_id == unit_id)
    )
    first: datetime | None = (await connection.execute(query)).scalar_one()
    return first


@dataclass(frozen=True, slots=True)
class Feeding:
    """An unsettled round of a lower document whose consolidation answers a round, with what its issuer owes there."""

    document_id: UUID
    document_title: str
    issuer_unit_id: UUID
    issuer_name: str
    round_id: UUID
    round_title: str
    due_at: datetime
    due_on: date
    owed_due_at: datetime


async def feeding(connection: AsyncConnection, round_id: UUID) -> list[Feeding]:
    """Return the lower rounds in force that report into a round, by issuer."""
    query = (
        select(
            DOCUMENT.c.id,
            DOCUMENT.c.title,
            DOCUMENT.c.issuer_unit_id,
            UNIT.c.name,
            ROUND.c.id,
            ROUND.c.title,
            ROUND.c.due_at,
            ROUND.c.due_on,
            OBLIGATION.c.due_at,
        )
        .join(DOCUMENT, DOCUMENT.c.id == ROUND.c.document_id)
        .join(UNIT, UNIT.c.id == DOCUMENT.c.issuer_unit_id)
        .join(FEEDS, FEEDS.c.round_id == ROUND.c.id)
        .join(
            OBLIGATION,
            (OBLIGATION.c.round_id == FEEDS.c.into_round_id) & (OBLIGATION.c.unit_id == DOCUMENT.c.issuer_unit_id),
        )
        .where(
            FEEDS.c.into_round_id == round_id,
            ROUND.c.settled_at.is_(None),
            ROUND.c.due_at.is_not(None),
            OBLIGATION.c.due_at.is_not(None),
            DOCUMENT.c.state == DocumentState.ISSUED,
        )
        .order_by(UNIT.c.name_sort, ROUND.c.id)
    )
    return [Feeding(*row) for row in await connection.execute(query)]
