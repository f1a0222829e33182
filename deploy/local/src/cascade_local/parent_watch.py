"""Run a command that dies with the process that asked for it, however that process ends.

Two ways: `prctl` (Linux) asks the kernel to signal the command when its parent dies; `watcher` (everywhere, used on
macOS) leaves a small process beside the command that waits for the watched process to end. Either way the command keeps
the process id of this wrapper, so whoever started the wrapper signals the command itself. Run as a plain script in
isolated mode: it imports the standard library only, and gives up root for `--user` before it executes the command.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

POLL_SECONDS = 0.2
_PR_SET_PDEATHSIG = 1


def watched_command(
    command: Sequence[str],
    *,
    stop_signal: int = signal.SIGTERM,
    user: str | None = None,
    watched: int | None = None,
    method: str = "auto",
    yields: int = 0,
) -> list[str]:
    """Return `command` wrapped so that it gets `stop_signal` when process `watched` (default: this one) ends.

    `yields` says how much it gives way to others when processors are scarce (a nice value, 0 to 19).

    `prctl` can only watch the direct parent, and means its *thread*: start the command from a thread that stays.
    """
    parent = os.getpid() if watched is None else watched
    if method == "auto":
        method = "prctl" if sys.platform == "linux" and parent == os.getpid() else "watcher"
    options = ["--watched", str(parent), "--signal", str(int(stop_signal)), "--method", method]
    if user is not None:
        options += ["--user", user]
    if yields:
        options += ["--yields", str(yields)]
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *options, "--", *command]


def _stands(pid: int) -> str | None:
    """Return a mark of a live process that no later process with the same id shares; None if it ended."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "alive"


def _wait_for_end_of_either(watched: int, command: int) -> None:
    if sys.platform == "darwin":
        queue = select.kqueue()
        try:
            for pid in (watched, command):
                event = select.kevent(
                    pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD | select.KQ_EV_ONESHOT, select.KQ_NOTE_EXIT
                )
                queue.control([event], 0)
            queue.control([], 1)
        except ProcessLookupError:
            return
        return
    marks = _stands(watched), _stands(command)
    while None not in marks and (_stands(watched), _stands(command)) == marks:
        time.sleep(POLL_SECONDS)


def _leave_watcher(watched: int, stop_signal: int) -> None:
    """Leave a grandchild (no child of the command, which must not see it end) that signals the command in time."""
    command = os.getpid()
    intermediate = os.fork()
    if intermediate:
        os.waitpid(intermediate, 0)
        return
    if os.fork():
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    mark = _stands(command)
    _wait_for_end_of_either(watched, command)
    if _stands(command) == mark is not None:
        os.kill(command, stop_signal)
    os._exit(0)


def _give_way(by: int) -> None:
    """Lower this process's claim on the processors; Linux, grouping by session, weighs sessions first."""
    os.nice(by)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(by))


def _become(user: str) -> None:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def _die_with_parent(parent: int, stop_signal: int) -> None:
    """Ask the kernel for `stop_signal` at the parent's end; a change of user clears the wish, so this comes after."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, stop_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Become the command."""
    parser = argparse.ArgumentParser(description="Run a command that dies with another process.")
    parser.add_argument("--watched", type=int, required=True)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--method", choices=("prctl", "watcher"), required=True)
    parser.add_argument("--user")
    parser.add_argument("--yields", type=int, default=0)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    if options.yields:
        _give_way(options.yields)
    if options.method == "watcher":
        _leave_watcher(options.watched, options.signal)
    if options.user is not None:
        os.chdir("/")
        _become(options.user)
    if options.method == "prctl":
        _die_with_parent(options.watched, options.signal)
    os.execvp(options.command[0], options.command)  # noqa: S606 - the command is ours, no shell wanted


if __name__ == "__main__":
    main()
