"""Receipts: what a vendor said, or did not say, of messages it took. Set-based; repeating any of it does no harm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_TAKE_UP: Final = text(
    """
    with picked as (
        select month, id from delivery where batch_id = :batch and state = 'awaiting' and retry_at <= :now
        order by retry_at limit :limit for update skip locked
    )
    update delivery d set retry_at = cast(:now as timestamptz)
        + greatest(cast(:pause as interval), least(:now - d.transmitting_at, d.receipt_by - :now))
    from picked p where d.month = p.month and d.id = p.id
    returning d.month, d.id, d.notice_id, d.channel, d.vendor_id, d.receipt_by
    """
)

_DELIVERED: Final = text(
    """
    update delivery d set state = 'delivered', finished_at = x.at, detail = null, retry_at = null,
        vendor_id = coalesce(d.vendor_id, x.vendor_id)
    from unnest(cast(:ids as uuid[]), cast(:ats as timestamptz[]), cast(:vendor_ids as text[])) as x(id, at, vendor_id)
    where d.id = x.id and d.state in ('transmitting', 'awaiting', 'unknown', 'expired')
    returning d.month, d.batch_id, d.notice_id
    """
)

_EXPIRED: Final = text(
    """
    update delivery set state = 'expired', finished_at = :now, detail = 'no receipt in time', retry_at = null
    where id = any(cast(:ids as uuid[])) and state = 'awaiting'
    returning notice_id
    """
)

_FIND: Final = text(
    """
    select id from delivery where vendor_id = :vendor_id
    union
    select id from delivery where :tracking_id <> '' and message_id = :tracking_id and channel = :channel
    """
)


@dataclass(frozen=True, slots=True)
class Owed:
    """A message whose receipt is owed by `receipt_by`."""

    month: date
    id: UUID
    notice_id: UUID
    channel: str
    vendor_id: str | None
    receipt_by: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message was delivered at an instant; `vendor_id` as the vendor calls it."""

    delivery_id: UUID
    at: datetime
    vendor_id: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A delivery that a receipt changed."""

    month: date
    batch_id: UUID
    notice_id: UUID


async def take_up(
    connection: AsyncConnection, batch_id: UUID, now: datetime, pause: timedelta, limit: int
) -> list[Owed]:
    """Return messages of a batch whose receipt is to be asked for now; each is asked ever more rarely."""
    parameters = {"batch": batch_id, "now": now, "pause": pause, "limit": limit}
    return [Owed(**row._mapping) for row in await connection.execute(_TAKE_UP, parameters)]


async def mark_delivered(connection: AsyncConnection, receipts: Sequence[Receipt]) -> list[Changed]:
    """Record receipts; return what they changed. A receipt also corrects what had expired or was unknown."""
    if not receipts:
        return []
    parameters = {
        "ids": [receipt.delivery_id for receipt in receipts],
        "ats": [receipt.at for receipt in receipts],
        "vendor_ids": [receipt.vendor_id for receipt in receipts],
    }
    return [Changed(**row._mapping) for row in await connection.execute(_DELIVERED, parameters)]


async def mark_expired(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Give up waiting for receipts; return the notices."""
    if not ids:
        return []
    return list((await connection.execute(_EXPIRED, {"ids": list(ids), "now": now})).scalars())


async def find(connection: AsyncConnection, channel: str, vendor_id: str, tracking_id: str) -> list[UUID]:
    """Return the deliveries a vendor means by its id of a message, or by ours that it echoes."""
    parameters = {"vendor_id": vendor_id, "tracking_id": tracking_id, "channel": channel}
    return list((await connection.execute(_FIND, parameters)).scalars())
