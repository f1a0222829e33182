"""The option to record the histories anew: `pytest tests/replay --record-histories`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option; it is known when `tests/replay` is named on the command line."""
    parser.addoption(
        "--record-histories",
        action="store_true",
        help="write tests/replay/histories anew from a real run",
    )
