"""SQL of policies, ladders, steps, batches and notices."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from cascade_contracts.delivery import Outcome
from cascade_contracts.vocabulary import LadderKind, NoticeState, StepKind, StepOutcome
from sqlalchemy import ARRAY, Row, Table, Uuid, any_, bindparam, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import insert_many
from plan_api.escalation.models import Batch, Ladder, LadderStep, News, Notice, ObligationStep, PolicyRow
from plan_api.read.tables import among
from plan_api.rules.ladders import ANNOUNCING, RetiredFor

POLICY: Table = PolicyRow.__table__  # type: ignore[attr-defined]
LADDER: Table = Ladder.__table__  # type: ignore[attr-defined]
STEP: Table = LadderStep.__table__  # type: ignore[attr-defined]
BATCH: Table = Batch.__table__  # type: ignore[attr-defined]
NEWS: Table = News.__table__  # type: ignore[attr-defined]
NOTICE: Table = Notice.__table__  # type: ignore[attr-defined]
OBLIGATION_STEP: Table = ObligationStep.__table__  # type: ignore[attr-defined]


async def newest_policy(connection: AsyncConnection, code: str) -> Row[Any] | None:
    """Return (id, version, body) of the newest version of a policy."""
    query = (
        select(POLICY.c.id, POLICY.c.version, POLICY.c.body)
        .where(POLICY.c.code == code)
        .order_by(POLICY.c.version.desc())
        .limit(1)
    )
    return cast("Row[Any] | None", (await connection.execute(query)).one_or_none())


async def policy_version(connection: AsyncConnection, code: str, version: int) -> Row[Any] | None:
    """Return one version of a policy."""
    query = select(POLICY).where(POLICY.c.code == code, POLICY.c.version == version)
    return (await connection.execute(query)).one_or_none()


async def policies(connection: AsyncConnection, code: str | None = None) -> list[Row[Any]]:
    """Return every version (of one policy), by code, the newest first."""
    query = select(POLICY).order_by(POLICY.c.code, POLICY.c.version.desc())
    return list(await connection.execute(query if code is None else query.where(POLICY.c.code == code)))


async def lock_policy(connection: AsyncConnection, code: str) -> None:
    """Let one transaction at a time add versions of a policy."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"policy {code}", 0))))


async def policy_body(connection: AsyncConnection, policy_id: UUID) -> dict[str, Any]:
    """Return the body of a policy version."""
    body: dict[str, Any] = (
        await connection.execute(select(POLICY.c.body).where(POLICY.c.id == policy_id))
    ).scalar_one()
    return body


async def add_policy(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Insert a policy version unless it stands."""
    await connection.execute(upsert(POLICY).values(row).on_conflict_do_nothing())


async def add_ladder(connection: AsyncConnection, ladder: dict[str, Any], steps: Sequence[dict[str, Any]]) -> None:
    """Insert a ladder and its steps."""
    await connection.execute(insert(LADDER), ladder)
    if steps:
        await connection.execute(insert(STEP), list(steps))


async def find_shared_ladder(
    connection: AsyncConnection,
    round_id: UUID,
    kind: LadderKind,
    mode: str,
    due_at: datetime | None,
    anchor_at: datetime | None,
    policy_id: UUID,
) -> UUID | None:
    """Return a round's shared ladder of a policy, kind, mode and due time (reviews: of an anchor), or None."""
    query = select(LADDER.c.id).where(
        LADDER.c.round_id == round_id,
        LADDER.c.kind == kind,
        LADDER.c.mode == mode,
        LADDER.c.shared,
        LADDER.c.due_at.is_not_distinct_from(due_at),
        LADDER.c.policy_id == policy_id,
        ~select(STEP.c.id).where(STEP.c.ladder_id == LADDER.c.id, STEP.c.why.in_(tuple(RetiredFor))).exists(),
    )
    if anchor_at is not None:
        query = query.where(LADDER.c.anchor_at == anchor_at)
    return (await connection.execute(query.order_by(LADDER.c.armed_at).limit(1))).scalar_one_or_none()


async def is_retired(connection: AsyncConnection, ladder_id: UUID) -> bool:
    """Return whether another ladder has taken a ladder's place."""
    query = select(STEP.c.id).where(STEP.c.ladder_id == ladder_id, STEP.c.why.in_(tuple(RetiredFor))).exists()
    return bool((await connection.execute(select(query))).scalar_one())


async def lock_arming(connection: AsyncConnection, round_id: UUID) -> None:
    """Let one transaction at a time make ladders of a round."""
    await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(round_id), 0))))


async def lock_ladder(connection: AsyncConnection, ladder_id: UUID) -> Row[Any] | None:
    """Lock and return a ladder, so that simultaneous tries of its steps wait for one another."""
    query = select(LADDER).where(LADDER.c.id == ladder_id).with_for_update(key_share=True)
    return (await connection.execute(query)).one_or_none()


async def steps_of(connection: AsyncConnection, ladder_id: UUID) -> list[Row[Any]]:
    """Return a ladder's steps by position."""
    query = select(STEP).where(STEP.c.ladder_id == ladder_id).order_by(STEP.c.fire_at, STEP.c.position)
    return list(await connection.execute(query))


async def ladders(connection: AsyncConnection, ladder_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Return ladders by id."""
    query = select(LADDER).where(among(LADDER.c.id, ladder_ids))
    return {row.id: row for row in await connection.execute(query)}


async def untold(connection: AsyncConnection, ladder_ids: Collection[UUID]) -> list[Row[Any]]:
    """Return (ladder_id, kind, fire_at) of the news ladders still have to tell."""
    query = select(STEP.c.ladder_id, STEP.c.kind, STEP.c.fire_at).where(
        among(STEP.c.ladder_id, ladder_ids), STEP.c.kind.in_(ANNOUNCING), STEP.c.outcome.is_(None)
    )
    return list(await connection.execute(query))


async def next_step_at(connection: AsyncConnection, document_id: UUID) -> datetime | None:
    """Return the earliest instant of a document's untaken steps."""
    query = select(func.min(STEP.c.fire_at)).where(STEP.c.document_id == document_id, STEP.c.outcome.is_(None))
    earliest: datetime | None = (await connection.execute(query)).scalar_one()
    return earliest


async def settle_steps(
    connection: AsyncConnection,
    step_ids: Sequence[UUID],
    outcome: StepOutcome,
    now: datetime,
    *,
    why: str | None = None,
) -> None:
    """Record what became of untaken steps."""
    if step_ids:
        await connection.execute(
            update(STEP)
            .where(STEP.c.id.in_(step_ids), STEP.c.outcome.is_(None))
            .values(outcome=outcome, taken_at=now, **({"why": why} if why else {}))
        )


async def take(connection: AsyncConnection, step_id: UUID, batch_id: UUID | None, now: datetime) -> None:
    """Record that a step was taken, with its batch (none when nobody owed any more)."""
    await connection.execute(
        update(STEP).where(STEP.c.id == step_id).values(outcome=StepOutcome.TAKEN, taken_at=now, batch_id=batch_id)
    )


async def skip_steps(
    connection: AsyncConnection,
    now: datetime,
    why: str,
    *,
    round_id: UUID | None = None,
    document_id: UUID | None = None,
    ladder_id: UUID | None = None,
) -> None:
    """Mark the untaken steps of a round, document or ladder as meaningless."""
    if ladder_id is not None:
        scope = STEP.c.ladder_id == ladder_id
    else:
        scope = STEP.c.round_id == round_id if round_id is not None else STEP.c.document_id == document_id
    await connection.execute(
        update(STEP).where(scope, STEP.c.outcome.is_(None)).values(outcome=StepOutcome.SKIPPED, taken_at=now, why=why)
    )


async def skip_cut_offs(connection: AsyncConnection, round_id: UUID, now: datetime, why: str) -> None:
    """Mark the untaken cut-off steps of a round as meaningless."""
    await connection.execute(
        update(STEP)
        .where(STEP.c.round_id == round_id, STEP.c.kind == StepKind.CUT_OFF, STEP.c.outcome.is_(None))
        .values(outcome=StepOutcome.SKIPPED, taken_at=now, why=why)
    )


async def take_cut_offs(connection: AsyncConnection, round_id: UUID, now: datetime) -> None:
    """Record the cut-off steps of a round as taken."""
    await connection.execute(
        update(STEP)
        .where(STEP.c.round_id == round_id, STEP.c.kind == StepKind.CUT_OFF, STEP.c.outcome.is_(None))
        .values(outcome=StepOutcome.TAKEN, taken_at=now)
    )


async def add_batch(connection: AsyncConnection, batch: dict[str, Any]) -> None:
    """Insert a batch; unique by ladder and step."""
    await connection.execute(insert(BATCH), batch)


async def add_notices(
    connection: AsyncConnection, notices: Sequence[dict[str, Any]], spoken: Sequence[dict[str, Any]]
) -> None:
    """Insert notices and the record of which obligations the step spoke about."""
    await insert_many(connection, NOTICE, notices)
    await insert_many(connection, OBLIGATION_STEP, spoken)


_RESEAT = text(
    """
    update notice set seat_id = s.seat_id, unit_id = s.unit_id
    from unnest(cast(:ids as uuid[]), cast(:seats as uuid[]), cast(:units as uuid[])) as s(id, seat_id, unit_id)
    where notice.id = s.id and notice.seat_id <> s.seat_id
    """
)


async def reseat_notices(connection: AsyncConnection, seats: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Let notices speak to other seats; given are (notice, seat, unit)."""
    if seats:
        ids, seat_ids, unit_ids = (list(column) for column in zip(*seats, strict=True))
        await connection.execute(_RESEAT, {"ids": ids, "seats": seat_ids, "units": unit_ids})


async def lock_notice(connection: AsyncConnection, notice_id: UUID) -> Row[Any] | None:
    """Return a notice, locked: who would send it again waits for who does."""
    return (await connection.execute(select(NOTICE).where(NOTICE.c.id == notice_id).with_for_update())).one_or_none()


async def is_being_sent(connection: AsyncConnection, first: UUID) -> bool:
    """Return whether a notice, or one that says it again, has no outcome yet. Holds the first against others."""
    same = (NOTICE.c.id == first) | (NOTICE.c.resend_of == first)
    rows = await connection.execute(select(NOTICE.c.state).where(same).order_by(NOTICE.c.id).with_for_update())
    return any(row.state == NoticeState.PENDING for row in rows)


async def batch_of_step(connection: AsyncConnection, step_id: UUID) -> Row[Any] | None:
    """Return the batch a step gave rise to."""
    return (await connection.execute(select(BATCH).where(BATCH.c.step_id == step_id))).one_or_none()


async def batch(connection: AsyncConnection, batch_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """Return a batch, locked on demand."""
    query = select(BATCH).where(BATCH.c.id == batch_id)
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def mark_batch(connection: AsyncConnection, batch_id: UUID, **values: object) -> None:
    """Set columns of a batch."""
    await connection.execute(update(BATCH).where(BATCH.c.id == batch_id).values(**values))


async def mark_handed(connection: AsyncConnection, batch_ids: Collection[UUID], now: datetime) -> None:
    """Set when batches were handed over; the first time stays."""
    ids = any_(bindparam(None, sorted(batch_ids), type_=ARRAY(Uuid)))
    await connection.execute(update(BATCH).where(BATCH.c.id == ids, BATCH.c.handed_at.is_(None)).values(handed_at=now))


async def open_news(connection: AsyncConnection, news: dict[str, Any]) -> bool:
    """Insert a news unless one of its kind is open about its subject; return whether it was inserted."""
    statement = upsert(NEWS).values(news)
    once = statement.on_conflict_do_nothing(
        index_elements=["kind", "subject_id"], index_where=NEWS.c.closed_at.is_(None)
    )
    return (await connection.execute(once.returning(NEWS.c.id))).scalar_one_or_none() is not None


async def close_news(connection: AsyncConnection, kind: str, subject_id: UUID, now: datetime, why: str) -> UUID | None:
    """Close the open news of a kind about a subject; return its batch."""
    mine = (NEWS.c.kind == kind) & (NEWS.c.subject_id == subject_id) & NEWS.c.closed_at.is_(None)
    closed = update(NEWS).where(mine).values(closed_at=now, why=why).returning(NEWS.c.id)
    news_id = (await connection.execute(closed)).scalar_one_or_none()
    if news_id is None:
        return None
    return (await connection.execute(select(BATCH.c.id).where(BATCH.c.news_id == news_id))).scalar_one_or_none()


async def withhold_notices(connection: AsyncConnection, batch_id: UUID, now: datetime, why: str) -> None:
    """Keep what waits of a batch from being handed over."""
    waiting = (NOTICE.c.batch_id == batch_id) & (NOTICE.c.state == NoticeState.PENDING)
    values = {"state": NoticeState.WITHHELD, "detail": why, "outcome_at": now}
    await connection.execute(update(NOTICE).where(waiting).values(**values))


_RECORD_OUTCOMES = text(
    """
    update notice set state = o.state, channel = o.channel, detail = o.detail, outcome_at = o.at
    from unnest(cast(:ids as uuid[]), cast(:states as text[]), cast(:channels as text[]),
                cast(:details as text[]), cast(:ats as timestamptz[])) as o(id, state, channel, detail, at)
    where notice.id = o.id and notice.batch_id = :batch
    """
)


async def record_outcomes(connection: AsyncConnection, batch_id: UUID, outcomes: Sequence[Outcome]) -> None:
    """Set the state of notices in one statement; notifier's later word counts (a bounce follows an acceptance)."""
    await connection.execute(
        _RECORD_OUTCOMES,
        {
            "batch": batch_id,
            "ids": [outcome.notice_id for outcome in outcomes],
            "states": [str(outcome.state) for outcome in outcomes],
            "channels": [outcome.channel and str(outcome.channel) for outcome in outcomes],
            "details": [outcome.detail for outcome in outcomes],
            "ats": [outcome.at for outcome in outcomes],
        },
    )


async def withhold(
    connection: AsyncConnection, batch_id: UUID, notice_ids: Collection[UUID], why: str, now: datetime
) -> None:
    """Record of pending notices that they are not sent."""
    n = NOTICE.c
    pending = (n.batch_id == batch_id) & among(n.id, notice_ids) & (n.state == NoticeState.PENDING)
    await connection.execute(
        update(NOTICE).where(pending).values(state=NoticeState.WITHHELD, detail=why, outcome_at=now)
    )


async def begun_batches(connection: AsyncConnection, document_id: UUID, now: datetime) -> list[UUID]:
    """Return the unfinished batches of a document whose hour has come."""
    b = BATCH.c
    query = select(b.id).where(b.document_id == document_id, b.finished_at.is_(None), b.not_before <= now)
    return list((await connection.execute(query.order_by(b.created_at))).scalars())
