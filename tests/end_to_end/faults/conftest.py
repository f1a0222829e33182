"""One installation for the module, with a small province in it."""

from collections.abc import AsyncIterator

import pytest
from faults.machine import Machine, started
from faults.province import Province

UNITS = 40


@pytest.fixture(scope="module")
async def machine(request: pytest.FixtureRequest) -> AsyncIterator[Machine]:
    """The installation; its folder stays when a test failed."""
    failed_before = request.session.testsfailed
    async with started(lambda: request.session.testsfailed > failed_before) as found:
        yield found


@pytest.fixture(scope="module")
async def province(machine: Machine) -> AsyncIterator[Province]:
    """The units of the installation and their callers, shared by the tests of the module."""
    async with Province.settled(machine, UNITS) as found:
        yield found
