"""The launcher makes a cluster once, survives kills, never leaves two servers on one cluster."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from cascade_local.ports import free_port
from cascade_local.postgres import DataFolderClosed, PostgresServer, find_postmaster, stop_orphan
from cascade_local.postgres_binaries import Binaries, PostgresNotFound, closed_ancestor, copied_binaries, find_binaries
from cascade_local.processes import identify, is_running
from cascade_local.provision import RoleClosed, ServiceDatabase, provision

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def server(data: Path) -> PostgresServer:
    return PostgresServer(data, free_port(), fsync=False)


@pytest.fixture
def start(server: PostgresServer, data: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> "subprocess.Popen[bytes]":
        started.append(server.start(data / "postgres.log"))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(15)
    server.socket_folder.rmdir()


async def _fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_killed_server_starts_again_with_what_was_committed(server: PostgresServer, start: Start) -> None:
    first = start()
    assert await _fetch(server.url(), "select current_setting('server_encoding')") == "UTF8"
    await _fetch(server.url(), "create table kept as select 42 as answer")
    await _fetch(server.url(), "checkpoint")
    first.kill()
    first.wait()
    start()

    assert await _fetch(server.url(), "select answer from kept") == 42
    assert await server.is_ready()


def test_an_orphan_on_the_cluster_is_stopped_before_the_next_start(server: PostgresServer, start: Start) -> None:
    orphan = identify(start().pid)
    assert orphan is not None
    assert find_postmaster(server.cluster) == orphan
    again = start()

    assert not is_running(orphan)
    assert find_postmaster(server.cluster) == identify(again.pid)


def test_a_stale_lock_file_naming_a_living_stranger_is_removed(server: PostgresServer) -> None:
    server.cluster.mkdir(parents=True)
    lock = server.cluster / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server.cluster}\n")
    stop_orphan(server.cluster)

    assert not lock.exists()


async def test_services_get_databases_they_alone_may_enter(server: PostgresServer, start: Start) -> None:
    start()
    databases = [ServiceDatabase("cascade_plan", "a'b"), ServiceDatabase("cascade_notifier", "secret")]
    for _ in range(2):
        await provision(server.url(), databases, owned=True)
    plan, notifier = databases

    assert await _fetch(plan.url(server.url()), "select current_user") == "cascade_plan"
    assert await _fetch(plan.url(server.url()), "show timezone") == "UTC"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _fetch(plan.url(server.url()).rpartition("/")[0] + "/cascade_notifier", "select 1")
    with pytest.raises(RoleClosed):
        await provision(server.url(), [ServiceDatabase("cascade_plan", "other"), notifier], owned=False)


def test_programs_can_be_copied_to_where_nobody_reaches_them(data: Path) -> None:
    copy = copied_binaries(find_binaries(), data / "cache")
    again = copied_binaries(find_binaries(), data / "cache")
    answer = subprocess.run([copy.folder / "initdb", "--version"], capture_output=True, text=True, check=True)

    assert copy == again
    assert copy.version in answer.stdout
    assert closed_ancestor(copy.folder) is None


def _found() -> list[Binaries]:
    with contextlib.suppress(PostgresNotFound):
        return [find_binaries()]
    return []


def test_without_the_wheel_the_systems_programs_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("cascade_local.postgres_binaries._version", lambda _: "18.6")

    assert {binaries.source for binaries in _found()} <= {"system"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
def test_a_closed_data_folder_is_named(data: Path) -> None:
    data.chmod(0o700)

    with pytest.raises(DataFolderClosed, match=str(data)):
        PostgresServer(data / "inside", 1).prepare()
