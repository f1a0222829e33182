"""What the same work costs at the very least, in the same run: beside it every other figure can be read."""

import asyncio
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from cascade_local.ports import free_port
from cascade_local.provision import driver_url
from temporalio.client import Client

from benchmarks import floor_api, floor_workflows
from benchmarks.bench import Bench, stage
from benchmarks.handing_in import AT_ONCE
from benchmarks.load import closed_loop
from benchmarks.wire import wire

MOST_WORKFLOWS = 1_000
SMTP_CONNECTIONS = 8
"""As many as notifier keeps by default."""
MAILS = 3_000
INSERTS = 3_000


@asynccontextmanager
async def _process(module: str, *arguments: str, stdin: int = DEVNULL) -> AsyncIterator[Process]:
    """Run a module of this package in a process of its own, ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdin=stdin, stdout=PIPE, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _word(process: Process, word: str) -> None:
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode().strip()
    if line != word:
        raise RuntimeError(f"expected {word}, the floor said {line!r}")


async def floor_workflow(bench: Bench) -> None:
    """Start one workflow a unit (at most 1,000, extrapolated beyond) until each has announced."""
    count = min(bench.units, MOST_WORKFLOWS)
    gate = asyncio.Semaphore(16)
    address = bench.installation.temporal.address
    client = await Client.connect(address)

    async def start(number: int) -> None:
        async with gate:
            await client.start_workflow(
                floor_workflows.WORKFLOW, str(number), id=f"floor/{number}", task_queue=floor_workflows.QUEUE
            )

    with stage("mức sàn: mỗi đơn vị một workflow · floor: one workflow a unit"):
        async with _process("floor_workflows", address, str(count)) as process:
            await _word(process, "ready")
            begun = time.monotonic()
            await asyncio.gather(*map(start, range(count)))
            await _word(process, "done")
            seconds = time.monotonic() - begun
    bench.figures["floor_workflow_per_unit_s"] = seconds / count * bench.units
    how = "measured" if count == bench.units else f"EXTRAPOLATED from {count} workflows in {seconds:.1f} s"
    bench.note(f"floor, one workflow a unit: {how}")
    if fan_out := bench.figures["fan_out_s"]:
        bench.note(f"fan-out is {seconds / count * bench.units / fan_out:.1f} times faster than one workflow a unit")


async def floor_insert(bench: Bench) -> None:
    """Send hand-ins to a bare handler that writes the same rows."""
    await bench.hand_ins(0)
    ids = await floor_api.prepare(bench.facts, INSERTS)
    port = free_port()
    body = {"kind": "report", "text": "Đã tổ chức tập huấn cho giáo viên.", "figures": {"classes": 3, "people": 240}}
    with stage("mức sàn: FastAPI trần · floor: a bare handler"):
        async with (
            _process("floor_api", driver_url(bench.installation.urls["plan_database"]), str(port)),
            wire(f"http://127.0.0.1:{port}") as floor,
        ):
            await _answering(port)
            requests = [floor.request("POST", f"/floor/{obligation}", "nobody", body) for obligation in ids]
            await closed_loop(floor, requests[:200], at_once=AT_ONCE)
            run = await closed_loop(floor, requests[200:], at_once=AT_ONCE)
    bench.figures["floor_insert_per_s"] = run.per_second
    bench.note(f"floor, bare handler: p99 {run.percentile(0.99):.1f} ms")


async def floor_mail(bench: Bench) -> None:
    """Send the last notice's content as often over as many bare connections, nothing recorded."""
    async with httpx.AsyncClient(base_url=bench.installation.urls["mail"]) as mailbox:
        (newest,) = (await mailbox.get("/messages", params={"limit": 1})).json()["messages"]
        content = (await mailbox.get(f"/messages/{newest['id']}/raw")).content
    host, port = bench.installation.urls["smtp"].split(":")
    with stage("mức sàn: aiosmtplib trần · floor: bare aiosmtplib"):
        async with _process("floor_smtp", host, port, str(SMTP_CONNECTIONS), str(MAILS), stdin=PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(content)
            process.stdin.close()
            await _word(process, "ready")
            seconds = float((await process.stdout.readline()).split()[1])
    bench.figures["floor_mail_per_s"] = MAILS / seconds
    if rate := bench.figures["mail_per_s"]:
        bench.note(f"mail goes out at {rate * seconds / MAILS:.0%} of a bare aiosmtplib loop's rate")


async def _answering(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
