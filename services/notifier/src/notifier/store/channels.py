"""Health of channels and the suppression list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.models import ChannelHealth, Suppression, table

health, suppressions = table(ChannelHealth), table(Suppression)

LONGEST_PAUSE: Final = timedelta(seconds=60)


def pause(failures: int) -> timedelta:
    """Return how long a channel rests after so many failures in a row: 4, 8, 16 … seconds, at most a minute."""
    return min(timedelta(seconds=2 ** min(max(failures, 1) + 1, 10)), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Health:
    """Standing of one channel."""

    channel: str
    state: str
    since: datetime
    failures: int
    retry_at: datetime | None
    detail: str | None


async def channel_health(connection: AsyncConnection) -> list[Health]:
    """Return the standing of every channel that was ever tried."""
    rows = await connection.execute(select(health).order_by(health.c.channel))
    return [Health(**row._mapping) for row in rows]


async def channel_down(
    connection: AsyncConnection,
    channel: str,
    detail: str,
    now: datetime,
    rest: timedelta | None = None,
    retry_scale: float = 1.0,
) -> None:
    """Record a failure of the channel itself, which rests so long (scaled); failures within one pause count once."""
    known = (
        await connection.execute(select(health).where(health.c.channel == channel).with_for_update())
    ).one_or_none()
    was_down = known is not None and known.state == "down"
    if known is not None and was_down and known.retry_at is not None and known.retry_at > now:
        return
    failures = known.failures + 1 if known is not None and was_down else 1
    values = {
        "state": "down",
        "since": known.since if known is not None and was_down else now,
        "failures": failures,
        "retry_at": now + (rest or pause(failures)) * retry_scale,
        "detail": detail,
    }
    await connection.execute(
        insert(health).values(channel=channel, **values).on_conflict_do_update(index_elements=["channel"], set_=values)
    )


_UP = text(
    """
    insert into channel_health (channel, state, since, failures) values (:channel, 'up', :now, 0)
    on conflict (channel) do update set state = 'up', since = :now, failures = 0, retry_at = null, detail = null
    where channel_health.state <> 'up'
    """
)


async def channel_up(connection: AsyncConnection, channel: str, now: datetime) -> None:
    """Record that the channel works."""
    await connection.execute(_UP, {"channel": channel, "now": now})


async def suppress_addresses(
    connection: AsyncConnection, entries: Iterable[tuple[bytes, str, str]], now: datetime
) -> None:
    """Put (index, channel, reason) on the suppression list; the first reason stays."""
    rows = [
        {"address_index": index, "channel": channel, "reason": reason, "since": now}
        for index, channel, reason in entries
    ]
    if rows:
        await connection.execute(insert(suppressions).on_conflict_do_nothing(), rows)
