"""Temporal's server answers for its namespace, with its data in the data folder."""

import asyncio
import time
from pathlib import Path

from cascade_local.ports import free_port
from cascade_local.temporal import TemporalServer


async def test_the_server_becomes_ready_and_keeps_its_data_in_the_folder(data: Path) -> None:
    server = TemporalServer(data, free_port())
    server.prepare()
    with (data / "temporal.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*server.command(), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 15
        while not await server.is_ready():
            assert time.monotonic() < deadline, (data / "temporal.log").read_text()
            await asyncio.sleep(0.1)
    finally:
        process.terminate()
        await process.wait()

    assert (data / "temporal" / "temporal.db").exists()
