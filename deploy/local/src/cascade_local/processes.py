"""Recognise and end processes by id and start time, so that a reused id never hits a stranger."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: `started` is opaque, equal only for the same process, also across a reboot."""

    pid: int
    started: str


def start_mark(pid: int) -> str | None:
    """Return the opaque start time of a live process; None for one that ended or is a zombie."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def identify(pid: int) -> Identity | None:
    """Return the identity of a live process."""
    mark = start_mark(pid)
    return None if mark is None else Identity(pid, mark)


def is_running(identity: Identity) -> bool:
    """Tell whether this very process still runs."""
    return start_mark(identity.pid) == identity.started


def wait_until_gone(identities: Iterable[Identity], seconds: float) -> list[Identity]:
    """Wait for processes to end; return those still running after `seconds`."""
    deadline = time.monotonic() + seconds
    left = [identity for identity in identities if is_running(identity)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [identity for identity in left if is_running(identity)]
    return left


def end(identities: Iterable[Identity], *, stop_signal: int = signal.SIGTERM, grace_seconds: float = 10) -> None:
    """Ask processes to stop, and kill those that have not after the grace. Harmless for processes already gone."""
    wanted = [identity for identity in identities if is_running(identity)]
    for number, patience in ((stop_signal, grace_seconds), (signal.SIGKILL, 5.0)):
        for identity in wanted:
            with contextlib.suppress(ProcessLookupError):
                os.kill(identity.pid, number)
        wanted = wait_until_gone(wanted, patience)
