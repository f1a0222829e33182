"""Gathering what waits for one person's digest: deliveries of every batch, claimed together under one token."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.store.pages import SLACK, TAKE, TAKEN, Claimed, claimed_of

_GATHERING: Final = 7_364_101
"""Key of the lock under which digests are gathered."""

_PICK_ALIKE: Final = """
    with picked as (
        select d.month, d.id from delivery d join batch b on b.id = d.batch_id
        where d.state = 'pending' and d.digest and d.channel = 'email'
          and d.address_index = any(cast(:addresses as bytea[]))
          and coalesce(greatest(d.retry_at, d.not_before, b.not_before), cast(:due as timestamptz)) <= :due
        order by d.address_index, d.id limit :limit for update of d skip locked
    )
    """
_GATHER = text(_PICK_ALIKE + TAKE).columns(*TAKEN)

_DIGESTS_DUE = text(
    """
    select pg_advisory_xact_lock(:key) where exists (
        select from delivery where batch_id = :batch and state = 'pending' and digest and not_before <= :due)
    """
)


_PUT_OFF = text(
    """
    update delivery d set digest = true, not_before = d.digest_at, detail = 'daily_cap'
    where d.batch_id = :batch and d.state = 'pending' and not d.digest and d.digest_at > :now
      and coalesce(greatest(d.retry_at, d.not_before), cast(:due as timestamptz)) <= :due
      and d.daily_cap <= (
        select count(distinct s.message_id) from delivery s
        where s.address_index in (
            select o.address_index from delivery o where o.month = d.month and o.notice_id = d.notice_id)
          and s.transmitting_at >= :since
          and s.state in ('transmitting', 'accepted', 'awaiting', 'delivered', 'unknown'))
    returning d.id
    """
)


async def put_off(connection: AsyncConnection, batch_id: UUID, since: datetime, now: datetime) -> int:
    """Put what is beyond a person's cap of the day (begun at `since`) into the next digest; return how many.

    Messages are counted over all channels the notice has an address of; a digest is one.
    """
    parameters = {"batch": batch_id, "since": since, "now": now, "due": now + SLACK}
    return len((await connection.execute(_PUT_OFF, parameters)).all())


async def digests_due(connection: AsyncConnection, batch_id: UUID, now: datetime) -> bool:
    """Return whether digests of a batch are due; if so nobody else gathers until the transaction ends.

    So two pages never begin two digests for one address.
    """
    parameters = {"key": _GATHERING, "batch": batch_id, "due": now + SLACK}
    return (await connection.execute(_DIGESTS_DUE, parameters)).first() is not None


async def gather(
    connection: AsyncConnection, token: UUID, now: datetime, addresses: Collection[bytes], limit: int
) -> list[Claimed]:
    """Claim whatever else waits for the digest of these addresses, of every batch; call under `digests_due`."""
    result = await connection.execute(
        _GATHER, {"token": token, "now": now, "due": now + SLACK, "addresses": list(addresses), "limit": limit}
    )
    return [claimed_of(row._mapping) for row in result]
