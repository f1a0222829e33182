"""Children start in order, start again when killed, stop in reverse; a killed supervisor leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cascade_console.locations import read_state
from cascade_local import supervisor as module
from cascade_local.jobs import Job, Service
from cascade_local.processes import Identity, is_running
from cascade_local.supervisor import AlreadyRunning, NotReady, Supervisor
from harness import fake_installation
from harness.fake_installation import child

SCRIPT = Path(fake_installation.__file__)


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)
    return value


def _child(data: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = (read_state(data) or {})["children"][name]
    return found


def _identity(data: Path, name: str) -> Identity:
    known = _child(data, name)
    return Identity(known["pid"], known["started"])


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.process = subprocess.Popen([sys.executable, str(SCRIPT), str(data), *options], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(15)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def runs() -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        if run.process.poll() is None:
            run.end(signal.SIGKILL)


def test_starts_in_order_and_stops_in_reverse(data: Path, runs: list[Run]) -> None:
    runs.append(Run(data))
    state = read_state(data) or {}

    assert (data / "job").read_text() == "only base"
    assert state["ready"]
    assert state["supervisor"]["pid"] == runs[0].process.pid
    assert (data / "state.json").stat().st_mode & 0o777 == 0o600
    assert runs[0].end(signal.SIGINT) == 0
    assert (data / "stopped").read_text().split() == ["top", "base"]
    assert not any(is_running(_identity(data, name)) for name in ("top", "base"))


def test_a_killed_child_is_started_again(data: Path, runs: list[Run]) -> None:
    runs.append(Run(data))
    killed = _identity(data, "base")
    os.kill(killed.pid, signal.SIGKILL)
    until(lambda: _child(data, "base")["ready"] and _identity(data, "base") != killed, 5)

    assert _child(data, "base")["restarts"] == 1
    assert _child(data, "top")["restarts"] == 0


def test_children_die_with_a_killed_supervisor_and_the_next_one_goes_on(data: Path, runs: list[Run]) -> None:
    runs.append(Run(data))
    left = [_identity(data, name) for name in ("top", "base")]
    runs[0].end(signal.SIGKILL)
    until(lambda: not any(map(is_running, left)))
    runs.append(Run(data))

    assert (read_state(data) or {})["ready"]
    assert (data / "log" / "base.log.1").exists()


def test_leftovers_of_a_killed_supervisor_are_ended_by_the_next_one(data: Path, runs: list[Run]) -> None:
    runs.append(Run(data, "unwatched"))
    left = [_identity(data, name) for name in ("top", "base")]
    runs[0].end(signal.SIGKILL)
    assert all(map(is_running, left))
    runs.append(Run(data))

    assert not any(map(is_running, left))


def test_one_supervisor_per_data_folder(data: Path, runs: list[Run]) -> None:
    runs.append(Run(data))

    async def second() -> None:
        async with Supervisor(data, []).run():
            pass

    with pytest.raises(AlreadyRunning, match=str(runs[0].process.pid)):
        asyncio.run(second())
    assert is_running(_identity(data, "top"))


async def test_a_held_service_stays_away_until_released(data: Path) -> None:
    supervisor = Supervisor(data, [child(data, "base")])
    async with supervisor.run():
        before = supervisor.identity("base")
        await supervisor.hold("base")
        assert before is not None
        assert not is_running(before)
        await supervisor.release("base")
        after = supervisor.identity("base")

    assert after is not None
    assert after != before


async def test_a_child_that_ignores_the_signal_is_killed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.3)
    supervisor = Supervisor(data, [child(data, "stubborn")])
    async with supervisor.run():
        identity = supervisor.identity("stubborn")

    assert identity is not None
    assert not is_running(identity)
    assert "killed" in supervisor.log("stubborn").read_text()


async def test_a_service_that_keeps_ending_stops_the_start_with_its_words(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(module, "LONGEST_BACKOFF_SECONDS", 0.02)

    async def never() -> bool:
        return False

    broken = Service("broken", lambda: [sys.executable, "-c", "raise SystemExit('no such setting')"], never)
    with pytest.raises(NotReady, match=r"(?s)broken.*no such setting"):
        async with Supervisor(data, [broken, child(data, "base")]).run():
            pytest.fail("was never ready")
    assert not is_running(_identity(data, "base"))


async def test_a_job_that_fails_stops_the_start(data: Path) -> None:
    async def job() -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        async with Supervisor(data, [Job("job", job), child(data, "base", ("job",))]).run():
            pytest.fail("was never ready")
    assert not (data / "base.up").exists()
