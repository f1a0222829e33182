"""The application of `notifier http`. Everything under `/internal` demands the internal token."""

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, ClassVar

from cascade_servicekit.clock import Clock, SystemClock
from cascade_servicekit.problems import Refusal, install_problem_handlers
from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from notifier.assembly import email_channel, load_keyring
from notifier.channels.zalo.templates import load_register
from notifier.database import create_engine
from notifier.facts_client import FactsClient
from notifier.http import (
    alarms,
    bounces,
    health,
    mail,
    operations,
    zalo_consent,
    zalo_grant,
    zalo_templates,
    zalo_webhooks,
)
from notifier.intake import Intake
from notifier.reporting import Reporter
from notifier.settings import Settings
from notifier.zalo_desk import ZaloDesk
from notifier.zalo_office import zalo_office

_bearer = HTTPBearer(auto_error=False)


class Unauthenticated(Refusal):
    """The internal token is missing or wrong."""

    code: ClassVar[str] = "unauthenticated"
    status: ClassVar[int] = 401
    title: ClassVar[tuple[str, str]] = ("Chưa xác thực", "Unauthenticated")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị gửi kèm mã truy cập nội bộ trong tiêu đề Authorization.",
        "Send the internal token in the Authorization header.",
    )


async def require_token(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Refuse callers without the internal token."""
    expected: str = request.app.state.settings.internal_token.get_secret_value()
    if credentials is None or not hmac.compare_digest(credentials.credentials.encode(), expected.encode()):
        raise Unauthenticated(headers={"www-authenticate": "Bearer"})


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Return the application; its connections open with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.clock = clock or SystemClock(settings.clock_offset)
        app.state.keyring = load_keyring(settings)
        app.state.engine = create_engine(settings.database_url, app.state.keyring, pool_size=4)
        app.state.zalo = zalo_office(
            settings,
            app.state.keyring,
            app.state.engine,
            app.state.clock,
            lambda: email_channel(settings, app.state.keyring),
        )
        async with FactsClient(settings.plan_api_url, settings.internal_token.get_secret_value()) as facts:
            app.state.reporter = Reporter(app.state.engine, facts, app.state.clock)
            app.state.intake = Intake(app.state.engine, facts, app.state.reporter, app.state.keyring, app.state.clock)
            tasks = []
            if app.state.zalo is not None:
                ours = {entry.zalo_id for entry in load_register(settings.zalo_templates).entries.values()}
                app.state.zalo_desk = ZaloDesk(
                    app.state.engine, facts, app.state.reporter, app.state.clock, lambda template: template in ours
                )
                tasks.append(asyncio.create_task(app.state.zalo_desk.work_forever()))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await app.state.engine.dispose()

    app = FastAPI(title="notifier", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    install_problem_handlers(app)
    app.include_router(health.router)
    for public in (zalo_consent.router, zalo_webhooks.router):
        app.include_router(public)
    for part in (
        operations.router,
        bounces.router,
        mail.router,
        alarms.router,
        zalo_grant.router,
        zalo_templates.router,
    ):
        app.include_router(part, prefix="/internal/v1", dependencies=[Depends(require_token)])
    return app
