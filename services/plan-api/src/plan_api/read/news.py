"""What news tells at an instant, and whether it may still be told. News is what is told without a ladder."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import NewsItem, NewsSection
from cascade_contracts.vocabulary import DocumentState, ExtensionState, NewsKind, NewsPart, NoticeState, ObligationState
from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.notices import EARLY, ITEMS
from plan_api.read.tables import (
    ASSIGNMENT,
    DOCUMENT,
    EXTENSION,
    HOLDER,
    NOTICE,
    OBLIGATION,
    ROUND,
    SEAT,
    SUSPENSION,
    UNIT,
    among,
    holding,
)
from plan_api.rules.calendar import local_date

UNSETTLED = (ObligationState.OPEN, ObligationState.SUBMITTED)
_HEARD = (NoticeState.DELIVERED, NoticeState.UNKNOWN)


async def standing(
    connection: AsyncConnection, batch: Row[Any], notice_ids: Sequence[UUID], now: datetime
) -> dict[UUID, str | None]:
    """Return for each notice of a batch of news why it must not be sent any more, or None; what is absent is held."""
    if batch.news_closed_at is not None:
        return dict.fromkeys(notice_ids, batch.news_why)
    if batch.document_id is not None:
        suspended = exists().where(SUSPENSION.c.document_id == DOCUMENT.c.id, SUSPENSION.c.until_at.is_(None))
        query = select(DOCUMENT.c.state, suspended).where(DOCUMENT.c.id == batch.document_id)
        state, held = (await connection.execute(query)).one()
        if state != DocumentState.ISSUED:
            return dict.fromkeys(notice_ids, "recalled")
        if held or batch.not_before > now + EARLY:
            return {}
    return await _of_kind(connection, batch, notice_ids, local_date(now))


async def _of_kind(
    connection: AsyncConnection, batch: Row[Any], notice_ids: Sequence[UUID], today: date
) -> dict[UUID, str | None]:
    if batch.kind == NewsKind.RELEASED:
        return await _let_go(connection, batch.document_id, notice_ids)
    if batch.kind == NewsKind.REORGANISATION_UNDONE:
        return await _after(connection, notice_ids)
    if batch.kind == NewsKind.HANDED_OVER:
        return await _of_new_holder(connection, batch.news_subject_id, notice_ids, today)
    return dict.fromkeys(notice_ids, None)


async def _let_go(connection: AsyncConnection, document_id: UUID, notice_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """Tell units that they are let go; not those a later amendment has bound again meanwhile."""
    query = (
        select(NOTICE.c.id, ASSIGNMENT.c.released_at)
        .join(ASSIGNMENT, (ASSIGNMENT.c.unit_id == NOTICE.c.unit_id) & (ASSIGNMENT.c.document_id == document_id))
        .where(among(NOTICE.c.id, notice_ids))
    )
    return {row.id: None if row.released_at else "bound_again" for row in await connection.execute(query)}


async def _of_new_holder(
    connection: AsyncConnection, holder_id: UUID, notice_ids: Sequence[UUID], today: date
) -> dict[UUID, str | None]:
    """Brief who holds the seat, from the day it is theirs, while there is something to brief about."""
    query = (
        select(HOLDER.c.valid_from, HOLDER.c.valid_to, SEAT.c.unit_id)
        .join(SEAT, SEAT.c.id == HOLDER.c.seat_id)
        .where(HOLDER.c.id == holder_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None or (row.valid_to is not None and row.valid_to <= today):
        return dict.fromkeys(notice_ids, "left")
    if row.valid_from is not None and row.valid_from > today:
        return {}
    return dict.fromkeys(notice_ids, None if await has_work(connection, row.unit_id) else "nothing_open")


def _work_of(unit_id: UUID) -> ColumnElement[bool]:
    owed = (OBLIGATION.c.unit_id == unit_id) & OBLIGATION.c.state.in_(UNSETTLED)
    return owed | ((OBLIGATION.c.deciding_unit_id == unit_id) & (OBLIGATION.c.state == ObligationState.SUBMITTED))


async def has_work(connection: AsyncConnection, unit_id: UUID) -> bool:
    """Return whether a unit owes anything or is to decide on anything."""
    return bool((await connection.execute(select(exists().where(_work_of(unit_id))))).scalar_one())


async def present_holder(connection: AsyncConnection, seat_id: UUID, on: date) -> UUID | None:
    """Return who sits in a seat on a day, an acting holder first, or None."""
    query = (
        select(HOLDER.c.id)
        .where(HOLDER.c.seat_id == seat_id, holding(on))
        .order_by(HOLDER.c.acting.desc(), HOLDER.c.created_at.desc(), HOLDER.c.id)
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def under_way(connection: AsyncConnection, unit_id: UUID, at: datetime) -> dict[NewsPart, list[Row[Any]]]:
    """Return what a unit owes, has promised and is to decide at an instant, by part and due time; no empty parts."""
    found: dict[NewsPart, list[Row[Any]]] = {}
    for row in await connection.execute(_obligations().where(_work_of(unit_id))):
        if row.state == ObligationState.SUBMITTED:
            part = NewsPart.AWAITING_REVIEW if row.unit_id == unit_id else NewsPart.TO_DECIDE
        else:
            part = NewsPart.LATE if row.due_at is not None and row.due_at <= at else NewsPart.OPEN
        found.setdefault(part, []).append(row)
    asked = func.coalesce(EXTENSION.c.decided_due_at, EXTENSION.c.requested_due_at).label("promised_at")
    promised = _obligations().add_columns(asked).join(EXTENSION, EXTENSION.c.obligation_id == OBLIGATION.c.id)
    unsettled = (OBLIGATION.c.unit_id == unit_id) & OBLIGATION.c.state.in_(UNSETTLED)
    alive = EXTENSION.c.state.in_((ExtensionState.OPEN, ExtensionState.APPROVED))
    rows = list(await connection.execute(promised.where(unsettled, alive)))
    if rows:
        found[NewsPart.PROMISED] = rows
    order = (NewsPart.LATE, NewsPart.OPEN, NewsPart.PROMISED, NewsPart.AWAITING_REVIEW, NewsPart.TO_DECIDE)
    return {part: found[part] for part in order if part in found}


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


async def alike(connection: AsyncConnection, notice_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return (id, earlier_id, state) of earlier notices of the same batch that tell the same: heard, or still to go."""
    mine, earlier = NOTICE.alias(), NOTICE.c
    same = (earlier.batch_id == mine.c.batch_id) & (earlier.content == mine.c.content) & (earlier.id < mine.c.id)
    query = (
        select(mine.c.id, earlier.id.label("earlier_id"), earlier.state)
        .select_from(mine)
        .join(NOTICE, same & earlier.state.in_((NoticeState.PENDING, *_HEARD)))
        .where(among(mine.c.id, notice_ids))
    )
    return list(await connection.execute(query))


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
    query = _obligations().where(among(OBLIGATION.c.id, obligation_ids))
    if unsettled:
        query = query.where(OBLIGATION.c.state.in_(UNSETTLED))
    rows = list(await connection.execute(query)) if obligation_ids else []
    items = [item_of(row, to=obligation_ids[row.id]) for row in rows[:ITEMS]]
    return [NewsSection(part=part, count=len(rows), items=items)] if rows else []


async def waiting_for(connection: AsyncConnection, unit_id: UUID, obligation_ids: Collection[UUID]) -> int:
    """Return how many of some obligations wait for a unit's decision."""
    if not obligation_ids:
        return 0
    waits = (OBLIGATION.c.deciding_unit_id == unit_id) & (OBLIGATION.c.state == ObligationState.SUBMITTED)
    query = select(func.count()).select_from(OBLIGATION).where(waits, among(OBLIGATION.c.id, obligation_ids))
    return int((await connection.execute(query)).scalar_one())


def _obligations() -> Select[Any]:
    return (
        select(
            OBLIGATION.c.id,
            OBLIGATION.c.round_id,
            OBLIGATION.c.unit_id,
            OBLIGATION.c.state,
            OBLIGATION.c.due_at,
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
        .order_by(OBLIGATION.c.due_on.nulls_last(), DOCUMENT.c.title, OBLIGATION.c.id)
    )


def item_of(row: Row[Any], *, to: Sequence[str] = (), link: str | None = None) -> NewsItem:
    """Return the line of an obligation; a promised due time is said by its last day in time."""
    promised_at: datetime | None = row._mapping.get("promised_at")
    return NewsItem(
        unit_name=row.name,
        thing=row.title,
        document="/".join(each for each in (row.number, row.notation) if each) or row.document_title,
        due_on=row.due_on,
        promised_on=None if promised_at is None else local_date(promised_at - timedelta(microseconds=1)),
        to=list(to),
        link=link,
    )
