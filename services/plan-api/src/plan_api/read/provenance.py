"""What a consolidated figure was made of: the reports behind it, one level down or down to the leaves."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Integer, Row, String, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

_PAGE: Final = text(
    """
    with recursive source (submission_id, depth) as (
        select submission_id, 1 from consolidation_source where consolidation_id = :consolidation_id
        union all
        select below.submission_id, source.depth + 1
        from source
        join submission on submission.id = source.submission_id
        join consolidation on consolidation.id = submission.consolidation_id
        join consolidation_source below on below.consolidation_id = consolidation.id
        where :leaves and (
            consolidation.content -> 'form' -> 'values' -> :field = submission.filled -> :field
            or consolidation.content -> 'figures' -> :field ->> 'total' = submission.figures ->> :field
        )
    )
    select unit.id as unit_id, unit.name as unit_name, unit.name_sort, obligation.round_id, submission.obligation_id,
           submission.id as submission_id, submission.version, submission.kind, submission.received_at,
           submission.consolidation_id, submission.seat_id, account.name as account_name, source.depth,
           coalesce(submission.filled -> :field, submission.figures -> :field) as value
    from source
    join submission on submission.id = source.submission_id
    join obligation on obligation.id = submission.obligation_id
    join unit on unit.id = obligation.unit_id
    left join account on account.id = submission.account_id
    left join consolidation on consolidation.id = submission.consolidation_id
    where coalesce(submission.filled -> :field, submission.figures -> :field) is not null
      and (not :leaves or consolidation.id is null or not coalesce(
            consolidation.content -> 'form' -> 'values' -> :field = submission.filled -> :field
            or consolidation.content -> 'figures' -> :field ->> 'total' = submission.figures ->> :field, false))
      and (unit.name_sort, submission.id) > (:after_name, :after_id)
    order by unit.name_sort, submission.id
    limit :limit
    """
).bindparams(
    bindparam("consolidation_id", type_=Uuid),
    bindparam("field", type_=String),
    bindparam("leaves", type_=Boolean),
    bindparam("after_name", type_=String),
    bindparam("after_id", type_=Uuid),
    bindparam("limit", type_=Integer),
)
"""A report is opened further where what it brought up is what the consolidation below it had merged."""

_FIRST: Final = ("", UUID(int=0))


async def provenance(
    connection: AsyncConnection,
    consolidation_id: UUID,
    field: str,
    *,
    leaves: bool,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return the reports behind a figure by unit name; `depth` counts levels down from 1."""
    after_name, after_id = after or _FIRST
    found = await connection.execute(
        _PAGE,
        {
            "consolidation_id": consolidation_id,
            "field": field,
            "leaves": leaves,
            "after_name": after_name,
            "after_id": after_id,
            "limit": limit,
        },
    )
    return found.all()
