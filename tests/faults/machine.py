"""An installation to be hurt: its processes are killed, held back and released, and every absence is written down.

It lives in a folder of its own with free ports, so that it stands beside other installations of the machine. PostgreSQL
commits as for users: with the settings of tests a killed server may forget what it confirmed, and nothing could be
checked.
"""

import asyncio
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cascade_console.locations import read_state
from cascade_local.installation import Installation, UpSettings, running
from cascade_local.ports import DEFAULT_PORTS, free_port

BACK_SECONDS: Final = 60.0
"""How long a killed process may take to be ready again; what is asserted is shorter."""

_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Outage:
    """A process was away: from its kill to the instant its supervisor found it ready again."""

    process: str
    began_at: datetime
    back_at: datetime

    @property
    def seconds(self) -> float:
        """How long it was away."""
        return (self.back_at - self.began_at).total_seconds()


async def until(what: str, condition: Callable[[], Awaitable[bool]], seconds: float, pause: float = 0.1) -> float:
    """Look until a condition holds; return the seconds it took.

    Raises:
        AssertionError: it did not hold in time.
    """
    began = time.monotonic()
    while not await condition():
        assert time.monotonic() - began < seconds, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(pause)
    return time.monotonic() - began


class Machine:
    """A running installation and the outages it has been through."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.outages: list[Outage] = []

    @property
    def key(self) -> str:
        """The first administrator's key."""
        return self.installation.key_file.read_text().strip()

    async def kill(self, *names: str) -> list[Outage]:
        """Kill processes with SIGKILL at once and wait until each is ready again."""
        began_at = datetime.now(UTC)
        killed = {name: self._pid(name) for name in names}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        outages = list(await asyncio.gather(*(self._back(name, pid, began_at) for name, pid in killed.items())))
        self.outages += outages
        return outages

    @asynccontextmanager
    async def without(self, name: str) -> AsyncIterator[None]:
        """Kill a process and keep it away for the block; ready again afterwards."""
        supervisor, began_at = self.installation.supervisor, datetime.now(UTC)
        await supervisor.hold(name)
        try:
            yield
        finally:
            async with asyncio.timeout(BACK_SECONDS):
                await supervisor.release(name)
            self.outages.append(Outage(name, began_at, datetime.now(UTC)))

    async def lose_temporal(self) -> Outage:
        """Kill Temporal and delete everything it kept before it starts again."""
        async with self.without("temporal"):
            await asyncio.to_thread(shutil.rmtree, self.installation.data / "temporal")
        return self.outages[-1]

    def _pid(self, name: str) -> int:
        identity = self.installation.supervisor.identity(name)
        assert identity is not None, f"{name} never ran"
        return identity.pid

    async def _back(self, name: str, killed: int, began_at: datetime) -> Outage:
        async def is_back() -> bool:
            child = (read_state(self.installation.data) or {}).get("children", {}).get(name, {})
            return bool(child.get("ready")) and child.get("pid") != killed

        await until(f"{name} back after a kill", is_back, BACK_SECONDS, _POLL_SECONDS)
        return Outage(name, began_at, datetime.now(UTC))


def _new_folder() -> Path:
    """Return a folder PostgreSQL's user can enter (pytest's own is closed to it), with ports nobody else uses."""
    folder = Path(tempfile.mkdtemp(prefix="cascade-faults-", dir="/tmp"))
    folder.chmod(0o711)
    ports: list[int] = []
    for _ in DEFAULT_PORTS:
        ports.append(free_port(ports))
    (folder / "ports.json").write_text(json.dumps(dict(zip(DEFAULT_PORTS, ports, strict=True))))
    return folder


@asynccontextmanager
async def started(
    keep: Callable[[], bool], environment: Mapping[str, str] | None = None, *, zalo: bool = False
) -> AsyncIterator[Machine]:
    """Start an installation; its folder goes at the end unless `keep` says that somebody will want its logs."""
    folder = await asyncio.to_thread(_new_folder)
    try:
        async with running(
            UpSettings(data=folder, temporal_ui_port=0, environment=environment or {}, zalo=zalo)
        ) as installation:
            yield Machine(installation)
    finally:
        if not keep():
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
