"""Run a supervisor with two fake services, `base` and `top`, over the data folder given; print a line when ready."""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from cascade_local.jobs import Job, Service
from cascade_local.parent_watch import watched_command
from cascade_local.supervisor import Supervisor
from cascade_local.up import stop_on_signals

CHILD = """
import pathlib, signal, sys, time
name, data = sys.argv[1:]
def stop(*_):
    with open(data + '/stopped', 'a') as file: file.write(name + '\\n')
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if name == 'stubborn' else stop)
pathlib.Path(data, name + '.up').touch()
while True: time.sleep(60)
"""


def child(data: Path, name: str, after: tuple[str, ...] = (), *, watched: bool = True) -> Service:
    """Return a service that touches `<name>.up` when ready and notes in `stopped` that it was asked to stop."""
    sign = data / f"{name}.up"
    command = [sys.executable, "-I", "-S", "-c", CHILD, name, str(data)]

    async def ready() -> bool:
        return sign.exists()

    return Service(
        name,
        (lambda: watched_command(command)) if watched else (lambda: command),
        ready,
        lambda: sign.unlink(missing_ok=True),
        after,
    )


async def _run(data: Path) -> None:
    stop_on_signals()
    watched = "unwatched" not in sys.argv

    async def between() -> None:
        (data / "job").write_text("top" if (data / "top.up").exists() else "only base")

    work: list[Service | Job] = [
        child(data, "top", ("job",), watched=watched),
        Job("job", between, ("base",)),
        child(data, "base", watched=watched),
    ]
    async with Supervisor(data, work, facts={"urls": {}}).run():
        os.write(1, b"ready\n")
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_run(Path(sys.argv[1])))
