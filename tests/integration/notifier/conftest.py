"""Fixtures of the notifier's integration tests."""

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from integration.notifier.offices import TOKEN, MovableClock, Plan, Post, plan_api, relay
from notifier.assembly import Notifier, assemble
from notifier.settings import Settings

Opener = Callable[..., AbstractAsyncContextManager[Notifier]]


@pytest.fixture
async def plan() -> AsyncIterator[Plan]:
    async with plan_api() as known:
        yield known


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    async with relay(Post()) as known:
        yield known


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def settings(notifier_database: str, plan: Plan) -> Settings:
    return Settings(
        database_url=notifier_database,
        plan_api_url=plan.url,
        internal_token=TOKEN,
        secret_key="a secret key for the tests",
        mail_from="Thông Suốt <thong-suot@sogd.test>",
        smtp_timeout=2.0,
    )


@pytest.fixture
def open_notifier(settings: Settings, clock: MovableClock) -> Opener:
    """Open another notifier on the same database, with settings changed as told."""

    @contextlib.asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Notifier]:
        async with assemble(settings.model_copy(update=changes), clock) as parts:
            yield parts

    return opened


@pytest.fixture
async def notifier(open_notifier: Opener, post: Post) -> AsyncIterator[Notifier]:
    async with open_notifier(smtp_port=post.port) as parts:
        yield parts


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
