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
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
        for processor in ("transfer", "timer"):  # 20 polls a second by default: every hop of a burst would wait 50 ms
            command += ["--dynamic-config-value", f"history.{processor}ProcessorMaxPollRPS=2000"]
        command += ["--headless"] if self.ui_port is None else ["--ui-port", str(self.ui_port)]
        for attribute in (SEARCH_CASCADE, SEARCH_DOCUMENT, SEARCH_UNIT):
            command += ["--search-attribute", f"{attribute}=Keyword"]
        return watched_command(command)

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
