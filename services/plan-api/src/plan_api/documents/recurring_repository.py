"""SQL of recurring reports and of the periods that do not apply."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, RoundKind
from sqlalchemy import Row, Table, Uuid, exists, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents.models import Document, DocumentParent, PeriodExemption, Recurrence, Round, RoundFeed
from plan_api.read.tables import among

DOCUMENT: Table = Document.__table__  # type: ignore[attr-defined]
PARENT: Table = DocumentParent.__table__  # type: ignore[attr-defined]
ROUND: Table = Round.__table__  # type: ignore[attr-defined]
FEED: Table = RoundFeed.__table__  # type: ignore[attr-defined]
RECURRENCE: Table = Recurrence.__table__  # type: ignore[attr-defined]
EXEMPTION: Table = PeriodExemption.__table__  # type: ignore[attr-defined]


async def add_recurrence(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Insert a recurrence."""
    await connection.execute(insert(RECURRENCE), row)


async def lock_recurrence(connection: AsyncConnection, recurrence_id: UUID) -> Row[Any] | None:
    """Return a recurrence, locked: its periods are opened one transaction after the other."""
    query = select(RECURRENCE).where(RECURRENCE.c.id == recurrence_id).with_for_update(key_share=True)
    return (await connection.execute(query)).one_or_none()


async def change_recurrence(connection: AsyncConnection, recurrence_id: UUID, **values: object) -> None:
    """Set columns of a locked recurrence."""
    await connection.execute(update(RECURRENCE).where(RECURRENCE.c.id == recurrence_id).values(**values))


async def recurrences(connection: AsyncConnection, document_id: UUID) -> list[Row[Any]]:
    """Return a document's recurrences in its order."""
    query = select(RECURRENCE).where(RECURRENCE.c.document_id == document_id).order_by(RECURRENCE.c.position)
    return list(await connection.execute(query))


async def add_exemptions(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert exemptions."""
    if rows:
        await connection.execute(insert(EXEMPTION), list(rows))


async def exemptions(connection: AsyncConnection, recurrence_id: UUID, period: str) -> list[Row[Any]]:
    """Return who is exempt from a period of a recurrence."""
    query = select(EXEMPTION).where(EXEMPTION.c.recurrence_id == recurrence_id, EXEMPTION.c.period == period)
    return list(await connection.execute(query))


async def all_exemptions(connection: AsyncConnection, recurrence_ids: Sequence[UUID]) -> list[Row[Any]]:
    """Return the exemptions of some recurrences in the order they were declared."""
    query = select(EXEMPTION).where(among(EXEMPTION.c.recurrence_id, recurrence_ids))
    return list(await connection.execute(query.order_by(EXEMPTION.c.declared_at, EXEMPTION.c.id)))


async def lock_cascade(connection: AsyncConnection, root_id: UUID) -> None:
    """Let the documents of one cascade open their periods one after the other: a report finds what it reports into."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"periods/{root_id}", 0))))


async def feed_into(
    connection: AsyncConnection, document_id: UUID, round_id: UUID, period: str, units: Sequence[UUID]
) -> None:
    """Tie reports of a period, already open in lower documents of units that owe a round, to that round.

    Those that report into another parent already report into this one as well.
    """
    lower = (
        select(DOCUMENT.c.id)
        .join(PARENT, PARENT.c.document_id == DOCUMENT.c.id)
        .where(
            PARENT.c.parent_id == document_id,
            DOCUMENT.c.state == DocumentState.ISSUED,
            among(DOCUMENT.c.issuer_unit_id, units),
        )
    )
    of_period = (ROUND.c.document_id.in_(lower), ROUND.c.kind == RoundKind.REPORT, ROUND.c.period == period)
    of_this_parent = select(ROUND.c.id).where(ROUND.c.document_id == document_id)
    fed_already = exists().where(FEED.c.round_id == ROUND.c.id, FEED.c.into_round_id.in_(of_this_parent))
    further = select(ROUND.c.id, literal(round_id, Uuid)).where(
        *of_period, ROUND.c.reports_into_round_id.not_in(of_this_parent), ~fed_already
    )
    await connection.execute(insert(FEED).from_select(["round_id", "into_round_id"], further))
    first = update(ROUND).where(*of_period, ROUND.c.reports_into_round_id.is_(None))
    await connection.execute(first.values(reports_into_round_id=round_id))
