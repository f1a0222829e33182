"""Outcomes not yet reported to plan-api, and what the operator's view reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import Outcome
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

_UNREPORTED = text(
    """
    select id, state, channel, settled_at, detail from notice
    where batch_id = :batch and state <> 'pending' and reported_at is null
    limit :limit
    """
)
_REPORTED = text(
    """
    update notice n set reported_at = :now
    from unnest(cast(:ids as uuid[]), cast(:ats as timestamptz[])) as x(id, at)
    where n.batch_id = :batch and n.id = x.id and n.settled_at = x.at and n.reported_at is null
    """
)
_OPEN = text("select count(*) from notice where batch_id = :batch and state = 'pending'")
_FINISHED = text("update batch set finished_at = coalesce(finished_at, :now) where id = :batch")
_STRAGGLERS = text(
    """
    select distinct n.batch_id from notice n join batch b on b.id = n.batch_id
    where n.state <> 'pending' and n.reported_at is null and b.finished_at is not null
    limit 100
    """
)
_COUNTS = text(
    """
    select state, count(*) as number from delivery
    where state not in ('accepted', 'standby', 'withheld') and state not in ('delivered', 'replaced') group by state
    """
)
_PAGE = text(
    """
    select id, notice_id, position, channel, state, attempts, retry_at, claimed_at, transmitting_at, finished_at,
        message_id, detail
    from delivery
    where batch_id = :batch and (cast(:after as uuid) is null or id > cast(:after as uuid))
    order by id limit :limit
    """
)


_OF_NOTICE = text(
    """
    select id, notice_id, position, channel, state, attempts, retry_at, claimed_at, transmitting_at, finished_at,
        message_id, detail
    from delivery where notice_id = :notice order by position, id
    """
)


async def deliveries_of_notice(connection: AsyncConnection, notice_id: UUID) -> Sequence[RowMapping]:
    """Return the deliveries of a notice in the order of its addresses, without any of these."""
    return (await connection.execute(_OF_NOTICE, {"notice": notice_id})).mappings().all()


async def unreported(connection: AsyncConnection, batch_id: UUID, limit: int) -> list[Outcome]:
    """Return settled notices of a batch that plan-api has not heard of in their present state."""
    rows = await connection.execute(_UNREPORTED, {"batch": batch_id, "limit": limit})
    return [
        Outcome(notice_id=row.id, state=row.state, channel=row.channel, at=row.settled_at, detail=row.detail)
        for row in rows
    ]


async def mark_reported(
    connection: AsyncConnection, batch_id: UUID, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Remember that these outcomes were reported; one corrected meanwhile stays to be reported again."""
    await connection.execute(
        _REPORTED,
        {
            "batch": batch_id,
            "now": now,
            "ids": [outcome.notice_id for outcome in outcomes],
            "ats": [outcome.at for outcome in outcomes],
        },
    )


async def open_notices(connection: AsyncConnection, batch_id: UUID) -> int:
    """Count notices not settled yet."""
    return int((await connection.execute(_OPEN, {"batch": batch_id})).scalar_one())


async def finish_batch(connection: AsyncConnection, batch_id: UUID, now: datetime) -> None:
    """Close the batch; the first time counts."""
    await connection.execute(_FINISHED, {"batch": batch_id, "now": now})


async def stragglers(connection: AsyncConnection) -> list[UUID]:
    """Return finished batches with outcomes corrected since (late answers, bounces)."""
    return list((await connection.execute(_STRAGGLERS)).scalars())


async def delivery_counts(connection: AsyncConnection) -> dict[str, int]:
    """Count deliveries by state, except the uneventful ones."""
    return {row.state: row.number for row in await connection.execute(_COUNTS)}


async def delivery_page(
    connection: AsyncConnection, batch_id: UUID, after: UUID | None, limit: int
) -> Sequence[RowMapping]:
    """Return deliveries of a batch after a cursor, without any address."""
    parameters: dict[str, Any] = {"batch": batch_id, "after": after, "limit": limit}
    return (await connection.execute(_PAGE, parameters)).mappings().all()
