"""One PostgreSQL for a whole test run, a migrated template per service in it, and a clone of a template per test.

The server is started by the first test that asks (of any xdist worker), is shared by all workers through a file in the
run's temporary folder, watches the process that owns the run and dies with it. fsync is off: nothing here is kept.
"""

import asyncio
import contextlib
import fcntl
import itertools
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
from cascade_local.ports import free_port
from cascade_local.postgres import STOP_SIGNAL, PostgresServer, find_postmaster
from cascade_local.processes import end

TEMPLATES = {"plan_api": "plan_api.database", "notifier": "notifier.database"}
"""Template → module whose `migrate(url)` fills it."""

_FOLDERS = Path("/tmp")  # noqa: S108 - where `nobody` gets in; pytest's own folder is closed to it
_FOLDER_PREFIX = "cascade-tests-"
_serial = itertools.count()


@dataclass(frozen=True)
class SharedPostgres:
    """The run's server; `run_folder` is where its workers meet."""

    server: PostgresServer
    run_folder: Path

    def url(self, database: str) -> str:
        """Return the administrator's URL of a database."""
        return self.server.url(database)


def shared_postgres(run_folder: Path, owner: int) -> SharedPostgres:
    """Return the run's server, started by the first caller; it stops when process `owner` ends."""
    note = run_folder / "postgres.json"
    with _lock(run_folder / "postgres.lock"):
        if note.exists():
            known = json.loads(note.read_text())
            return SharedPostgres(PostgresServer(Path(known["data"]), known["port"], fsync=False), run_folder)
        _remove_stale_folders()
        data = Path(tempfile.mkdtemp(prefix=f"{_FOLDER_PREFIX}{owner}-", dir=_FOLDERS))
        data.chmod(0o711)
        server = PostgresServer(data, free_port(), fsync=False)
        process = server.start(data / "postgres.log", watched=owner)
        process.returncode = 0  # it outlives this worker; nobody here waits for it
        note.write_text(json.dumps({"data": str(data), "port": server.port}))
        return SharedPostgres(server, run_folder)


def stop_shared_postgres(run_folder: Path) -> None:
    """Stop the run's server, if one was started, and remove its data."""
    note = run_folder / "postgres.json"
    if not note.exists():
        return
    server = PostgresServer(Path(json.loads(note.read_text())["data"]), 0, fsync=False)
    postmaster = find_postmaster(server.cluster)
    if postmaster is not None:
        end([postmaster], stop_signal=STOP_SIGNAL)
    shutil.rmtree(server.socket_folder, ignore_errors=True)
    shutil.rmtree(server.data, ignore_errors=True)
    note.unlink()


def create_database_from_template(postgres: SharedPostgres, template: str) -> str:
    """Clone the migrated template of a service (`plan_api` or `notifier`); return the clone's URL."""
    source = _ensure_template(postgres, template)
    name = f"test_{template}_{os.getpid()}_{next(_serial)}"
    _administrator(postgres).execute(f"create database {name} template {source} strategy file_copy")
    return postgres.url(name)


def create_empty_database(postgres: SharedPostgres) -> str:
    """Create a database without anything in it; return its URL."""
    name = f"test_empty_{os.getpid()}_{next(_serial)}"
    _administrator(postgres).execute(f"create database {name} template template0")
    return postgres.url(name)


def drop_database(postgres: SharedPostgres, url: str) -> None:
    """Drop a database of this run, also while somebody is still connected to it."""
    _administrator(postgres).execute(f"drop database if exists {url.rpartition('/')[2]} with (force)")


def _ensure_template(postgres: SharedPostgres, template: str) -> str:
    name = f"template_{template}"
    made = postgres.run_folder / f"{name}.made"
    if made.exists():
        return name
    with _lock(postgres.run_folder / f"{name}.lock"):
        if not made.exists():
            administrator = _administrator(postgres)
            administrator.execute(f"drop database if exists {name} with (force)")
            administrator.execute(f"create database {name}")
            migrate: Callable[[str], None] = import_module(TEMPLATES[template]).migrate
            with ThreadPoolExecutor(1) as thread:  # a migration may run its own event loop
                thread.submit(migrate, postgres.url(name)).result()
            made.touch()
    return name


class _Administrator:
    """One connection of the administrator on a loop of its own, usable from tests with or without a running loop."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, name="test-databases", daemon=True)
        self._thread.start()

    def execute(self, statement: str) -> None:
        with self._lock:
            self._run(self._execute(statement))

    def close(self) -> None:
        if self._connection is not None:
            self._run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _execute(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._server.url().replace("+asyncpg", ""))
        await self._connection.execute(statement)


_administrators: dict[int, _Administrator] = {}


def _administrator(postgres: SharedPostgres) -> _Administrator:
    port = postgres.server.port
    if port not in _administrators:
        _administrators[port] = _Administrator(postgres.server)
    return _administrators[port]


def close_connections() -> None:
    """Close this process's administrator connections."""
    while _administrators:
        _administrators.popitem()[1].close()


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _remove_stale_folders() -> None:
    """Remove data of runs that were killed: their owner's process id stands in the folder's name."""
    for folder in _FOLDERS.glob(f"{_FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(_FOLDER_PREFIX).partition("-")[0]
        if owner.isdigit() and not _runs(int(owner)) and find_postmaster(folder / "postgres") is None:
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
