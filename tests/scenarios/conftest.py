"""Counts the assertions of the scenarios over all workers and ends a run of scenarios with one JSON object."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from harness.play.assertions import Verdict, tell

HERE = Path(__file__).parent.name
COUNTED = "scenario assertions"

_verdicts: dict[str, tuple[int, int]] = {}
_others: set[str] = set()
_broken: set[str] = set()


@pytest.fixture
def verdict(request: pytest.FixtureRequest) -> Iterator[Verdict]:
    """The assertions of a scenario; the failed ones fail the test together."""
    verdict = Verdict()
    yield verdict
    request.node.user_properties.append((COUNTED, (verdict.made, len(verdict.failed))))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep the counts; a scenario that broke off counts as one failed assertion."""
    counted = [value for name, value in report.user_properties if name == COUNTED]
    if counted:
        made, failed = cast("tuple[int, int]", counted[0])
        _verdicts[report.nodeid] = (int(made), int(failed))
    elif f"/{HERE}/" not in report.nodeid:
        _others.add(report.nodeid)
    if report.failed and f"/{HERE}/" in report.nodeid:
        _broken.add(report.nodeid)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write the last line, if scenarios and nothing else were run."""
    if (_verdicts or _broken) and not _others and not hasattr(config, "workerinput"):
        for broken in _broken:
            made, failed = _verdicts.get(broken, (0, 0))
            _verdicts[broken] = (max(made, 1), max(failed, 1))
        sys.stdout.write(f"{tell(_verdicts)}\n")
