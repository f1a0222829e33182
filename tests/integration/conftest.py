"""The API on a real port, for what is a client of it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from cascade_contracts.vocabulary import Role
from cascade_local.ports import free_port
from harness.api import StillClock, settings_for
from plan_api.app import create_app
from plan_api.auth import accounts
from plan_api.services import build_services


@pytest.fixture
def served(plan_api_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The API in a thread of its own, with the administrator's key in the environment."""
    services = build_services(settings_for(plan_api_database, tmp_path), clock=StillClock())
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(services), port=port, log_config=None, loop="asyncio"))

    async def serve() -> None:
        async with services.engine.begin() as connection:
            _, key = await accounts.insert(connection, "administrator", Role.ADMINISTRATOR, None, services.clock.now())
        monkeypatch.setenv("CASCADE_KEY", key)
        await server.serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        thread.join(0.05)
    assert server.started
    monkeypatch.setenv("CASCADE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("CASCADE_LANG", "vi")
    yield
    server.should_exit = True
    thread.join()
