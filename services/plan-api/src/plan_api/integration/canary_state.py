"""What is remembered of canaries: when each was let go, by when it had to be back, and whether it came."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cascade_contracts.ids import new_id
from sqlalchemy import Row, Table, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.integration.models import CanaryRun

RUN: Table = CanaryRun.__table__  # type: ignore[attr-defined]

_LOCK: Final = 0x7C05_CA7A


async def turn(connection: AsyncConnection) -> bool:
    """Return whether this process may look after the canary now; the others wait for their next look."""
    return bool((await connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK)))).scalar_one())


async def latest(connection: AsyncConnection) -> Row[Any] | None:
    """Return the canary let go last."""
    query = select(RUN).order_by(RUN.c.started_at.desc(), RUN.c.id.desc()).limit(1)
    return (await connection.execute(query)).one_or_none()


async def started(connection: AsyncConnection, document_id: UUID | None, now: datetime, expected_by: datetime) -> UUID:
    """Remember a canary let go; return its id."""
    run_id = new_id()
    row = {"id": run_id, "document_id": document_id, "started_at": now, "expected_by": expected_by}
    await connection.execute(insert(RUN).values(row))
    return run_id


async def ended(connection: AsyncConnection, run_id: UUID, now: datetime, *, proved: bool, detail: str | None) -> None:
    """Remember what became of a canary."""
    values = {"ended_at": now, "proved": proved, "detail": detail}
    await connection.execute(update(RUN).where(RUN.c.id == run_id).values(values))
