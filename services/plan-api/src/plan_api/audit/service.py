"""Append to the audit with canonical bytes, and seal them into a chain in batches.

Appending is one insert in the acting transaction; hand-ins never queue on the chain. The sealer numbers what has
committed: `digest = SHA-256(previous digest ‖ body)`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.audit.models import AuditEvent, AuditSeal
from plan_api.rules.calendar import local_date

EVENTS = AuditEvent.__table__  # type: ignore[attr-defined]
SEAL = AuditSeal.__table__  # type: ignore[attr-defined]


def event(
    now: datetime, actor: str, verb: str, object_kind: str, object_id: UUID, facts: Mapping[str, object]
) -> dict[str, Any]:
    """Return the row of an event; its body is JSON with sorted keys and no spaces."""
    identifier = new_id()
    body = {
        "id": identifier,
        "at": now.isoformat(),
        "actor": actor,
        "verb": verb,
        "kind": object_kind,
        "object": object_id,
        "facts": {name: value for name, value in facts.items() if value is not None},
    }
    return {
        "id": identifier,
        "month": local_date(now).replace(day=1),
        "at": now,
        "actor": actor,
        "verb": verb,
        "object_kind": object_kind,
        "object_id": object_id,
        "body": json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode(),
    }


async def append(connection: AsyncConnection, events: Sequence[Mapping[str, Any]]) -> None:
    """Insert events in the acting transaction."""
    await connection.execute(insert(EVENTS), list(events))


SEAL_PAGE = 500


async def seal(connection: AsyncConnection, limit: int = SEAL_PAGE) -> int:
    """Chain up to `limit` committed, unsealed events; return how many. Only one sealer works at a time."""
    await connection.execute(upsert(SEAL).values(id=1, sequence=0, digest=b"").on_conflict_do_nothing())
    head = (await connection.execute(select(SEAL.c.sequence, SEAL.c.digest).with_for_update())).one()
    rows = (
        await connection.execute(
            select(EVENTS.c.id, EVENTS.c.month, EVENTS.c.body)
            .where(EVENTS.c.sequence.is_(None))
            .order_by(EVENTS.c.id)
            .limit(limit)
        )
    ).all()
    sequence, digest = head.sequence, head.digest
    for row in rows:
        sequence, digest = sequence + 1, hashlib.sha256(digest + row.body).digest()
        await connection.execute(
            update(EVENTS)
            .where(EVENTS.c.id == row.id, EVENTS.c.month == row.month)
            .values(sequence=sequence, digest=digest)
        )
    if rows:
        await connection.execute(update(SEAL).values(sequence=sequence, digest=digest))
    return len(rows)


async def verify(connection: AsyncConnection) -> int | None:
    """Return the first sequence number whose digest does not follow, or None when the chain is whole."""
    digest = b""
    stream = await connection.stream(
        select(EVENTS.c.sequence, EVENTS.c.body, EVENTS.c.digest)
        .where(EVENTS.c.sequence.is_not(None))
        .order_by(EVENTS.c.sequence)
    )
    expected = 0
    async for row in stream:
        expected += 1
        digest = hashlib.sha256(digest + row.body).digest()
        if row.sequence != expected or row.digest != digest:
            return expected
    return None
