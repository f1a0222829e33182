"""SQL of recurring reports and of the periods that do not apply."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, RoundKind
from sqlalchemy import Row, Select, Table, Uuid, delete, exists, func, insert, literal, select, tuple_, update
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


def _lower_documents(document_id: UUID) -> Select[UUID]:
    """Select the documents in force right below one."""
    of_it = (PARENT.c.parent_id == document_id, DOCUMENT.c.state == DocumentState.ISSUED)
    return select(DOCUMENT.c.id).join(PARENT, PARENT.c.document_id == DOCUMENT.c.id).where(*of_it)


async def lock_lower_rounds(connection: AsyncConnection, document_id: UUID) -> None:
    """Take the report rounds of the documents right below, before anything of the document itself.

    Whoever sends a report up takes its round and then what it answers: so does who changes what it answers.
    """
    lower = (ROUND.c.document_id.in_(_lower_documents(document_id)), ROUND.c.kind == RoundKind.REPORT)
    query = select(ROUND.c.id).where(*lower).order_by(ROUND.c.id).with_for_update(key_share=True)
    await connection.execute(query)


async def feed_into(
    connection: AsyncConnection,
    document_id: UUID,
    round_id: UUID,
    period: str | None,
    units: Sequence[UUID],
    *,
    sole: bool = False,
) -> None:
    """Tie reports of a period, already open in lower documents of units that owe a round, to that round.

    Those that report into another parent already report into this one as well. `sole`: it is the only report its
    document asks for, so that where one of the two names no period, a lower document without other parents means it.
    """
    lower = _lower_documents(document_id).where(among(DOCUMENT.c.issuer_unit_id, units))
    meant = ROUND.c.period == (period or "")
    if sole:
        other = PARENT.alias("other")
        others = exists().where(other.c.document_id == ROUND.c.document_id, other.c.parent_id != document_id)
        meant |= ~others if period is None else ROUND.c.period.is_(None) & ~others
    fitting = (ROUND.c.document_id.in_(lower), ROUND.c.kind == RoundKind.REPORT, meant)
    of_this_parent = select(ROUND.c.id).where(ROUND.c.document_id == document_id, ROUND.c.dropped_at.is_(None))
    fed_already = exists().where(FEED.c.round_id == ROUND.c.id, FEED.c.into_round_id.in_(of_this_parent))
    further = select(ROUND.c.id, literal(round_id, Uuid)).where(
        *fitting, ROUND.c.reports_into_round_id.not_in(of_this_parent), ~fed_already
    )
    await connection.execute(insert(FEED).from_select(["round_id", "into_round_id"], further))
    first = update(ROUND).where(*fitting, ROUND.c.reports_into_round_id.is_(None))
    await connection.execute(first.values(reports_into_round_id=round_id))


async def release_feeds(connection: AsyncConnection, round_id: UUID, units: Sequence[UUID]) -> None:
    """Untie from a round the reports of units that owe nothing of it any more; what else they answer comes first then.

    Who has answered it stays tied: what it sent may be returned to it.
    """
    theirs = select(DOCUMENT.c.id).where(among(DOCUMENT.c.issuer_unit_id, units))
    rounds = select(ROUND.c.id).where(ROUND.c.document_id.in_(theirs))
    await connection.execute(delete(FEED).where(FEED.c.into_round_id == round_id, FEED.c.round_id.in_(rounds)))
    further = select(FEED.c.into_round_id).where(FEED.c.round_id == ROUND.c.id).order_by(FEED.c.into_round_id).limit(1)
    untied = (
        update(ROUND)
        .where(ROUND.c.reports_into_round_id == round_id, ROUND.c.document_id.in_(theirs))
        .values(reports_into_round_id=further.scalar_subquery())
        .returning(ROUND.c.id, ROUND.c.reports_into_round_id)
    )
    now_first = [tuple(row) for row in await connection.execute(untied)]
    if now_first:
        await connection.execute(delete(FEED).where(tuple_(FEED.c.round_id, FEED.c.into_round_id).in_(now_first)))
