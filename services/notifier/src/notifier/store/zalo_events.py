"""What Zalo told us by webhook: recorded before it is answered, worked on afterwards, its content erased then.

An event is known by its identity: recording it again changes nothing. One that is taken up and not worked off is free
again after a while.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.models import ZaloEvent, table

events = table(ZaloEvent)

LEASE: Final = timedelta(minutes=2)

_TAKE_UP: Final = text(
    """
    with picked as (
        select id from zalo_event where worked_at is null and next_at <= :now
        order by next_at limit :limit for update skip locked
    )
    update zalo_event e set next_at = cast(:now as timestamptz) + cast(:lease as interval), attempts = e.attempts + 1
    from picked p where e.id = p.id
    returning e.id, e.name, e.happened_at, e.received_at, e.attempts, e.body_enc
    """
).columns(events.c.id, events.c.name, events.c.happened_at, events.c.received_at, events.c.attempts, events.c.body_enc)


@dataclass(frozen=True, slots=True)
class Event:
    """An event taken up; `body` is JSON with personal data."""

    id: bytes
    name: str
    happened_at: datetime
    received_at: datetime
    attempts: int
    body: str

    def __repr__(self) -> str:
        return f"Event({self.name})"


async def record(connection: AsyncConnection, event: Event, signed_by: str) -> bool:
    """Record an event to be worked on; False when it is known."""
    statement = insert(events).values(
        id=event.id,
        name=event.name,
        happened_at=event.happened_at,
        received_at=event.received_at,
        next_at=event.received_at,
        attempts=0,
        signed_by=signed_by,
        body_enc=event.body,
    )
    return (await connection.execute(statement.on_conflict_do_nothing())).rowcount > 0


async def take_up(connection: AsyncConnection, now: datetime, limit: int) -> list[Event]:
    """Return events to work on now, theirs for `LEASE`."""
    rows = await connection.execute(_TAKE_UP, {"now": now, "limit": limit, "lease": LEASE})
    return [
        Event(row.id, row.name, row.happened_at, row.received_at, row.attempts, row.body_enc or "{}") for row in rows
    ]


async def worked_off(connection: AsyncConnection, event_id: bytes, outcome: str, now: datetime) -> None:
    """Record what came of an event and erase its content."""
    await connection.execute(
        update(events).where(events.c.id == event_id).values(worked_at=now, outcome=outcome, body_enc=None)
    )


async def put_off(connection: AsyncConnection, event_id: bytes, until: datetime, why: str) -> None:
    """Work on an event again later."""
    await connection.execute(update(events).where(events.c.id == event_id).values(next_at=until, outcome=why))


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Forget events worked on that happened before an instant far outside of the replay window; return how many."""
    gone = delete(events).where(events.c.worked_at.is_not(None), events.c.happened_at < before)
    return (await connection.execute(gone)).rowcount


async def counts(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Return how many events of each name ended how, and when the latest came."""
    statement = (
        select(
            events.c.name,
            events.c.outcome,
            func.count().label("events"),
            func.max(events.c.received_at).label("latest_at"),
        )
        .group_by(events.c.name, events.c.outcome)
        .order_by(events.c.name, events.c.outcome)
    )
    return [dict(row._mapping) for row in await connection.execute(statement)]
