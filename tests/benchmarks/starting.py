"""Start: how long the command `cascade up` takes on a data folder that was used before."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path


async def up(data: Path) -> float:
    """Run `cascade up` until it says it is ready, stop it again, and return the seconds it took to be ready."""
    command = [str(Path(sys.executable).with_name("cascade")), "up", "--json", "--temporal-ui-port", "0"]
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, "--data", str(data), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
    )
    assert process.stdout is not None
    line = await process.stdout.readline()
    seconds = time.monotonic() - begun
    process.send_signal(signal.SIGINT)
    await process.wait()
    if not line.startswith(b"{"):
        raise RuntimeError(f"cascade up did not become ready on {data}; see its log folder")
    return seconds
