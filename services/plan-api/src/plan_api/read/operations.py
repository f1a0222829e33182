"""What an operator watches, and the steps of a document with what became of them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, ObligationState
from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import (
    BATCH,
    DOCUMENT,
    LADDER,
    LADDER_STEP,
    NOTICE,
    OBLIGATION,
    OUTBOX,
    POLICY,
    RECURRENCE,
    ROUND,
    SUSPENSION,
)
from plan_api.rules.ladders import RetiredFor

LATE_AFTER = timedelta(seconds=30)


async def steps_of(connection: AsyncConnection, document_id: UUID) -> list[Row[Any]]:
    """Return every step of a document, by fire time, with its round, ladder and batch."""
    query = (
        select(
            LADDER_STEP.c.id.label("step_id"),
            LADDER_STEP.c.round_id,
            ROUND.c.title.label("round_title"),
            LADDER_STEP.c.ladder_id,
            LADDER.c.kind.label("ladder_kind"),
            LADDER.c.mode,
            LADDER.c.due_at,
            LADDER.c.reason,
            POLICY.c.code.label("policy"),
            POLICY.c.version.label("policy_version"),
            LADDER_STEP.c.kind,
            LADDER_STEP.c.audience,
            LADDER_STEP.c.fire_at,
            LADDER_STEP.c.outcome,
            LADDER_STEP.c.taken_at,
            LADDER_STEP.c.why,
            LADDER_STEP.c.batch_id,
            BATCH.c.notices,
            BATCH.c.handed_at,
            BATCH.c.finished_at,
        )
        .join(ROUND, ROUND.c.id == LADDER_STEP.c.round_id)
        .join(LADDER, LADDER.c.id == LADDER_STEP.c.ladder_id)
        .join(POLICY, POLICY.c.id == LADDER.c.policy_id)
        .outerjoin(BATCH, BATCH.c.id == LADDER_STEP.c.batch_id)
        .where(LADDER_STEP.c.document_id == document_id)
        .order_by(LADDER_STEP.c.fire_at, LADDER_STEP.c.position, LADDER_STEP.c.id)
        .limit(2000)
    )
    return list(await connection.execute(query))


def _without_steps(ladder_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return whether what stands on a ladder is chased by nothing: no ladder, one without steps, or a replaced one."""
    lives = or_(LADDER_STEP.c.why.is_(None), LADDER_STEP.c.why.not_in(tuple(RetiredFor)))
    return ~select(LADDER_STEP.c.id).where(LADDER_STEP.c.ladder_id == ladder_id, lives).exists()


async def operations(connection: AsyncConnection, now: datetime) -> dict[str, Any]:
    """Return the figures of the operations page; periods not opened in time count as overdue steps."""
    suspended = select(SUSPENSION.c.id).where(
        SUSPENSION.c.document_id == LADDER_STEP.c.document_id, SUSPENSION.c.until_at.is_(None)
    )
    overdue = (
        select(func.count())
        .select_from(LADDER_STEP)
        .join(DOCUMENT, DOCUMENT.c.id == LADDER_STEP.c.document_id)
        .where(
            LADDER_STEP.c.outcome.is_(None),
            LADDER_STEP.c.fire_at < now - LATE_AFTER,
            DOCUMENT.c.state == DocumentState.ISSUED,
            ~suspended.exists(),
        )
    )
    unarmed = (
        select(func.count())
        .select_from(OBLIGATION)
        .join(DOCUMENT, DOCUMENT.c.id == OBLIGATION.c.document_id)
        .where(
            OBLIGATION.c.state.in_((ObligationState.OPEN, ObligationState.SUBMITTED)),
            DOCUMENT.c.state == DocumentState.ISSUED,
            or_(
                _without_steps(OBLIGATION.c.ladder_id),
                and_(OBLIGATION.c.state == ObligationState.SUBMITTED, _without_steps(OBLIGATION.c.review_ladder_id)),
            ),
        )
    )
    held = select(SUSPENSION.c.id).where(
        SUSPENSION.c.document_id == RECURRENCE.c.document_id, SUSPENSION.c.until_at.is_(None)
    )
    unopened = (
        select(func.count())
        .select_from(RECURRENCE)
        .join(DOCUMENT, DOCUMENT.c.id == RECURRENCE.c.document_id)
        .where(RECURRENCE.c.next_opens_at < now - LATE_AFTER, DOCUMENT.c.state == DocumentState.ISSUED, ~held.exists())
    )
    waiting = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.sent_at.is_(None))
    unfinished = BATCH.c.finished_at.is_(None)
    row = (
        await connection.execute(
            select(
                overdue.scalar_subquery() + unopened.scalar_subquery(),
                unarmed.scalar_subquery(),
                waiting.scalar_subquery(),
                waiting.where(OUTBOX.c.attempts > 0).scalar_subquery(),
                select(func.count()).select_from(BATCH).where(unfinished).scalar_subquery(),
                select(func.min(BATCH.c.created_at)).where(unfinished).scalar_subquery(),
            )
        )
    ).one()
    by_state = await connection.execute(select(NOTICE.c.state, func.count()).group_by(NOTICE.c.state))
    notices = {row[0]: row[1] for row in by_state}
    return {
        "now": now,
        "steps_overdue": row[0],
        "obligations_unarmed": row[1],
        "outbox_waiting": row[2],
        "outbox_failing": row[3],
        "batches_unfinished": row[4],
        "oldest_unfinished_batch_at": row[5],
        "notices": notices,
        "notices_waiting": notices.get("pending", 0),
        "notices_unknown": notices.get("unknown", 0),
        "notices_unreachable": notices.get("unreachable", 0),
        "notices_failed": notices.get("failed", 0),
    }
