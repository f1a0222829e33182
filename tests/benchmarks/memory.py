"""Memory: the most each process held during the run; ours, and Temporal's and PostgreSQL's apart."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cascade_local.installation import SERVICES, Installation

EVERY_SECONDS = 1.0


def _table() -> list[tuple[int, int, int]]:
    """Return (process, its parent, kilobytes resident) of every process of the machine."""
    command = ["ps", "-axo", "pid=,ppid=,rss="]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [(int(pid), int(parent), int(rss)) for pid, parent, rss in map(str.split, answer.splitlines())]


def _shared_once(pid: int, resident: int) -> int:
    """Return kilobytes of a process, pages it shares divided by their sharers, where the system tells (Linux)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return resident
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), resident)


def _held(root: int, table: list[tuple[int, int, int]]) -> float:
    """Return megabytes resident of a process; with its children, shared pages counted once, where it has any."""
    family = {root}
    for pid, parent, _ in sorted(table):
        if parent in family:
            family.add(pid)
    sizes = {pid: resident for pid, _, resident in table if pid in family}
    if len(sizes) > 1:
        sizes = {pid: _shared_once(pid, resident) for pid, resident in sizes.items()}
    return sum(sizes.values()) / 1024


@dataclass(slots=True)
class Memory:
    """The most held so far, in megabytes, by process."""

    most: dict[str, float] = field(default_factory=dict)

    def look(self, installation: Installation) -> None:
        """Look at every process now."""
        table = _table()
        for name in installation.supervisor.services:
            identity = installation.supervisor.identity(name)
            if identity is not None:
                self.most[name] = max(self.most.get(name, 0.0), _held(identity.pid, table))

    @property
    def of_ours(self) -> float:
        """The largest of our own processes."""
        return max((held for name, held in self.most.items() if name in SERVICES), default=0.0)

    def words(self) -> str:
        """Return what each held, largest first."""
        ordered = sorted(self.most.items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {held:.0f} MB" for name, held in ordered)


@asynccontextmanager
async def watched_memory(installation: Installation) -> AsyncIterator[Memory]:
    """Look at the memory every second, in a thread, until the block ends."""
    memory = Memory()

    async def watch() -> None:
        while True:
            await asyncio.to_thread(memory.look, installation)
            await asyncio.sleep(EVERY_SECONDS)

    task = asyncio.create_task(watch())
    try:
        yield memory
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
