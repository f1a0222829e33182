"""Run Temporal's server for one machine: the official CLI's `start-dev` with a WAL database file in the data folder."""

import asyncio
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from cascade_contracts.supervision import SEARCH_CASCADE, SEARCH_DOCUMENT, SEARCH_UNIT

from cascade_local.parent_watch import watched_command

HOST = "127.0.0.1"
NAMESPACE = "default"

PRAGMAS = (
    "journal_mode=wal",
    "synchronous=normal",
    "cache_size=-65536",
    "temp_store=memory",
)
SETTINGS = (
    "history.transferProcessorMaxPollRPS=100",
    "history.timerProcessorMaxPollRPS=100",
    "history.visibilityProcessorMaxPollRPS=1",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
)
"""A third less processor time a workflow (measured: 21 ms to 14 ms for one of two activities).

Of 20 polls a second, the default, every hop of a burst would wait 50 ms, of 2,000 each polls for one task; what is only
listed to people may wait for a second.
"""

YIELDS = 6
"""Whoever hands in goes before what is due: Temporal and the workers give way to the API and the database."""


class TemporalNotFound(Exception):
    """The `temporal` program is not on this machine."""


def find_temporal() -> Path:
    """Return the official CLI: beside this interpreter (the wheel's script), else on the PATH.

    Raises:
        TemporalNotFound: it is in neither place.
    """
    beside = Path(sys.executable).with_name("temporal")
    if beside.is_file():
        return beside
    found = shutil.which("temporal")
    if found is None:
        raise TemporalNotFound("temporal")
    return Path(found)


@dataclass(frozen=True, slots=True)
class TemporalServer:
    """A server over `<data>/temporal/temporal.db` on a loopback port; without a page if `ui_port` is None."""

    data: Path
    port: int
    ui_port: int | None = None

    @property
    def address(self) -> str:
        """Host and port of the front end."""
        return f"{HOST}:{self.port}"

    def prepare(self) -> None:
        """Make the folder of the database; called before every start, since it may be deleted between two."""
        (self.data / "temporal").mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        """Return the command that runs the server until SIGTERM, or until this process ends."""
        database = self.data / "temporal" / "temporal.db"
        command = [str(find_temporal()), "server", "start-dev", "--ip", HOST, "--port", str(self.port)]
        command += ["--db-filename", str(database)]
        command += [part for pragma in PRAGMAS for part in ("--sqlite-pragma", pragma)]
        command += [part for setting in SETTINGS for part in ("--dynamic-config-value", setting)]
        command += ["--headless"] if self.ui_port is None else ["--ui-port", str(self.ui_port)]
        for attribute in (SEARCH_CASCADE, SEARCH_DOCUMENT, SEARCH_UNIT):
            command += ["--search-attribute", f"{attribute}=Keyword"]
        return watched_command(command, yields=YIELDS)

    async def is_ready(self) -> bool:
        """Tell whether the front end answers for the namespace (asked over gRPC by the CLI: cheaper than an import)."""
        if not await accepts_connections(HOST, self.port):
            return False
        probe = await asyncio.create_subprocess_exec(
            str(find_temporal()),
            *("operator", "namespace", "describe", "--namespace", NAMESPACE, "--address", self.address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await probe.wait() == 0


async def accepts_connections(host: str, port: int) -> bool:
    """Tell whether something listens there."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
