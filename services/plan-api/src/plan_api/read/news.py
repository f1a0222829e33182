"""What news tells at an instant, and whether it may still be told. News is what is told without a ladder."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import NewsItem, NewsSection
from cascade_contracts.vocabulary import DocumentState, NewsKind, NewsPart, NoticeState, ObligationState
from sqlalchemy import Row, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.notices import ITEMS
from plan_api.read.tables import DOCUMENT, HOLDER, NOTICE, OBLIGATION, ROUND, SEAT, SUSPENSION, UNIT, among, holding

UNSETTLED = (ObligationState.OPEN, ObligationState.SUBMITTED)
_HEARD = (NoticeState.DELIVERED, NoticeState.UNKNOWN)


async def standing(connection: AsyncConnection, batch: Row[Any], notice_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """Return for each notice of a batch of news why it must not be sent any more, or None; what is absent is held."""
    if batch.news_closed_at is not None:
        return dict.fromkeys(notice_ids, batch.news_why)
    if batch.document_id is not None:
        suspended = exists().where(SUSPENSION.c.document_id == DOCUMENT.c.id, SUSPENSION.c.until_at.is_(None))
        query = select(DOCUMENT.c.state, suspended).where(DOCUMENT.c.id == batch.document_id)
        state, held = (await connection.execute(query)).one()
        if state != DocumentState.ISSUED:
            return dict.fromkeys(notice_ids, "recalled")
        if held:
            return {}
    if batch.kind == NewsKind.REORGANISATION_UNDONE:
        return await _after(connection, notice_ids)
    return dict.fromkeys(notice_ids, None)


async def _after(connection: AsyncConnection, notice_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """Take something back from those who heard of it; from whom it was kept, this is kept as well."""
    former = {UUID(kept["after"]): notice_id for notice_id, kept in (await contents(connection, notice_ids)).items()}
    query = select(NOTICE.c.id, NOTICE.c.state).where(among(NOTICE.c.id, former))
    return {
        former[row.id]: None if row.state in _HEARD else "never_told"
        for row in await connection.execute(query)
        if row.state != NoticeState.PENDING
    }


async def contents(connection: AsyncConnection, notice_ids: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Return what notices of news tell their seat, as kept."""
    query = select(NOTICE.c.id, NOTICE.c.content).where(among(NOTICE.c.id, notice_ids))
    return {row.id: row.content or {} for row in await connection.execute(query)}


async def told_seats(connection: AsyncConnection, batch_id: UUID) -> list[Row[Any]]:
    """Return (id, seat_id, unit_id) of a batch's notices to seats there still are."""
    query = select(NOTICE.c.id, NOTICE.c.seat_id, NOTICE.c.unit_id).join(SEAT, SEAT.c.id == NOTICE.c.seat_id)
    return list(await connection.execute(query.where(NOTICE.c.batch_id == batch_id).order_by(NOTICE.c.id)))


async def held_seats(
    connection: AsyncConnection, unit_ids: Collection[UUID], on: date, ended: Collection[UUID] = ()
) -> list[Row[Any]]:
    """Return the seats of units that somebody holds on a day, each person once a unit: with unit, holder, `leaves`.

    `ended` are persons whose time ended with their unit: they count as well, and `leaves` says so.
    """
    leaves = among(HOLDER.c.id, ended)
    person = HOLDER.c.email_index
    query = (
        select(
            SEAT.c.id.label("seat_id"),
            SEAT.c.title,
            SEAT.c.unit_id,
            UNIT.c.name.label("unit_name"),
            HOLDER.c.id.label("holder_id"),
            person,
            leaves.label("leaves"),
        )
        .join(UNIT, UNIT.c.id == SEAT.c.unit_id)
        .join(HOLDER, HOLDER.c.seat_id == SEAT.c.id)
        .where(among(SEAT.c.unit_id, unit_ids), holding(on) | leaves)
        .order_by(UNIT.c.name_sort, SEAT.c.unit_id, SEAT.c.role, SEAT.c.position, HOLDER.c.acting.desc(), HOLDER.c.id)
    )
    found: dict[tuple[UUID, Any], Row[Any]] = {}
    seats: set[UUID] = set()
    for row in await connection.execute(query):
        if row.seat_id not in seats:
            found.setdefault((row.unit_id, row.email_index or row.holder_id), row)
        seats.add(row.seat_id)
    return list(found.values())


async def owed_items(
    connection: AsyncConnection, part: NewsPart, obligation_ids: Mapping[UUID, Sequence[str]], *, unsettled: bool
) -> list[NewsSection]:
    """Return the part that lists obligations, each with where it went; no part when there is nothing to list."""
    query = (
        select(
            OBLIGATION.c.id,
            OBLIGATION.c.due_on,
            UNIT.c.name,
            ROUND.c.title,
            DOCUMENT.c.number,
            DOCUMENT.c.notation,
            DOCUMENT.c.title.label("document_title"),
        )
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .join(ROUND, ROUND.c.id == OBLIGATION.c.round_id)
        .join(DOCUMENT, DOCUMENT.c.id == OBLIGATION.c.document_id)
        .where(among(OBLIGATION.c.id, obligation_ids))
        .order_by(OBLIGATION.c.due_on.nulls_last(), DOCUMENT.c.title, OBLIGATION.c.id)
    )
    if unsettled:
        query = query.where(OBLIGATION.c.state.in_(UNSETTLED))
    rows = list(await connection.execute(query)) if obligation_ids else []
    items = [
        NewsItem(
            unit_name=row.name,
            thing=row.title,
            document="/".join(each for each in (row.number, row.notation) if each) or row.document_title,
            due_on=row.due_on,
            to=list(obligation_ids[row.id]),
        )
        for row in rows[:ITEMS]
    ]
    return [NewsSection(part=part, count=len(rows), items=items)] if rows else []
