"""Answers kept for repeated requests, by client, route and key, for seven days."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Response
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import Rows
from plan_api.integration.models import KeptAnswer

ANSWERS = KeptAnswer.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Key:
    """Scope and key of a request, and the SHA-256 of its body."""

    client: UUID
    route: str
    key: str
    body_sha256: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """A kept answer."""

    body_sha256: bytes
    status: int
    headers: str
    body: bytes

    def response(self) -> Response:
        """Return the same answer again, marked as replayed."""
        headers = {**json.loads(self.headers), "Idempotency-Replayed": "true"}
        return Response(self.body, status_code=self.status, headers=headers, media_type="application/json")


def kept_row(key: Key, response: Response, now: datetime) -> Rows:
    """Return the row that keeps an answer; a key already taken makes its insert fail and undoes the transaction."""
    kept = {name: response.headers[name] for name in ("etag", "location") if name in response.headers}
    row = {
        "client": key.client,
        "route": key.route,
        "key": key.key,
        "body_sha256": key.body_sha256,
        "status": response.status_code,
        "headers": json.dumps(kept),
        "body": bytes(response.body),
        "created_at": now,
    }
    return ANSWERS, [row]


async def find(connection: AsyncConnection, key: Key, since: datetime) -> Found | None:
    """Return the kept answer of a key, or None."""
    row = (
        await connection.execute(
            select(ANSWERS.c.body_sha256, ANSWERS.c.status, ANSWERS.c.headers, ANSWERS.c.body).where(
                ANSWERS.c.client == key.client,
                ANSWERS.c.route == key.route,
                ANSWERS.c.key == key.key,
                ANSWERS.c.created_at >= since,
            )
        )
    ).one_or_none()
    return None if row is None else Found(*row)


async def forget(connection: AsyncConnection, before: datetime) -> int:
    """Delete answers older than `before`; return how many."""
    result = await connection.execute(delete(ANSWERS).where(ANSWERS.c.created_at < before))
    return result.rowcount
