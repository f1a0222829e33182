"""A client of the application on the eve of the due day."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.links import EVE


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock(EVE)) as client:
        yield client
