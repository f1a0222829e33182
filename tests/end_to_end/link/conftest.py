"""A real browser without script on a phone's screen, and the application served over a loopback socket."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from harness.api import ApiClient, StillClock, api
from harness.clock import eventually
from harness.links import EVE
from playwright.async_api import Browser, BrowserContext, async_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NewContext = Callable[..., Awaitable[BrowserContext]]


def _executable() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium on this machine: install Debian's package chromium")
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_executable(), args=list(FLAGS))
        yield browser
        await browser.close()


@asynccontextmanager
async def _served(client: ApiClient) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(client.app, log_config=None, access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))

    async def started() -> bool:
        return server.started

    assert await eventually(started)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
async def client(plan_api_database: str, request: pytest.FixtureRequest) -> AsyncIterator[ApiClient]:
    """The application on the eve of the due day; settings may be given as an indirect parameter."""
    async with api(plan_api_database, clock=StillClock(EVE), **getattr(request, "param", {})) as client:
        yield client


@pytest.fixture
async def site(client: ApiClient) -> AsyncIterator[str]:
    """Where the application is served."""
    async with _served(client) as address:
        yield address


@pytest.fixture
async def phone(browser: Browser, site: str) -> AsyncIterator[NewContext]:
    """Opens contexts of a phone: 360 × 740, two dots a pixel, no script unless asked for."""
    opened: list[BrowserContext] = []

    async def open_context(**given: object) -> BrowserContext:
        options = {
            "base_url": site,
            "viewport": {"width": 360, "height": 740},
            "device_scale_factor": 2,
            "java_script_enabled": False,
            "locale": "vi-VN",
        } | given
        context = await browser.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        await context.close()
