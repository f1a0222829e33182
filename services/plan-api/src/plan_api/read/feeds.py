"""What the consolidation of a round answers: rounds of its document's parents, and what a unit owes there."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import OBLIGATION, ROUND, ROUND_FEED

FEEDS = (
    select(ROUND.c.id.label("round_id"), ROUND.c.reports_into_round_id.label("into_round_id"))
    .where(ROUND.c.reports_into_round_id.is_not(None))
    .union_all(select(ROUND_FEED.c.round_id, ROUND_FEED.c.into_round_id))
    .subquery("feeds")
)
"""Pairs of a round and one it reports into: the first stands with the round, further ones in a table of their own."""


async def upward_obligations(connection: AsyncConnection, round_id: UUID, unit_id: UUID) -> list[UUID]:
    """Return what a unit owes of the rounds a round reports into, by round: the order in which they are locked."""
    query = (
        select(OBLIGATION.c.id)
        .join(FEEDS, FEEDS.c.into_round_id == OBLIGATION.c.round_id)
        .where(FEEDS.c.round_id == round_id, OBLIGATION.c.unit_id == unit_id)
        .order_by(OBLIGATION.c.round_id)
    )
    return list((await connection.execute(query)).scalars())


async def further_feeds(connection: AsyncConnection, document_id: UUID) -> dict[UUID, list[UUID]]:
    """Return what rounds of a document report into beside the first, by round."""
    query = (
        select(ROUND_FEED.c.round_id, ROUND_FEED.c.into_round_id)
        .join(ROUND, ROUND.c.id == ROUND_FEED.c.round_id)
        .where(ROUND.c.document_id == document_id)
        .order_by(ROUND_FEED.c.into_round_id)
    )
    found: dict[UUID, list[UUID]] = {}
    for round_id, into_round_id in await connection.execute(query):
        found.setdefault(round_id, []).append(into_round_id)
    return found
