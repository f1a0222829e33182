"""Alarms kept until they were told. A key names what is wrong; raising it again counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

AGAIN_AFTER: Final = timedelta(days=1)
"""What keeps coming is told once in so long."""

_RAISE: Final = text(
    """
    insert into alarm (key, first_at, last_at, times)
    select key, :now, :now, 1 from unnest(cast(:keys as text[])) as k(key)
    on conflict (key) do update set last_at = excluded.last_at, times = alarm.times + 1
    """
)

_CLAIM: Final = text(
    """
    update alarm set told_at = :now
    where key in (
        select key from alarm
        where told_at is null or (last_at > told_at and told_at <= cast(:now as timestamptz) - cast(:again as interval))
        for update skip locked)
    returning key, first_at, last_at, times
    """
)

_UNCLAIM: Final = text("update alarm set told_at = null where key = any(cast(:keys as text[]))")


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm: first and last seen, and how often."""

    key: str
    first_at: datetime
    last_at: datetime
    times: int


async def raise_alarms(connection: AsyncConnection, keys: Collection[str], now: datetime) -> None:
    """Record that something is wrong."""
    if keys:
        await connection.execute(_RAISE, {"keys": sorted(keys), "now": now})


async def claim_alarms(connection: AsyncConnection, now: datetime) -> list[Raised]:
    """Return alarms nobody was told of (lately), and mark them told."""
    rows = await connection.execute(_CLAIM, {"now": now, "again": AGAIN_AFTER})
    return sorted((Raised(**row._mapping) for row in rows), key=lambda raised: raised.key)


async def unclaim_alarms(connection: AsyncConnection, keys: Collection[str]) -> None:
    """Have alarms told again: the message did not leave."""
    await connection.execute(_UNCLAIM, {"keys": list(keys)})
