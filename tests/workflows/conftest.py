"""Fixtures of the workflow tests: one engine for all, a fresh installation on an ordinary Monday for each.

A test of other days marks itself: `@pytest.mark.parametrize("begins", ["2026-02-02T08:00"])`.
"""

from collections.abc import AsyncIterator

import pytest
from harness.cascade import Cascade
from harness.engine import Engine


@pytest.fixture(scope="session")
async def engine() -> AsyncIterator[Engine]:
    """One Temporal server for all tests of a worker."""
    async with Engine.start() as engine:
        yield engine


@pytest.fixture
def begins() -> str:
    """Monday, after the holidays of the end of April."""
    return "2026-05-04T08:00"


@pytest.fixture
async def cascade(
    engine: Engine, plan_api_database: str, notifier_database: str, begins: str
) -> AsyncIterator[Cascade]:
    """A running installation without units."""
    async with Cascade.start(plan_api_database, notifier_database, at=begins, engine=engine) as cascade:
        yield cascade
