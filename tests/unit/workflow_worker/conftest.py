"""A real engine for the procedures, with scripted offices in place of facts and delivery."""

from collections.abc import AsyncIterator

import pytest
from harness.engine import Engine


@pytest.fixture(scope="session")
async def engine() -> AsyncIterator[Engine]:
    """One Temporal server for all tests of a worker."""
    async with Engine.start() as engine:
        yield engine
