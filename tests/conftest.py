"""Fixtures of all tests: the run's PostgreSQL and a migrated database of its own for every test that asks."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.database import (
    SharedPostgres,
    close_connections,
    create_database_from_template,
    drop_database,
    shared_postgres,
    stop_shared_postgres,
)


def _run_folder(base: Path) -> Path:
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedPostgres]:
    """The run's PostgreSQL, shared by all workers."""
    owner = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    yield shared_postgres(_run_folder(tmp_path_factory.getbasetemp()), owner)
    close_connections()


@pytest.fixture
def plan_api_database(postgres: SharedPostgres) -> Iterator[str]:
    """URL of a fresh, migrated database of plan-api."""
    url = create_database_from_template(postgres, "plan_api")
    yield url
    drop_database(postgres, url)


@pytest.fixture
def notifier_database(postgres: SharedPostgres) -> Iterator[str]:
    """URL of a fresh, migrated database of notifier."""
    url = create_database_from_template(postgres, "notifier")
    yield url
    drop_database(postgres, url)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the run's PostgreSQL once, in the process that owns the run."""
    if not hasattr(session.config, "workerinput"):
        factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
        stop_shared_postgres(factory.getbasetemp())
