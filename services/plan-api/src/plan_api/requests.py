"""One request is one transaction: an `Act` carries it, with its caller, its instant and what follows from it.

A repeated `Idempotency-Key` costs the first request one insert and nothing else: the action is tried, and only when it
is refused (or its key is taken) is the kept answer looked up and replayed.
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from cascade_contracts.vocabulary import Role
from cascade_servicekit.problems import Refusal, Unavailable
from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.audit import service as audit
from plan_api.bulk import Rows, insert_together
from plan_api.integration import answers, outbox
from plan_api.services import Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: an account, or the holder of a seat by a link."""

    id: UUID
    name: str
    role: Role
    unit_id: UUID | None
    seat_id: UUID | None = None

    @property
    def actor(self) -> str:
        """How the audit names the caller."""
        if self.id == UUID(int=1):
            return "supervision"
        return f"seat:{self.seat_id}" if self.seat_id else f"account:{self.id}"

    @property
    def account_id(self) -> UUID | None:
        """The account, or None for a link."""
        return None if self.seat_id or self.id == UUID(int=1) else self.id


@dataclass(slots=True)
class Act:
    """A transaction in progress: everything a service needs to read and change facts."""

    connection: AsyncConnection
    services: Services
    caller: Caller
    now: datetime
    _changed: dict[UUID, timedelta] = field(default_factory=dict)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _last: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def agenda_changed(self, document_id: UUID, *, leisurely: bool = False) -> None:
        """Tell the document's supervision to look again, some time after this transaction has committed.

        Changes are gathered for the settings' delay, `leisurely` for thirty times as long: nothing is due for an hour.
        """
        delay = self.services.settings.agenda_delay * (30 if leisurely else 1)
        self._changed[document_id] = min(delay, self._changed.get(document_id, delay))

    def record(self, verb: str, object_kind: str, object_id: UUID, **facts: object) -> None:
        """Append to the audit, in this transaction."""
        self._events.append(audit.event(self.now, self.caller.actor, verb, object_kind, object_id, facts))

    def at_last(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something when everything else is written, right before the commit: what takes a row many wait for."""
        self._last.append(work)

    async def flush(self, *answer: Rows) -> None:
        """Write the collected audit events, the answer to be kept and outbox rows; called once, before the commit."""
        await self._write(*answer)
        for work in self._last:
            await work()
        await self._write()

    async def _write(self, *further: Rows) -> None:
        events, changed = self._events, self._changed
        self._events, self._changed = [], {}
        await insert_together(self.connection, (audit.EVENTS, events), *further)
        for delay in sorted(set(changed.values())):
            documents = sorted(document for document, after in changed.items() if after == delay)
            await outbox.enqueue(self.connection, outbox.AGENDA_CHANGED, documents, self.now, delay)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mutating endpoint answers."""

    body: BaseModel
    status: int = 200
    etag: int | None = None
    location: str | None = None


Action = Callable[[Act], Awaitable[Answer]]


class IdempotencyKeyReused(Refusal):
    """The same key came with another body."""

    code, status = "idempotency_key_reused", 409
    title = ("Idempotency-Key đã dùng cho nội dung khác", "Idempotency-Key reused with another body")
    remedy = (
        "Khóa này đã dùng cho một yêu cầu có nội dung khác. Kính đề nghị tạo khóa mới cho yêu cầu mới.",
        "This key was used for a request with another body. Make a new key for a new request.",
    )


class IdempotencyKeyMissing(Refusal):
    """A request that creates or moves something came without a key."""

    code, status = "idempotency_key_missing", 400
    title = ("Thiếu Idempotency-Key", "Idempotency-Key is missing")
    remedy = (
        "Kính đề nghị gửi tiêu đề Idempotency-Key (mỗi việc một giá trị mới, tối đa 255 ký tự).",
        "Send an Idempotency-Key header: a new value for each thing to be done, at most 255 characters.",
    )


class PreconditionMissing(Refusal):
    """An edit came without If-Match."""

    code, status = "precondition_required", 428
    title = ("Thiếu If-Match", "If-Match is required")
    remedy = (
        "Kính đề nghị đọc lại để lấy ETag rồi gửi kèm If-Match.",
        "Read the resource, take its ETag and send it as If-Match.",
    )


class PreconditionFailed(Refusal):
    """The thing has changed since the caller read it."""

    code, status = "precondition_failed", 412
    title = ("Dữ liệu đã thay đổi", "The resource has changed")
    remedy = (
        "Dữ liệu đã được người khác sửa. Kính đề nghị đọc lại rồi sửa tiếp.",
        "Somebody has changed it since. Read it again, then edit.",
    )


def services_of(request: Request) -> Services:
    """Return the process's services."""
    services: Services = request.app.state.services
    return services


async def _services(request: Request) -> Services:
    """Return the process's services; a coroutine, for FastAPI sends every plain function to a thread."""
    return services_of(request)


ServicesOf = Annotated[Services, Depends(_services)]

_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, ConnectionError, OSError, TimeoutError)
_NOT_NOW = ("08", "53300", "57P")
"""SQLSTATEs (classes) of a connection that broke, of too many, and of a server that starts, stops or has crashed."""
RETRY_AFTER = 5


def is_away(error: BaseException) -> bool:
    """Return whether an error means that the database cannot be reached now, or does not take anybody in yet."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        away = error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
        torn = isinstance(error, InternalError) and not state  # the driver's own: its connection broke under it
        return away or torn or state.startswith(_NOT_NOW)
    return isinstance(error, _AWAY)


@asynccontextmanager
async def reachable_database() -> "AsyncIterator[None]":
    """Turn an absent database into 503 with Retry-After."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeoutError, OSError, TimeoutError) as error:
        if not is_away(error):
            raise
        raise Unavailable(seconds=RETRY_AFTER, headers={"Retry-After": str(RETRY_AFTER)}) from error


def if_match(request: Request) -> int:
    """Return the version an edit is based on.

    Raises:
        PreconditionMissing: no If-Match came.
        PreconditionFailed: it is none of ours.
    """
    value = request.headers.get("if-match")
    if value is None:
        raise PreconditionMissing
    try:
        return int(value.strip().removeprefix("W/").strip('"'))
    except ValueError:
        raise PreconditionFailed from None


def respond(answer: Answer) -> Response:
    """Render an answer."""
    headers = {}
    if answer.etag is not None:
        headers["ETag"] = f'"{answer.etag}"'
    if answer.location is not None:
        headers["Location"] = answer.location
    return Response(
        answer.body.model_dump_json().encode(),
        status_code=answer.status,
        headers=headers,
        media_type="application/json",
    )


async def act(services: Services, caller: Caller, action: Action) -> Answer:
    """Run an action in one transaction, without an idempotency key (edits under If-Match, links)."""
    async with reachable_database(), services.engine.begin() as connection:
        doing = Act(connection, services, caller, services.clock.now())
        answer = await action(doing)
        await doing.flush()
        return answer


SUPERVISION = Caller(UUID(int=1), "supervision", Role.ADMINISTRATOR, None)
"""Acts when a document's time has come and nobody asks."""


@asynccontextmanager
async def act_of_itself(services: Services) -> "AsyncIterator[Act]":
    """Run what a document does of itself in one transaction."""
    async with services.engine.begin() as connection:
        doing = Act(connection, services, SUPERVISION, services.clock.now())
        yield doing
        await doing.flush()


async def act_in_vain(services: Services, caller: Caller, action: Action) -> Answer:
    """Run an action in one transaction and take everything back: the answer tells exactly what would happen."""
    async with reachable_database(), services.engine.connect() as connection, connection.begin() as transaction:
        answer = await action(Act(connection, services, caller, services.clock.now()))
        await transaction.rollback()
        return answer


async def act_once(request: Request, caller: Caller, action: Action, body: bytes | None = None) -> Response:
    """Run a creating or moving action at most once for its Idempotency-Key, replaying the kept answer afterwards.

    Raises:
        IdempotencyKeyMissing: no key came, or one too long.
        IdempotencyKeyReused: the key came before with another body.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if not key or len(key) > 255:
        raise IdempotencyKeyMissing
    digest = hashlib.sha256(body if body is not None else await request.body()).digest()
    kept = answers.Key(caller.id, f"{request.method} {request.url.path}", key, digest)
    return await act_with_key(services_of(request), caller, kept, action)


async def act_with_key(services: Services, caller: Caller, kept: answers.Key, action: Action) -> Response:
    """Run an action at most once for a key that is already known, replaying the kept answer afterwards.

    Pages use it with a nonce of their form; `kept.body_sha256` then stands for what was filled in.

    Raises:
        IdempotencyKeyReused: the key came before with another body.
    """
    try:
        async with reachable_database(), services.engine.begin() as connection:
            doing = Act(connection, services, caller, services.clock.now())
            response = respond(await action(doing))
            await doing.flush(answers.kept_row(kept, response, doing.now))
            return response
    except (Refusal, IntegrityError) as error:
        if isinstance(error, Refusal) and error.status in {401, 503}:
            raise
        replay = await _replay(services, kept)
        if replay is None:
            raise
        return replay


async def _replay(services: Services, kept: answers.Key) -> Response | None:
    async with reachable_database(), services.engine.connect() as connection:
        found = await answers.find(connection, kept, services.clock.now() - timedelta(days=7))
    if found is None:
        return None
    if found.body_sha256 != kept.body_sha256:
        raise IdempotencyKeyReused
    return found.response()
