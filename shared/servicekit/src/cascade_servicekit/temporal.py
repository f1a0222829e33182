"""Connect to Temporal and run workers; the only place that knows how."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Worker

log = logging.getLogger(__name__)


async def connect(address: str, namespace: str, *, patience: timedelta = timedelta(seconds=60)) -> Client:
    """Connect, waiting up to `patience` for the server to come up.

    Raises:
        RPCError | RuntimeError: the server did not answer in time.
    """
    deadline = asyncio.get_running_loop().time() + patience.total_seconds()
    delay = 0.1
    while True:
        try:
            return await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
        except (RuntimeError, RPCError):
            if asyncio.get_running_loop().time() + delay > deadline:
                raise
            await asyncio.sleep(delay)
            delay = min(delay * 2, 2.0)


def lazy_client(address: str, namespace: str) -> Callable[[], Any]:
    """Return a coroutine function that connects once, on first use, without waiting for the server."""

    async def get() -> Client:
        return await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter, lazy=True)

    return get


async def run_until_stopped(
    workers: Sequence[Worker], *tasks: Callable[[], Any], ready_file: Path | None = None
) -> None:
    """Run workers and side tasks until SIGINT or SIGTERM, then shut down gracefully; re-raise what failed.

    `ready_file` is written once the workers poll, and removed at the end.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        running = [asyncio.create_task(task()) for task in tasks]
        waiter = asyncio.create_task(stop.wait())
        if ready_file is not None:
            ready_file.write_text("ready\n")  # noqa: ASYNC240 - one line, once
        try:
            done, _ = await asyncio.wait([waiter, *running], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is not waiter:
                    task.result()
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)  # noqa: ASYNC240 - once, at the end
            for task in [waiter, *running]:
                task.cancel()
            await asyncio.gather(waiter, *running, return_exceptions=True)
