"""The floor under hand-ins: a bare FastAPI handler on asyncpg that writes the same rows in as many statements, no more.

Run as a process of its own: `python -m benchmarks.floor_api DATABASE_URL PORT`. Tables `floor_…` are copies made by
`prepare`; nothing checks, authorises or decides anything.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import uvicorn
from cascade_contracts.ids import new_id
from fastapi import FastAPI, Request, Response

TABLES = ("obligation", "submission", "audit_event", "kept_answer")


async def prepare(facts: asyncpg.Pool, obligations: int) -> list[UUID]:
    """Make the tables and some obligations; return their ids."""
    for table in TABLES:
        await facts.execute(f"drop table if exists floor_{table}")
        await facts.execute(f"create table floor_{table} (like {table} including all)")
    await facts.execute("insert into floor_obligation select * from obligation limit $1", obligations)
    return [row["id"] for row in await facts.fetch("select id from floor_obligation")]


_ACCOUNT = "select id, unit_id from account where key_hash = $1"
_STANDING = "select id, round_id, state, submission_version from floor_obligation where id = $1 for no key update"
_TAKE_IN = """
with added as (
    insert into floor_submission (id, obligation_id, version, kind, state, text, figures, received_at)
    values ($1, $2, $3, 'report', 'accepted', $4, $5, $6)
)
update floor_obligation set state = 'fulfilled', submission_id = $1, submission_version = $3, handed_in_at = $6,
    submitted_at = $6, settled_at = $6, row_version = row_version + 1
where id = $2"""
_RECORD = """
with recorded as (
    insert into floor_audit_event (id, month, at, actor, verb, object_kind, object_id, body)
    values ($1, $2, $3, 'account', 'hand_in', 'obligation', $4, $5)
)
insert into floor_kept_answer (client, route, key, body_sha256, status, headers, body, created_at)
values ($4, '/floor', $6, $7, 201, '{}', $7, $3)"""
_ROUND = "select id from round where id = $1 for no key update"
_SETTLED = "select exists (select from floor_obligation where round_id = $1 and state in ('open', 'submitted'))"


def build(url: str) -> FastAPI:
    """Return the application over a database."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = await asyncpg.create_pool(url, min_size=10, max_size=10)
        yield
        await app.state.pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/floor/{obligation_id}", status_code=201)
    async def hand_in(request: Request, obligation_id: UUID) -> Response:
        body = await request.body()
        given, now, submission_id = json.loads(body), datetime.now(UTC), new_id()
        async with request.app.state.pool.acquire() as connection:
            await connection.fetchrow(_ACCOUNT, b"nobody")
            async with connection.transaction():
                owed = await connection.fetchrow(_STANDING, obligation_id)
                figures = json.dumps(given["figures"])
                version = owed["submission_version"] + 1
                await connection.execute(_TAKE_IN, submission_id, obligation_id, version, given["text"], figures, now)
                key = request.headers["idempotency-key"]
                month = now.date().replace(day=1)
                await connection.execute(_RECORD, new_id(), month, now, obligation_id, body, key, body)
                await connection.execute(_ROUND, owed["round_id"])
                await connection.fetchval(_SETTLED, owed["round_id"])
        return Response(json.dumps({"submission_id": str(submission_id)}), 201, media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(build(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning", access_log=False)
