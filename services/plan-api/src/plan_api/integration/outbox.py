"""The outbox: what the relay must tell Temporal, written in the transaction that makes it necessary.

Rows are read by `sent_at is null` only (commit order is not id order) and coalesced by subject.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cascade_contracts.ids import new_id
from sqlalchemy import DateTime, Text, bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.integration.models import OutboxMessage

OUTBOX = OutboxMessage.__table__  # type: ignore[attr-defined]

AGENDA_CHANGED: Final = "agenda_changed"
DELIVER: Final = "deliver"
LOOK_AGAIN: Final = "look_again"
WAKE_CHANNEL: Final = "cascade_outbox"
AT_ONCE: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Waiting:
    """All waiting rows of one topic and subject: one call to Temporal serves them."""

    topic: str
    subject_id: UUID
    ids: list[UUID]
    attempts: int
    since: datetime


_ENQUEUE = text(
    """
    with queued as (
        insert into outbox (id, topic, subject_id, created_at, next_try_at, attempts)
        select id, :topic, subject_id, :now, :due, 0
        from unnest(cast(:ids as uuid[]), cast(:subjects as uuid[])) as given(id, subject_id)
    )
    select pg_notify(:channel, :topic)
    """
).bindparams(
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("due", type_=DateTime(timezone=True)),
    bindparam("topic", type_=Text),
    bindparam("channel", type_=Text),
)
"""Rows and the word to the relay in one round trip."""


async def enqueue(
    connection: AsyncConnection, topic: str, subjects: Iterable[UUID], now: datetime, delay: timedelta = AT_ONCE
) -> None:
    """Write a row a subject and wake the relay when this transaction commits; after a delay it will take the row."""
    wanted = list(subjects)
    if wanted:
        ids = [new_id() for _ in wanted]
        await connection.execute(
            _ENQUEUE,
            {
                "topic": topic,
                "subjects": wanted,
                "ids": ids,
                "now": now,
                "due": now + delay,
                "channel": WAKE_CHANNEL,
            },
        )


async def waiting(connection: AsyncConnection, topics: Collection[str], now: datetime, limit: int) -> list[Waiting]:
    """Lock and return waiting subjects of some topics; other relays skip them."""
    rows = await connection.execute(
        select(OUTBOX.c.id, OUTBOX.c.topic, OUTBOX.c.subject_id, OUTBOX.c.attempts, OUTBOX.c.created_at)
        .where(OUTBOX.c.sent_at.is_(None), OUTBOX.c.next_try_at <= now, OUTBOX.c.topic.in_(topics))
        .order_by(OUTBOX.c.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    subjects: dict[tuple[str, UUID], Waiting] = {}
    for row in rows:
        first = Waiting(row.topic, row.subject_id, [], row.attempts, row.created_at)
        subject = subjects.setdefault((row.topic, row.subject_id), first)
        subject.ids.append(row.id)
    return list(subjects.values())


async def mark_sent(connection: AsyncConnection, ids: list[UUID], now: datetime) -> None:
    """Record that rows were handed to Temporal."""
    await connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(ids)).values(sent_at=now))


async def mark_failed(connection: AsyncConnection, failed: Waiting, error: str, now: datetime) -> None:
    """Put rows back with a growing delay (1 s to 4 s: Temporal's return must not be waited for); others go on."""
    delay = timedelta(seconds=min(2**failed.attempts, 4))
    await connection.execute(
        update(OUTBOX)
        .where(OUTBOX.c.id.in_(failed.ids))
        .values(attempts=OUTBOX.c.attempts + 1, last_error=error[:500], next_try_at=now + delay)
    )


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Delete rows handed over before an instant; return how many."""
    result = await connection.execute(delete(OUTBOX).where(OUTBOX.c.sent_at < before))
    return result.rowcount
