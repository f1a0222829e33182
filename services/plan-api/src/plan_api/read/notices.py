"""What notifier pulls about a batch: notices with their recipients and facts, and which are still owed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from cascade_contracts.delivery import NoticeItem
from cascade_contracts.vocabulary import (
    DocumentState,
    LadderKind,
    NoticeState,
    ObligationState,
    StepOutcome,
)
from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import (
    BATCH,
    DOCUMENT,
    HOLDER,
    LADDER,
    LADDER_STEP,
    NOTICE,
    OBLIGATION,
    OBLIGATION_STEP,
    ROUND,
    SEAT,
    SUBMISSION,
    SUSPENSION,
    UNIT,
    among,
    holding,
)

ITEMS = 50


async def batch_facts(connection: AsyncConnection, batch_id: UUID) -> Row[Any] | None:
    """Return one row: the batch with its step, round, document, issuer, and what the ladder does next."""
    issuer = UNIT.alias("issuer")
    query = (
        select(
            BATCH,
            ROUND.c.title.label("round_title"),
            ROUND.c.kind.label("round_kind"),
            DOCUMENT.c.title.label("document_title"),
            DOCUMENT.c.kind.label("document_kind"),
            DOCUMENT.c.number,
            DOCUMENT.c.notation,
            DOCUMENT.c.issued_on,
            issuer.c.name.label("issuer_name"),
            LADDER.c.policy_id,
            LADDER.c.kind.label("ladder_kind"),
        )
        .join(ROUND, ROUND.c.id == BATCH.c.round_id)
        .join(DOCUMENT, DOCUMENT.c.id == BATCH.c.document_id)
        .join(issuer, issuer.c.id == DOCUMENT.c.issuer_unit_id)
        .join(LADDER, LADDER.c.id == BATCH.c.ladder_id)
        .where(BATCH.c.id == batch_id)
    )
    return (await connection.execute(query)).one_or_none()


@dataclass(frozen=True, slots=True)
class NextStep:
    """When a ladder goes on, and to whom."""

    fire_at: datetime
    audience: str


async def next_step(connection: AsyncConnection, ladder_id: UUID) -> NextStep | None:
    """Return the first untaken step of a ladder that will speak."""
    query = (
        select(LADDER_STEP.c.fire_at, LADDER_STEP.c.audience)
        .where(
            LADDER_STEP.c.ladder_id == ladder_id, LADDER_STEP.c.outcome.is_(None), LADDER_STEP.c.audience != "nobody"
        )
        .order_by(LADDER_STEP.c.fire_at)
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else NextStep(row.fire_at, row.audience)


async def spoken_before(connection: AsyncConnection, ladder_id: UUID, before: datetime) -> list[datetime]:
    """Return when earlier steps of a ladder spoke."""
    query = (
        select(LADDER_STEP.c.taken_at)
        .where(
            LADDER_STEP.c.ladder_id == ladder_id,
            LADDER_STEP.c.outcome == StepOutcome.TAKEN,
            LADDER_STEP.c.batch_id.is_not(None),
            LADDER_STEP.c.taken_at < before,
        )
        .order_by(LADDER_STEP.c.taken_at)
    )
    return [row.taken_at for row in await connection.execute(query)]


async def notice_rows(
    connection: AsyncConnection, batch_id: UUID, today: date, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Return the notices of a batch that can be delivered, by id, with seat, unit and encrypted contacts."""
    query = (
        select(
            NOTICE.c.id,
            NOTICE.c.seat_id,
            SEAT.c.title.label("seat_title"),
            UNIT.c.name.label("unit_name"),
            HOLDER.c.email_encrypted,
            HOLDER.c.phone_encrypted,
            HOLDER.c.channels,
            HOLDER.c.language,
        )
        .join(SEAT, SEAT.c.id == NOTICE.c.seat_id)
        .join(UNIT, UNIT.c.id == SEAT.c.unit_id)
        .outerjoin(HOLDER, (HOLDER.c.seat_id == SEAT.c.id) & holding(today))
        .where(NOTICE.c.batch_id == batch_id, NOTICE.c.state != NoticeState.UNREACHABLE)
        .ext(distinct_on(NOTICE.c.id))
        .order_by(NOTICE.c.id, HOLDER.c.acting.desc().nulls_last())
        .limit(limit)
    )
    if after is not None:
        query = query.where(NOTICE.c.id > after)
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())


@dataclass(slots=True)
class About:
    """What one notice is about: at most `ITEMS` obligations listed, all of them counted."""

    items: list[NoticeItem]
    count: int = 0
    due_at: datetime | None = None
    due_on: date | None = None
    return_reason: str | None = None
    only: UUID | None = None


async def about(connection: AsyncConnection, notice_ids: Iterable[UUID]) -> dict[UUID, About]:
    """Return what notices are about, by notice."""
    query = (
        select(
            OBLIGATION_STEP.c.notice_id,
            OBLIGATION.c.id,
            UNIT.c.name,
            OBLIGATION.c.due_at,
            OBLIGATION.c.due_on,
            SUBMISSION.c.return_reason,
        )
        .join(OBLIGATION, OBLIGATION.c.id == OBLIGATION_STEP.c.obligation_id)
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .outerjoin(SUBMISSION, SUBMISSION.c.id == OBLIGATION.c.submission_id)
        .where(among(OBLIGATION_STEP.c.notice_id, list(notice_ids)))
        .order_by(OBLIGATION_STEP.c.notice_id, UNIT.c.name_sort)
    )
    found: dict[UUID, About] = defaultdict(lambda: About([]))
    for notice_id, obligation_id, unit_name, due_at, due_on, return_reason in await connection.execute(query):
        one = found[notice_id]
        one.count += 1
        one.due_at, one.due_on, one.return_reason, one.only = due_at, due_on, return_reason, obligation_id
        if one.count <= ITEMS:
            one.items.append(NoticeItem(obligation_id=obligation_id, unit_name=unit_name, due_on=due_on))
    return found


async def still_owed(connection: AsyncConnection, batch_id: UUID, notice_ids: Sequence[UUID]) -> dict[UUID, str | None]:
    """Return for each notice of a batch why it must not be sent any more, or None when it may.

    A notice about several obligations may be sent while one of them is still owed. While the document is suspended the
    answer is empty: nothing is decided, notices are held.
    """
    suspended = select(SUSPENSION.c.id).where(
        SUSPENSION.c.document_id == BATCH.c.document_id, SUSPENSION.c.until_at.is_(None)
    )
    state = (
        await connection.execute(
            select(DOCUMENT.c.state, suspended.exists(), LADDER.c.kind)
            .select_from(BATCH)
            .join(DOCUMENT, DOCUMENT.c.id == BATCH.c.document_id)
            .join(LADDER, LADDER.c.id == BATCH.c.ladder_id)
            .where(BATCH.c.id == batch_id)
        )
    ).one()
    if state[0] != DocumentState.ISSUED:
        return dict.fromkeys(notice_ids, "recalled")
    if state[1]:
        return {}
    chased = ObligationState.SUBMITTED if state[2] == LadderKind.REVIEW else ObligationState.OPEN
    query = (
        select(OBLIGATION_STEP.c.notice_id, func.bool_or(OBLIGATION.c.state == chased))
        .join(OBLIGATION, OBLIGATION.c.id == OBLIGATION_STEP.c.obligation_id)
        .where(among(OBLIGATION_STEP.c.notice_id, notice_ids))
        .group_by(OBLIGATION_STEP.c.notice_id)
    )
    owed = {row[0]: row[1] for row in await connection.execute(query)}
    return {notice_id: None if owed.get(notice_id) else "answered" for notice_id in notice_ids}
