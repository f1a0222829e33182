"""Claiming deliveries and settling notices, set-based.

A claim is a token on the row. A claim that was not carried through is free again after `CLAIM_LEASE`; a transmission of
which nothing was heard becomes `unknown`, never `pending`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cascade_contracts.delivery import AnyFacts, NoticeRecipient, Withheld
from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.models import Delivery, Notice, table

CLAIM_LEASE: Final = timedelta(seconds=10)
"""A claim older than this is nobody's; it is also the age at which a clearance is too old to send on."""

SLACK: Final = timedelta(seconds=2)
"""How much early a retry may come, so that clocks of two machines need not agree to the second."""

_deliveries, _notices = table(Delivery), table(Notice)
_FACTS: Final[TypeAdapter[AnyFacts]] = TypeAdapter(AnyFacts)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One delivery claimed, with everything its message needs."""

    month: date
    id: UUID
    batch_id: UUID
    notice_id: UUID
    channel: str
    address: str
    address_index: bytes
    attempts: int
    created_at: datetime
    template: str
    template_version: int
    recipient: NoticeRecipient
    facts: AnyFacts
    digest: bool = False


_EXPIRE = text(
    """
    update delivery set
        state = case when state = 'claimed' then 'pending' else 'unknown' end,
        detail = case when state = 'claimed' then detail else 'interrupted while transmitting' end,
        finished_at = case when state = 'claimed' then finished_at else cast(:now as timestamptz) end
    where batch_id = :batch and (
        (state = 'claimed' and claimed_at <= :claimed_before)
        or (state = 'transmitting' and transmitting_at <= :transmitting_before))
    returning notice_id, state
    """
)

_SUPPRESS = text(
    """
    update delivery d set state = 'suppressed', detail = s.reason, finished_at = :now
    from suppression s
    where d.batch_id = :batch and d.state = 'pending' and s.address_index = d.address_index
    returning d.notice_id
    """
)

_PASS_OVER = text(
    """
    update delivery d set state = 'expired', detail = 'the channel does not work', finished_at = :now
    where d.batch_id = :batch and d.state = 'pending' and d.channel = any(cast(:channels as text[])) and exists (
        select from delivery s where s.month = d.month and s.notice_id = d.notice_id and s.state = 'standby'
            and s.channel <> all(cast(:channels as text[])))
    returning d.notice_id
    """
)

_PICK: Final = """
    with picked as (
        select month, id from delivery
        where batch_id = :batch and state = 'pending'
          and coalesce(greatest(retry_at, not_before), cast(:due as timestamptz)) <= :due
          and channel <> all(cast(:closed as text[]))
        order by id limit :limit for update skip locked
    )
    """
TAKE: Final = """
    update delivery d set state = 'claimed', attempt_token = :token, claimed_at = :now, attempts = d.attempts + 1
    from picked p, notice n
    where d.month = p.month and d.id = p.id and n.month = d.month and n.id = d.notice_id
    returning d.month, d.id, d.batch_id, d.notice_id, d.channel, d.address_enc, d.address_index, d.attempts,
        d.created_at, d.digest, n.template, n.template_version, n.recipient, n.facts, n.link_enc
    """
TAKEN: Final = (
    _deliveries.c.month,
    _deliveries.c.id,
    _deliveries.c.batch_id,
    _deliveries.c.notice_id,
    _deliveries.c.channel,
    _deliveries.c.address_enc,
    _deliveries.c.address_index,
    _deliveries.c.attempts,
    _deliveries.c.created_at,
    _deliveries.c.digest,
    _notices.c.template,
    _notices.c.template_version,
    _notices.c.recipient,
    _notices.c.facts,
    _notices.c.link_enc,
)
_CLAIM = text(_PICK + TAKE).columns(*TAKEN)

_RELEASE = text(
    """
    update delivery set state = 'pending', attempt_token = null, attempts = attempts - 1, retry_at = :retry_at
    where id = any(cast(:ids as uuid[])) and state = 'claimed' and attempt_token = :token
    """
)

_HOLD = text(
    """
    update delivery set state = 'pending', attempt_token = null, detail = 'held',
        retry_at = cast(:now as timestamptz)
            + least(interval '30 seconds' * power(2, least(attempts, 12) - 1), interval '6 hours')
    where batch_id = :batch and state = 'claimed' and attempt_token = :token
      and notice_id = any(cast(:notices as uuid[]))
    """
)

_WAKE = text("update delivery set retry_at = null where batch_id = :batch and state = 'pending' and detail = 'held'")

_WITHHOLD = text(
    """
    with reasons as (select * from unnest(cast(:notices as uuid[]), cast(:reasons as text[])) as r(notice_id, reason)),
    stopped as (
        update delivery d set state = 'withheld', finished_at = :now, detail = r.reason
        from reasons r
        where d.month = :month and d.notice_id = r.notice_id and (
            d.state in ('standby', 'pending') or (d.state = 'claimed' and d.attempt_token = :token))
        returning d.notice_id
    )
    update notice n set state = 'withheld', detail = r.reason, settled_at = :now, reported_at = null, link_enc = null
    from reasons r
    where n.month = :month and n.id = r.notice_id and n.state = 'pending' and n.id in (select notice_id from stopped)
    """
)

_PROMOTE = text(
    """
    update delivery d set state = 'pending'
    from (
        select distinct on (s.notice_id) s.month, s.id from delivery s
        where s.month = :month and s.notice_id = any(cast(:notices as uuid[])) and s.state = 'standby'
          and not exists (
            select 1 from delivery a
            where a.month = s.month and a.notice_id = s.notice_id
              and a.state in ('pending', 'claimed', 'transmitting', 'accepted', 'awaiting', 'delivered',
                              'unknown', 'withheld'))
        order by s.notice_id, s.position
    ) p
    where d.month = p.month and d.id = p.id
    """
)

_SETTLE = text(
    """
    update notice n set state = v.state, channel = v.channel, detail = v.detail, settled_at = :now,
        reported_at = null, link_enc = null
    from (
        select n.month, n.id,
            case when bool_or(d.state in ('accepted', 'delivered')) then 'delivered'
                 when bool_or(d.state = 'unknown') then 'unknown'
                 when bool_or(d.state in ('failed', 'expired') and d.attempts > 0) then 'failed'
                 else 'unreachable' end as state,
            (array_agg(d.channel order by d.state in ('accepted', 'delivered') desc, d.state = 'unknown' desc,
                                 d.position desc)
                filter (where d.attempts > 0))[1] as channel,
            case when count(d.id) = 0 then 'no_address'
                 else (array_agg(d.detail order by d.state in ('accepted', 'delivered') desc, d.state = 'unknown' desc,
                                 d.position desc))[1] end as detail
        from notice n
        left join delivery d on d.month = n.month and d.notice_id = n.id and d.state <> 'replaced'
        where n.month = :month and n.id = any(cast(:notices as uuid[])) and n.state = any(cast(:from_states as text[]))
        group by n.month, n.id
        having coalesce(bool_or(d.state in ('accepted', 'delivered', 'unknown')), false)
            or not coalesce(bool_or(d.state in ('pending', 'claimed', 'transmitting', 'awaiting', 'standby')), false)
    ) v
    where n.month = v.month and n.id = v.id and n.state <> v.state
    returning n.id
    """
)

_WAITING = text(
    """
    select
        (select count(*) from notice where batch_id = :batch and state = 'pending') as remaining,
        (select count(*) from delivery where batch_id = :batch and state = 'pending'
            and coalesce(greatest(retry_at, not_before), cast(:due as timestamptz)) <= :due
            and channel <> all(cast(:closed as text[]))) as ready,
        least(
            (select min(greatest(retry_at, not_before)) from delivery where batch_id = :batch and state = 'pending'
                and channel <> all(cast(:closed as text[]))),
            (select min(case when state = 'claimed' then claimed_at + cast(:claim_lease as interval)
                             else transmitting_at + cast(:transmit_lease as interval) end)
                from delivery where batch_id = :batch and state in ('claimed', 'transmitting')),
            (select min(retry_at) from delivery where batch_id = :batch and state = 'awaiting')
        ) as retry_at
    """
)


async def expire(connection: AsyncConnection, batch_id: UUID, now: datetime, transmit_lease: timedelta) -> list[UUID]:
    """Free abandoned claims, give up abandoned transmissions; return the notices of the latter."""
    result = await connection.execute(
        _EXPIRE,
        {
            "batch": batch_id,
            "now": now,
            "claimed_before": now - CLAIM_LEASE,
            "transmitting_before": now - transmit_lease,
        },
    )
    return [row.notice_id for row in result if row.state == "unknown"]


async def suppress(connection: AsyncConnection, batch_id: UUID, now: datetime) -> list[UUID]:
    """Take suppressed addresses out of what is pending; return their notices."""
    result = await connection.execute(_SUPPRESS, {"batch": batch_id, "now": now})
    return list(result.scalars())


async def pass_over(
    connection: AsyncConnection, batch_id: UUID, channels: Collection[str], now: datetime
) -> list[UUID]:
    """Give up waiting for channels that do not work where another address stands by; return the notices."""
    if not channels:
        return []
    parameters = {"batch": batch_id, "channels": list(channels), "now": now}
    return list((await connection.execute(_PASS_OVER, parameters)).scalars())


async def claim(
    connection: AsyncConnection, batch_id: UUID, token: UUID, now: datetime, limit: int, closed: Collection[str]
) -> list[Claimed]:
    """Claim pending deliveries that are due, except on closed channels."""
    result = await connection.execute(
        _CLAIM,
        {
            "batch": batch_id,
            "token": token,
            "now": now,
            "due": now + SLACK,
            "limit": limit,
            "closed": list(closed),
        },
    )
    return [claimed_of(row._mapping) for row in result]


def claimed_of(row: Any) -> Claimed:
    """Return what a row of `TAKEN` says."""
    facts = _FACTS.validate_python(row["facts"] | {"link": row["link_enc"]})
    return Claimed(
        month=row["month"],
        id=row["id"],
        batch_id=row["batch_id"],
        notice_id=row["notice_id"],
        channel=row["channel"],
        address=row["address_enc"],
        address_index=row["address_index"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        template=row["template"],
        template_version=row["template_version"],
        recipient=NoticeRecipient.model_validate(row["recipient"]),
        facts=facts,
        digest=row["digest"],
    )


async def release(connection: AsyncConnection, token: UUID, ids: list[UUID], retry_at: datetime | None = None) -> None:
    """Give claims back unused."""
    await connection.execute(_RELEASE, {"token": token, "ids": ids, "retry_at": retry_at})


async def hold(connection: AsyncConnection, batch_id: UUID, token: UUID, notices: list[UUID], now: datetime) -> None:
    """Put claims back to be asked about again: when woken, else after 30 seconds, then doubling up to six hours."""
    await connection.execute(_HOLD, {"batch": batch_id, "token": token, "notices": notices, "now": now})


async def wake(connection: AsyncConnection, batch_id: UUID) -> None:
    """Let everything of a batch that is held be claimed at once."""
    await connection.execute(_WAKE, {"batch": batch_id})


async def withhold(
    connection: AsyncConnection, month: date, token: UUID, withheld: list[Withheld], now: datetime
) -> None:
    """Settle notices that are no longer owed."""
    await connection.execute(
        _WITHHOLD,
        {
            "month": month,
            "token": token,
            "now": now,
            "notices": [item.notice_id for item in withheld],
            "reasons": [item.reason for item in withheld],
        },
    )


async def settle(
    connection: AsyncConnection, month: date, notices: Collection[UUID], now: datetime, *, correct: bool = False
) -> int:
    """Let the next address step in where one failed, and settle notices all of whose addresses are decided.

    `correct` also changes what was settled before (a late answer, a bounce); a corrected notice is reported again.
    """
    if not notices:
        return 0
    parameters = {"month": month, "notices": list(notices)}
    await connection.execute(_PROMOTE, parameters)
    states = ["pending", "unknown", "delivered"] if correct else ["pending", "unknown"]
    result = await connection.execute(_SETTLE, parameters | {"now": now, "from_states": states})
    return len(result.all())


_DECIDED = text(
    """
    select distinct n.id from notice n join delivery d on d.month = n.month and d.notice_id = n.id
    where n.batch_id = :batch and n.state = 'pending'
      and d.state in ('accepted', 'delivered', 'unknown', 'failed', 'expired', 'suppressed')
    """
)


async def decided(connection: AsyncConnection, batch_id: UUID) -> list[UUID]:
    """Return open notices some address of which is decided: work of a page that was cut off before it settled."""
    return list((await connection.execute(_DECIDED, {"batch": batch_id})).scalars())


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is left of a batch: open notices, deliveries ready now, and the instant anything changes by itself."""

    remaining: int
    ready: int
    retry_at: datetime | None


async def waiting(
    connection: AsyncConnection, batch_id: UUID, now: datetime, closed: Collection[str], transmit_lease: timedelta
) -> Waiting:
    """Return what is left of a batch."""
    row = (
        await connection.execute(
            _WAITING,
            {
                "batch": batch_id,
                "due": now + SLACK,
                "closed": list(closed),
                "claim_lease": CLAIM_LEASE,
                "transmit_lease": transmit_lease,
            },
        )
    ).one()
    return Waiting(row.remaining, row.ready, row.retry_at)
