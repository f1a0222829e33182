"""What the scenario clock asks of the facts, read straight from the two databases in one query each.

The clock looks hundreds of times a second, hence plain connections without transactions.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Self

import asyncpg
from cascade_contracts.delivery import delivery_id
from cascade_contracts.supervision import supervision_id

from harness.clock import Due, Outlook

_PLAN_API: Final = """
    with in_force as (
        select d.id from document d where d.state = 'issued'
        and not exists (select from suspension s where s.document_id = d.id and s.until_at is null)
    )
    select 'supervision' as what, l.document_id as id, min(l.fire_at) as at
        from ladder_step l join in_force d on d.id = l.document_id where l.outcome is null group by l.document_id
    union all
    select 'supervision', r.document_id, least(r.settled_at, r.closed_at)
        from round r join in_force d on d.id = r.document_id
        where r.kind = 'report' and r.consolidated_at is null and least(r.settled_at, r.closed_at) is not null
    union all
    select 'supervision', e.document_id, e.next_opens_at
        from recurrence e join in_force d on d.id = e.document_id where e.next_opens_at is not null
    union all
    select 'delivery', id, case when handed_at is null then created_at else not_before end
        from batch where finished_at is null
    union all
    select 'unsent', null, null from outbox where sent_at is null
"""

_NOTIFIER: Final = """
    select d.batch_id as id, min(coalesce(
        case d.state
            when 'claimed' then d.claimed_at + interval '10 seconds'
            when 'transmitting' then d.transmitting_at + interval '15 seconds'
            else greatest(d.retry_at, d.not_before, case when h.state = 'down' then h.retry_at end)
        end, b.not_before)) as at
    from delivery d join batch b on b.id = d.batch_id left join channel_health h on h.channel = d.channel
    where d.state in ('pending', 'claimed', 'transmitting') and d.batch_id = any($1)
    group by d.batch_id
"""
"""When a page of a batch can next do something: what was left half done waits for its lease."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """Steps, drafts, batches and outbox of plan-api, and the next tries of notifier."""

    plan_api: "asyncpg.Connection[asyncpg.Record]"
    notifier: "asyncpg.Connection[asyncpg.Record]"

    @classmethod
    @asynccontextmanager
    async def open(cls, plan_api_url: str, notifier_url: str) -> AsyncIterator[Self]:
        """Connect to both databases."""
        plan_api = await asyncpg.connect(plan_api_url.replace("+asyncpg", ""))
        notifier = await asyncpg.connect(notifier_url.replace("+asyncpg", ""))
        try:
            yield cls(plan_api, notifier)
        finally:
            await notifier.close()
            await plan_api.close()

    async def outlook(self) -> Outlook:
        """Return the next instant of every document in force and of every batch not finished."""
        rows = await self.plan_api.fetch(_PLAN_API)
        due = [Due(row["at"], supervision_id(row["id"])) for row in rows if row["what"] == "supervision"]
        batches = {row["id"]: row["at"] for row in rows if row["what"] == "delivery"}
        if batches:
            tries = {row["id"]: row["at"] for row in await self.notifier.fetch(_NOTIFIER, list(batches))}
            due += [Due(max(at, tries.get(batch) or at), delivery_id(batch)) for batch, at in batches.items()]
        return Outlook(due, unsent=sum(row["what"] == "unsent" for row in rows))
