"""The HTTP application: every slice's routes, problem documents, a body limit, health, and the OpenAPI description.

Services are built by the caller and stand at `app.state.services`; the application opens nothing by itself.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.metadata import version
from typing import Final

from alembic.script import ScriptDirectory
from cascade_servicekit.problems import Refusal, install_problem_handlers, problem
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plan_api.auth import endpoints as auth
from plan_api.calendar import endpoints as calendar
from plan_api.database import MIGRATIONS
from plan_api.difficulties import endpoints as difficulties
from plan_api.documents import adopt_endpoints as adoptions
from plan_api.documents import change_endpoints as document_changes
from plan_api.documents import endpoints as documents
from plan_api.documents import file_endpoints as files
from plan_api.documents import recipient_endpoints as recipients
from plan_api.escalation import endpoints as policies
from plan_api.escalation import internal_endpoints as internal
from plan_api.forms import endpoints as forms
from plan_api.notices import endpoints as notices
from plan_api.obligations import endpoints as obligations
from plan_api.obligations import internal_endpoints as replies
from plan_api.obligations import review_endpoints as reviews
from plan_api.openapi import describe
from plan_api.organizations import absence_endpoints as absences
from plan_api.organizations import endpoints as organizations
from plan_api.organizations import group_endpoints as groups
from plan_api.organizations import import_endpoints as imports
from plan_api.organizations import zalo_endpoints as zalo
from plan_api.progress import endpoints as progress
from plan_api.reorganisations import endpoints as reorganisations
from plan_api.requests import ServicesOf, reachable_database
from plan_api.services import Services
from plan_api.suspensions import endpoints as suspensions
from plan_api.tasks import endpoints as tasks
from plan_api.web import endpoints as web

ROUTERS: Final[tuple[APIRouter, ...]] = (
    obligations.router,
    internal.router,
    replies.router,
    progress.router,
    documents.router,
    documents.assignees_router,
    recipients.router,
    document_changes.router,
    adoptions.router,
    files.router,
    difficulties.router,
    notices.router,
    reviews.router,
    forms.router,
    tasks.router,
    web.router,
    auth.router,
    organizations.router,
    absences.router,
    zalo.router,
    zalo.internal,
    groups.router,
    imports.router,
    reorganisations.router,
    suspensions.router,
    calendar.router,
    policies.router,
)
"""Routes of every slice, the busiest first: a request is matched against each in turn."""

TAGS: Final = (
    {"name": "accounts", "description": "Accounts, their keys, and who the caller is."},
    {"name": "units", "description": "Units, their codes, supervision lines, seats and holders."},
    {"name": "imports", "description": "Whole files of units: preview, apply, undo."},
    {"name": "reorganisations", "description": "Merge, split, abolish, rename, move units while cascades run; undo."},
    {"name": "calendar", "description": "Days whose working status differs from the published calendar."},
    {"name": "documents", "description": "Directives and plans: draft, issue, suspend, resume, recall."},
    {"name": "policies", "description": "How units are chased: versions of policies, and arming documents by them."},
    {"name": "obligations", "description": "What units owe: hand in, decide, extend, consolidate."},
    {"name": "forms", "description": "What a report fills in: fields with keys, checks, spreadsheets."},
    {"name": "notices", "description": "What was sent to whom about what, what became of it, and sending it again."},
    {"name": "difficulties", "description": "What hinders units or what they propose, and the answers."},
    {"name": "tasks", "description": "Tasks of plans, what lower plans derive from them, progress against them."},
    {"name": "progress", "description": "Counts that add up, armed steps, the operator's figures."},
    {"name": "health", "description": "Is the process alive, can it serve."},
)

DESCRIPTION: Final = """
Facts of a cascade: units, documents, obligations, submissions.

* Send `Authorization: Bearer <API key>`.
* Every POST that creates or moves something carries `Idempotency-Key`;
  repeated within seven days it gets the same answer.
* Edits carry `If-Match` with the ETag that was read; without it 428, after somebody else's edit 412.
* Refusals are problem documents (RFC 9457) with a stable `code`; their language follows `Accept-Language` (vi, en).
"""


NUL_IN_TEXT: Final = frozenset({"22021", "22P05"})
"""SQLSTATEs of a NUL character in text and in JSON."""

LOST_RACES: Final = frozenset({"40P01", "40001"})
"""SQLSTATEs of a transaction that lost against another and may be tried again."""


class BodyTooLarge(Refusal):
    """The request's body is larger than this installation accepts."""

    code, status = "too_large", 413
    title = ("Dữ liệu gửi lên quá lớn", "Body too large")
    remedy = (
        "Dữ liệu gửi lên vượt quá {limit} byte. Kính đề nghị chia nhỏ hoặc nén tệp rồi gửi lại.",
        "The body exceeds {limit} bytes. Split or compress it and send it again.",
    )


class Conflict(Refusal):
    """Two requests changed the same thing at once, and this one came second."""

    code, status = "conflict", 409
    title = ("Dữ liệu vừa thay đổi", "Changed at the same time")
    remedy = (
        "Một yêu cầu khác vừa ghi cùng dữ liệu này. Kính đề nghị đọc lại rồi thử lại.",
        "Another request has just written the same data. Read it again and retry.",
    )


class TextNotStorable(Refusal):
    """A text holds a character PostgreSQL cannot keep (NUL)."""

    code, status = "text_not_storable", 422
    title = ("Văn bản có ký tự không lưu được", "A text holds a character that cannot be stored")
    remedy = (
        "Dữ liệu có ký tự điều khiển U+0000. Kính đề nghị bỏ ký tự này rồi gửi lại.",
        "The data holds the control character U+0000. Remove it and send again.",
    )


class NotMigrated(Refusal):
    """The database has another schema than this program was written for."""

    code, status = "not_migrated", 503
    title = ("Cơ sở dữ liệu chưa đúng phiên bản", "The database has another schema")
    remedy = (
        "Cơ sở dữ liệu ở phiên bản {found}, chương trình cần {newest}. Kính đề nghị chạy `plan-api migrate`.",
        "The database is at {found}, this program needs {newest}. Run `plan-api migrate`.",
    )


class BodyLimit:
    """Answer 413 as a problem document: at once for a body that announces its size, else as soon as it is too large."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        size = int(announced) if announced.isdigit() else 0
        received = 0

        async def count() -> Message:
            nonlocal size, received
            message = await receive()
            received += len(message.get("body", b""))
            size = max(size, received)
            if size > self._limit:
                raise HTTPException(BodyTooLarge.status)
            return message

        async def pass_on(message: Message) -> None:
            if size <= self._limit:
                await send(message)

        if size <= self._limit:
            await self._app(scope, count, pass_on)
        if size > self._limit and str(scope["path"]).startswith("/l/"):
            await web.refuse_large(scope, receive, send, self._limit)
        elif size > self._limit:
            answer = problem(Request(scope), BodyTooLarge(limit=self._limit, headers={"connection": "close"}))
            await answer(scope, receive, send)


health = APIRouter(prefix="/health", tags=["health"])


@health.get("/live", summary="Is the process alive")
async def live() -> dict[str, str]:
    """Answer at once, whatever the state of the database."""
    return {"status": "ok"}


@cache
def newest_migration() -> str | None:
    """Return the migration this program was written for."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


@health.get("/ready", summary="Can it serve")
async def ready(services: ServicesOf) -> dict[str, str]:
    """Answer when the database can be reached and has this program's schema, else 503."""
    async with reachable_database(), services.engine.connect() as connection:
        migrated = (await connection.execute(text("select to_regclass('alembic_version') is not null"))).scalar_one()
        found = (
            (await connection.execute(text("select version_num from alembic_version"))).scalar() if migrated else None
        )
    newest = newest_migration()
    if found != newest:
        raise NotMigrated(found=found or "-", newest=newest)
    return {"status": "ok", "migration": str(found)}


async def _on_database_error(request: Request, error: Exception) -> Response:
    """Tell clients of lost races (broken constraints, deadlocks, serialisation); anything else is unexpected."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(error, IntegrityError) or state in LOST_RACES:
        return problem(request, Conflict())
    if state in NUL_IN_TEXT:
        return problem(request, TextNotStorable())
    raise error


async def _on_unexpected(request: Request, error: Exception) -> Response:
    del error
    body = {
        "type": "urn:cascade:problem:internal",
        "code": "internal",
        "title": "Lỗi hệ thống",
        "status": 500,
        "detail": "Dữ liệu chưa thay đổi. Kính đề nghị thử lại; nếu vẫn lỗi, báo quản trị viên kèm thời điểm này.",
        "instance": request.url.path,
    }
    return JSONResponse(body, status_code=500, media_type="application/problem+json")


def create_app(services: Services) -> FastAPI:
    """Return the application over a process's services; its lifespan closes the engine."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await services.engine.dispose()

    app = FastAPI(
        title="Thông Suốt",
        summary="Carries a directive from a province down to every school and the reports back up",
        description=DESCRIPTION,
        version=version("cascade-plan-api"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=list(TAGS),
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = services
    app.add_middleware(BodyLimit, limit=services.settings.max_body_bytes)
    install_problem_handlers(app)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(Exception, _on_unexpected)
    app.include_router(health)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app
