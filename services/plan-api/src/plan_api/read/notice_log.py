"""What was sent to whom about what: notices with their documents, units and seats, and their counts. No address."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.notices import SPOKEN_AS
from plan_api.read.tables import (
    BATCH,
    CANARY_UNITS,
    DOCUMENT,
    NOTICE,
    OBLIGATION,
    OBLIGATION_STEP,
    ROUND,
    SEAT,
    UNIT,
    among,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the log is narrowed to. `within`: notices to these units, or about documents these issued (None: all)."""

    within: Collection[UUID] | None = None
    document_id: UUID | None = None
    unit_id: UUID | None = None
    kind: str | None = None
    state: str | None = None
    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None
    """Folded text that the unit's name or the document's title contains."""


def _narrowed(filters: Filters) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [NOTICE.c.unit_id.not_in(CANARY_UNITS)]
    if filters.within is not None:
        mine = or_(among(NOTICE.c.unit_id, filters.within), among(DOCUMENT.c.issuer_unit_id, filters.within))
        conditions.append(mine)
    equal = {
        BATCH.c.document_id: filters.document_id,
        NOTICE.c.unit_id: filters.unit_id,
        BATCH.c.kind: filters.kind,
        NOTICE.c.state: filters.state,
        NOTICE.c.channel: filters.channel,
    }
    conditions += [column == value for column, value in equal.items() if value is not None]
    if filters.since is not None:
        conditions.append(NOTICE.c.created_at >= filters.since)
    if filters.until is not None:
        conditions.append(NOTICE.c.created_at < filters.until)
    if filters.words:
        conditions.append(UNIT.c.name_folded.contains(filters.words, autoescape=True))
    return and_(*conditions)


def _joined(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(NOTICE)
        .join(BATCH, BATCH.c.id == NOTICE.c.batch_id)
        .join(UNIT, UNIT.c.id == NOTICE.c.unit_id)
        .outerjoin(SEAT, SEAT.c.id == NOTICE.c.seat_id)
        .outerjoin(ROUND, ROUND.c.id == BATCH.c.round_id)
        .outerjoin(DOCUMENT, DOCUMENT.c.id == BATCH.c.document_id)
    )


def _cards() -> Select[Any]:
    about = (
        select(func.count()).select_from(OBLIGATION_STEP).where(OBLIGATION_STEP.c.notice_id == SPOKEN_AS)
    ).scalar_subquery()
    return _joined(
        select(
            NOTICE,
            BATCH.c.kind,
            BATCH.c.audience,
            BATCH.c.not_before,
            BATCH.c.document_id,
            BATCH.c.round_id,
            UNIT.c.name.label("unit_name"),
            SEAT.c.title.label("seat_title"),
            ROUND.c.title.label("round_title"),
            DOCUMENT.c.title.label("document_title"),
            DOCUMENT.c.number,
            DOCUMENT.c.notation,
            DOCUMENT.c.issuer_unit_id,
            about.label("obligations"),
        )
    )


async def page(
    connection: AsyncConnection, filters: Filters, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row[Any]]:
    """Return notices newest first, after a (created_at, id) cursor."""
    query = _cards().where(_narrowed(filters)).order_by(NOTICE.c.created_at.desc(), NOTICE.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(NOTICE.c.created_at, NOTICE.c.id) < after)
    return list(await connection.execute(query))


async def one(connection: AsyncConnection, notice_id: UUID) -> Row[Any] | None:
    """Return a notice, or None."""
    found: Row[Any] | None = (await connection.execute(_cards().where(NOTICE.c.id == notice_id))).one_or_none()
    return found


async def obligations_of(connection: AsyncConnection, notice_id: UUID, limit: int) -> list[Row[Any]]:
    """Return (id, unit_id, name) of what a notice speaks about, by name."""
    query = (
        select(OBLIGATION.c.id, OBLIGATION.c.unit_id, UNIT.c.name)
        .select_from(NOTICE)
        .join(OBLIGATION_STEP, OBLIGATION_STEP.c.notice_id == SPOKEN_AS)
        .join(OBLIGATION, OBLIGATION.c.id == OBLIGATION_STEP.c.obligation_id)
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .where(NOTICE.c.id == notice_id)
        .order_by(UNIT.c.name_sort, OBLIGATION.c.id)
        .limit(limit)
    )
    return list(await connection.execute(query))


async def resent_as(connection: AsyncConnection, notice_id: UUID) -> list[UUID]:
    """Return the notices that say a notice again, the oldest first."""
    query = select(NOTICE.c.id).where(NOTICE.c.resend_of == notice_id).order_by(NOTICE.c.id)
    return list((await connection.execute(query)).scalars())


async def counts(connection: AsyncConnection, filters: Filters) -> list[Row[Any]]:
    """Return (kind, channel, state, detail, number, oldest): how many notices there are of each sort."""
    sort = (BATCH.c.kind, NOTICE.c.channel, NOTICE.c.state, NOTICE.c.detail)
    query = _joined(select(*sort, func.count().label("number"), func.min(NOTICE.c.created_at).label("oldest")))
    return list(await connection.execute(query.where(_narrowed(filters)).group_by(*sort)))


async def delivered_since(connection: AsyncConnection, filters: Filters, since: datetime) -> int:
    """Return how many notices were delivered from an instant on."""
    query = _joined(select(func.count())).where(
        _narrowed(filters), NOTICE.c.state == "delivered", NOTICE.c.outcome_at >= since
    )
    return int((await connection.execute(query)).scalar_one())
