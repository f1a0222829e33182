"""A watched command ends with the process that asked for it, in both ways of watching."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cascade_local.parent_watch import watched_command
from cascade_local.processes import Identity, identify, wait_until_gone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="installations run on Linux and macOS")
METHODS = ["watcher"] + (["prctl"] if sys.platform == "linux" else [])
CHILD = "import signal,sys,time; signal.signal(signal.SIGINT, lambda *_: (print('asked', flush=True), sys.exit(0)));"
CHILD += "print('here', flush=True); time.sleep(60)"
PARENT = (
    "import subprocess,sys;"
    "from cascade_local.parent_watch import watched_command as watched;"
    "child=subprocess.Popen(watched([sys.executable,'-c',sys.argv[2]],stop_signal=2,method=sys.argv[1]),"
    "stdout=open(sys.argv[3],'w'));"
    "print(child.pid,flush=True);"
    "child.wait()"
)


def _await_text(path: Path, text: str) -> None:
    deadline = time.monotonic() + 10
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _family(method: str, said: Path) -> tuple["subprocess.Popen[bytes]", Identity]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, method, CHILD, str(said)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.stdout.close()
    _await_text(said, "here")
    child = identify(pid)
    assert child is not None
    return parent, child


@pytest.mark.parametrize("method", METHODS)
def test_the_command_is_signalled_when_its_parent_is_killed(method: str, tmp_path: Path) -> None:
    parent, child = _family(method, tmp_path / "said")
    parent.kill()
    parent.wait()

    assert wait_until_gone([child], 5) == []
    assert (tmp_path / "said").read_text().split() == ["here", "asked"]


@pytest.mark.parametrize("method", METHODS)
def test_a_zombie_parent_counts_as_gone(method: str, tmp_path: Path) -> None:
    parent, child = _family(method, tmp_path / "said")
    parent.kill()
    left = wait_until_gone([child], 5)
    parent.wait()

    assert left == []


@pytest.mark.parametrize("method", METHODS)
def test_the_command_keeps_the_wrappers_id_and_exit_code(method: str) -> None:
    command = watched_command(
        [sys.executable, "-c", "import os; print(os.getpid()); raise SystemExit(7)"], method=method
    )
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate(timeout=10)

    assert (int(output), process.returncode) == (process.pid, 7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.parametrize("method", METHODS)
def test_root_gives_up_its_rights_first(method: str) -> None:
    command = watched_command(["id", "-u"], user="nobody", method=method)
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert int(output) != 0


@pytest.mark.parametrize("method", METHODS)
def test_a_command_may_give_way_to_others(method: str) -> None:
    command = watched_command([sys.executable, "-c", "import os; print(os.nice(0))"], method=method, yields=6)
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert int(output) - os.nice(0) == 6


def test_a_command_asked_for_by_a_process_already_gone_does_not_stay() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    process = subprocess.Popen(watched_command(["sleep", "60"], watched=gone.pid))

    assert process.wait(10) == -signal.SIGTERM
