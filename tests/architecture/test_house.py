"""Customs of the house that no linter knows."""

import re
from pathlib import Path

import pytest
from lockfile import ROOT

SOURCES = sorted(
    path
    for folder in ("services", "shared", "deploy")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
LONGEST = 420
"""A file stays under about 400 lines; when it grows it is split by use case."""


def test_files_stay_readable() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in SOURCES
        if (count := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_no_orm_sessions() -> None:
    with_sessions = [
        path for path in SOURCES if re.search(r"\b(AsyncSession|sessionmaker|Session\()", path.read_text())
    ]
    assert with_sessions == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"#\s*(TODO|FIXME|XXX)|raise NotImplementedError")
    assert [path for path in SOURCES if marks.search(path.read_text())] == []


@pytest.mark.parametrize("name", ["plan-api", "workflow-worker", "notifier"])
def test_services_are_typed(name: str) -> None:
    packages = list((ROOT / "services" / name / "src").glob("*/__init__.py"))
    assert packages
    assert all((Path(package).parent / "py.typed").exists() for package in packages)


def test_ci_and_tools_are_executable() -> None:
    assert all(path.stat().st_mode & 0o100 for path in [ROOT / ".ci/run", *(ROOT / "tools").glob("*.sh")])
