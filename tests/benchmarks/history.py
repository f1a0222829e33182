"""History: how many events a year of one supervision leaves in Temporal, lived in less than a minute."""

import asyncio
from datetime import UTC, datetime, timedelta

from cascade_contracts.supervision import supervision_id
from temporalio.client import Client, WorkflowExecutionStatus

from benchmarks.bench import Bench, stage
from benchmarks.province import YEAR, round_

ROUNDS, STEPS, CHANGES = 8, 6, 10
ROUND_SECONDS = 5
BEGIN_SECONDS = 6


async def history(bench: Bench) -> None:
    """Live eight rounds of six steps with ten changes, and count the real events of the supervision's history."""
    begin = datetime.now(UTC) + timedelta(seconds=BEGIN_SECONDS)
    rounds = [round_("report", begin + timedelta(seconds=ROUND_SECONDS * turn)) for turn in range(ROUNDS)]
    document = await bench.province.draft("SGDDT", bench.province.schools[:2], rounds, YEAR)
    call, key = bench.wire.call, bench.province.key
    with stage("một năm theo dõi · a year of one supervision"):
        await bench.province.issue([document])
        for number in range(CHANGES):
            await asyncio.sleep(0.8 * ROUND_SECONDS * ROUNDS / CHANGES if number % 2 == 0 else 0.1)
            body = {"reason": "đo"} if number % 2 == 0 else None
            await call("POST", f"/v1/documents/{document}/{'resume' if number % 2 else 'suspend'}", key, body)
        client = await Client.connect(bench.installation.temporal.address)
        handle = client.get_workflow_handle(supervision_id(document))
        async with asyncio.timeout(120):
            description = await handle.describe()
            while description.status == WorkflowExecutionStatus.RUNNING:
                await asyncio.sleep(0.5)
                description = await handle.describe()
    taken = await bench.facts.fetchval(
        "select count(*) from ladder_step where document_id = $1 and outcome = 'taken'", document
    )
    bench.figures["history_events_per_year"] = description.history_length
    bench.note(f"history: {ROUNDS} rounds × {STEPS} steps, {taken} steps spoke, {CHANGES} changes")
    await bench.province.wait_for_quiet()
