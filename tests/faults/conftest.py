"""One installation for a module, and the figures of the run as one JSON object on the last line."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from faults.machine import Machine, started

_FIGURES = pytest.StashKey[dict[str, Any]]()


@pytest.fixture(scope="module")
async def machine(request: pytest.FixtureRequest) -> AsyncIterator[Machine]:
    """The installation; its folder stays when a test failed."""
    failed_before = request.session.testsfailed
    async with started(lambda: request.session.testsfailed > failed_before) as found:
        yield found


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Figures to be shown at the end of the run."""
    return request.config.stash.setdefault(_FIGURES, {})


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the figures."""
    if config.stash.get(_FIGURES, None):
        config.get_terminal_writer().line(json.dumps(config.stash[_FIGURES], ensure_ascii=False))
