"""How far a canary has come: which of its steps were taken, and which batches notifier has taken over."""

from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import StepKind, StepOutcome
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import BATCH, CANARY_RUN, LADDER_STEP

_PROVING = (StepKind.ANNOUNCE, StepKind.DUE)
"""The one speaks in the transaction of the issue, the other is fired by Temporal."""


async def missing(connection: AsyncConnection, document_id: UUID) -> list[str]:
    """Return what a canary's steps still lack, in words of the code; empty once fact, step and hand-over are proved."""
    query = (
        select(LADDER_STEP.c.kind, LADDER_STEP.c.outcome, BATCH.c.handed_at)
        .outerjoin(BATCH, BATCH.c.id == LADDER_STEP.c.batch_id)
        .where(LADDER_STEP.c.document_id == document_id, LADDER_STEP.c.kind.in_(_PROVING))
        .order_by(LADDER_STEP.c.fire_at)
    )
    found = list(await connection.execute(query))
    lacking = [f"{kind}: not armed" for kind in _PROVING if kind not in {row.kind for row in found}]
    for row in found:
        if row.outcome != StepOutcome.TAKEN:
            lacking.append(f"{row.kind}: step not taken")
        elif row.handed_at is None:
            lacking.append(f"{row.kind}: batch not taken over by notifier")
    return lacking


async def latest(connection: AsyncConnection) -> Row[Any] | None:
    """Return the canary let go last."""
    query = select(CANARY_RUN).order_by(CANARY_RUN.c.started_at.desc(), CANARY_RUN.c.id.desc()).limit(1)
    return (await connection.execute(query)).one_or_none()
