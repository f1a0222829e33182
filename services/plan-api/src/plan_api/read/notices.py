"""What notifier pulls about a batch: notices with their recipients and facts, and which are still owed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
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

from plan_api.read.suspended import is_suspended
from plan_api.read.tables import (
    BATCH,
    CANARY_UNITS,
    DOCUMENT,
    LADDER,
    LADDER_STEP,
    LINK,
    NEWS,
    NOTICE,
    OBLIGATION,
    OBLIGATION_STEP,
    ROUND,
    SEAT,
    SUBMISSION,
    SUSPENSION,
    UNIT,
    among,
)

ITEMS = 50
SUSPENDED = "suspended"
"""Why a notice is withheld whose unit is left alone; its resumption tells what it says."""

SPOKEN_AS = func.coalesce(NOTICE.c.resend_of, NOTICE.c.id)
"""The notice whose step spoke: one sent again on purpose says what the first one said."""

EARLY = timedelta(minutes=1)
"""How much before a batch's hour its notices are let go: clocks differ a little."""

_DECIDED = (NoticeState.UNREACHABLE, NoticeState.WITHHELD)
"""What is not delivered (any more): nobody to reach, or no longer to be said."""


async def waiting_batches(connection: AsyncConnection, besides: UUID, room: int) -> list[UUID]:
    """Return the oldest batches besides one that notifier has not recorded, as many as hold `room` notices together.

    News comes with its own delivery only: a notifier that does not know a kind of news would refuse the whole pull.
    """
    query = (
        select(BATCH.c.id, BATCH.c.notices)
        .where(
            BATCH.c.finished_at.is_(None),
            BATCH.c.handed_at.is_(None),
            BATCH.c.news_id.is_(None),
            BATCH.c.id != besides,
        )
        .order_by(BATCH.c.created_at)
        .limit(room)
    )
    waiting: list[UUID] = []
    for batch_id, notices in await connection.execute(query):
        room -= notices
        if room < 0:
            break
        waiting.append(batch_id)
    return waiting


async def batch_facts(connection: AsyncConnection, batch_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Return for each batch its row with round, document, issuer and ladder, or with its news; none if unknown."""
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
            ROUND.c.policy_id.label("round_policy_id"),
            LADDER.c.policy_id,
            LADDER.c.kind.label("ladder_kind"),
            NEWS.c.subject_id.label("news_subject_id"),
            NEWS.c.content.label("news_content"),
            NEWS.c.closed_at.label("news_closed_at"),
            NEWS.c.why.label("news_why"),
        )
        .outerjoin(ROUND, ROUND.c.id == BATCH.c.round_id)
        .outerjoin(DOCUMENT, DOCUMENT.c.id == BATCH.c.document_id)
        .outerjoin(issuer, issuer.c.id == DOCUMENT.c.issuer_unit_id)
        .outerjoin(LADDER, LADDER.c.id == BATCH.c.ladder_id)
        .outerjoin(NEWS, NEWS.c.id == BATCH.c.news_id)
        .where(among(BATCH.c.id, batch_ids))
    )
    return {row.id: row for row in await connection.execute(query)}


@dataclass(frozen=True, slots=True)
class NextStep:
    """When a ladder goes on, and to whom."""

    fire_at: datetime
    audience: str


async def next_steps(connection: AsyncConnection, ladder_ids: Sequence[UUID]) -> dict[UUID, NextStep]:
    """Return the first untaken step that will speak, by ladder."""
    query = (
        select(LADDER_STEP.c.ladder_id, LADDER_STEP.c.fire_at, LADDER_STEP.c.audience)
        .where(
            among(LADDER_STEP.c.ladder_id, ladder_ids),
            LADDER_STEP.c.outcome.is_(None),
            LADDER_STEP.c.audience != "nobody",
        )
        .ext(distinct_on(LADDER_STEP.c.ladder_id))
        .order_by(LADDER_STEP.c.ladder_id, LADDER_STEP.c.fire_at)
    )
    return {row.ladder_id: NextStep(row.fire_at, row.audience) for row in await connection.execute(query)}


async def spoken(connection: AsyncConnection, ladder_ids: Sequence[UUID]) -> dict[UUID, list[datetime]]:
    """Return when ladders spoke, in order, by ladder."""
    query = (
        select(LADDER_STEP.c.ladder_id, LADDER_STEP.c.taken_at)
        .where(
            among(LADDER_STEP.c.ladder_id, ladder_ids),
            LADDER_STEP.c.outcome == StepOutcome.TAKEN,
            LADDER_STEP.c.batch_id.is_not(None),
        )
        .order_by(LADDER_STEP.c.taken_at)
    )
    instants: dict[UUID, list[datetime]] = defaultdict(list)
    for ladder_id, taken_at in await connection.execute(query):
        instants[ladder_id].append(taken_at)
    return instants


async def notice_rows(
    connection: AsyncConnection,
    batch_ids: Sequence[UUID],
    after: UUID | None,
    limit: int,
    only: Collection[UUID] | None = None,
) -> list[Row[Any]]:
    """Return the notices of batches that can be delivered, by id: with batch, seat, unit, whom their link is for."""
    query = (
        select(
            NOTICE.c.id,
            NOTICE.c.batch_id,
            NOTICE.c.seat_id,
            NOTICE.c.unit_id,
            NOTICE.c.holder_id,
            NOTICE.c.resend_of,
            SEAT.c.title.label("seat_title"),
            UNIT.c.name.label("unit_name"),
            LINK.c.holder_id.label("linked_to"),
        )
        .join(SEAT, SEAT.c.id == NOTICE.c.seat_id)
        .join(UNIT, UNIT.c.id == SEAT.c.unit_id)
        .outerjoin(LINK, LINK.c.id == NOTICE.c.id)
        .where(among(NOTICE.c.batch_id, batch_ids), NOTICE.c.state.not_in(_DECIDED))
        .order_by(NOTICE.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(NOTICE.c.id > after)
    if only is not None:
        query = query.where(among(NOTICE.c.id, only))
    return list(await connection.execute(query))


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
            NOTICE.c.id.label("notice_id"),
            OBLIGATION.c.id,
            UNIT.c.name,
            OBLIGATION.c.due_at,
            OBLIGATION.c.due_on,
            SUBMISSION.c.return_reason,
        )
        .select_from(NOTICE)
        .join(OBLIGATION_STEP, OBLIGATION_STEP.c.notice_id == SPOKEN_AS)
        .join(OBLIGATION, OBLIGATION.c.id == OBLIGATION_STEP.c.obligation_id)
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .outerjoin(SUBMISSION, SUBMISSION.c.id == OBLIGATION.c.submission_id)
        .where(among(NOTICE.c.id, list(notice_ids)))
        .order_by(NOTICE.c.id, UNIT.c.name_sort)
    )
    found: dict[UUID, About] = defaultdict(lambda: About([]))
    for notice_id, obligation_id, unit_name, due_at, due_on, return_reason in await connection.execute(query):
        one = found[notice_id]
        one.count += 1
        one.due_at, one.due_on, one.return_reason, one.only = due_at, due_on, return_reason, obligation_id
        if one.count <= ITEMS:
            one.items.append(NoticeItem(obligation_id=obligation_id, unit_name=unit_name, due_on=due_on, due_at=due_at))
    return found


async def still_owed(
    connection: AsyncConnection, batch_id: UUID, notice_ids: Sequence[UUID], now: datetime
) -> dict[UUID, str | None]:
    """Return for each notice of a batch why it must not be sent any more, or None when it may.

    A notice about several obligations may be sent while one of them is still owed by a unit that is not suspended. What
    was withheld for a suspension stays so: the resumption has told it anew.
    While the document is suspended, or the batch's hour has not come, the answer is empty: nothing is decided, notices
    are held.
    """
    suspended = select(SUSPENSION.c.id).where(
        SUSPENSION.c.document_id == BATCH.c.document_id, SUSPENSION.c.until_at.is_(None)
    )
    state = (
        await connection.execute(
            select(
                DOCUMENT.c.state,
                suspended.exists(),
                LADDER.c.kind,
                DOCUMENT.c.issuer_unit_id.in_(CANARY_UNITS),
                BATCH.c.not_before,
            )
            .select_from(BATCH)
            .join(DOCUMENT, DOCUMENT.c.id == BATCH.c.document_id)
            .join(LADDER, LADDER.c.id == BATCH.c.ladder_id)
            .where(BATCH.c.id == batch_id)
        )
    ).one()
    if state[0] != DocumentState.ISSUED:
        return dict.fromkeys(notice_ids, "recalled")
    if state[3]:
        return dict.fromkeys(notice_ids, "canary")
    if state[1] or state[4] > now + EARLY:
        return {}
    chased = ObligationState.SUBMITTED if state[2] == LadderKind.REVIEW else ObligationState.OPEN
    silent = OBLIGATION.c.deciding_unit_id if state[2] == LadderKind.REVIEW else OBLIGATION.c.unit_id
    owed = OBLIGATION.c.state == chased
    query = (
        select(
            NOTICE.c.id,
            func.bool_or(owed & ~is_suspended(silent) & (NOTICE.c.state != NoticeState.WITHHELD)),
            func.bool_or(owed),
        )
        .select_from(NOTICE)
        .join(OBLIGATION_STEP, OBLIGATION_STEP.c.notice_id == SPOKEN_AS)
        .join(OBLIGATION, OBLIGATION.c.id == OBLIGATION_STEP.c.obligation_id)
        .where(among(NOTICE.c.id, notice_ids))
        .group_by(NOTICE.c.id)
    )
    standing = {
        row[0]: None if row[1] else SUSPENDED if row[2] else "answered" for row in await connection.execute(query)
    }
    return {notice_id: standing.get(notice_id, "answered") for notice_id in notice_ids}


async def issuer_of(connection: AsyncConnection, document_id: UUID) -> UUID:
    """Return the unit that issued a document."""
    issuer: UUID = (
        await connection.execute(select(DOCUMENT.c.issuer_unit_id).where(DOCUMENT.c.id == document_id))
    ).scalar_one()
    return issuer
