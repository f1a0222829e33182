"""Hand-ins: as many as go (spread, and within one round), their latency when idle, and while everything falls due."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from benchmarks.bench import HAND_INS_A_SECOND, Bench, stage
from benchmarks.load import closed_loop, open_loop
from benchmarks.province import DUE_ONLY, SILENT, round_

AT_ONCE = 8
WARM_UP = 600
OPEN_SECONDS = 15
LONGEST_BURST_SECONDS = 45


async def hand_in(bench: Bench) -> None:
    """Measure hand-ins spread over fifty documents: latency at 200 a second, then the rate of a closed loop."""
    with stage("nộp báo cáo · hand-ins"):
        await closed_loop(bench.wire, await bench.hand_ins(WARM_UP), at_once=AT_ONCE)
        requests = await bench.hand_ins(HAND_INS_A_SECOND * OPEN_SECONDS)
        idle = await open_loop(bench.wire, requests, per_second=HAND_INS_A_SECOND)
        spread = await closed_loop(bench.wire, await bench.hand_ins(4_000), at_once=AT_ONCE)
    bench.figures["hand_in_p99_ms"] = idle.percentile(0.99)
    bench.figures["hand_in_per_s"] = spread.per_second
    bench.note(
        f"hand-in idle at 200/s: p50 {idle.percentile(0.5):.1f} ms, p95 {idle.percentile(0.95):.1f} ms{idle.overload}"
    )
    bench.note(f"hand-in closed loop, {AT_ONCE} at once: p99 {spread.percentile(0.99):.1f} ms{spread.overload}")


async def hot_round(bench: Bench) -> None:
    """Measure hand-ins into one single round: each must ask, in turn, whether it was the last."""
    units = [school for school in bench.province.schools if school.key]
    document = await bench.province.draft("SGDDT", units, [round_("report")], SILENT)
    await bench.province.issue([document])
    with stage("một đợt nóng · one hot round"):
        requests = await bench.province.hand_ins([document])
        run = await closed_loop(bench.wire, requests, at_once=AT_ONCE)
    bench.figures["hot_round_per_s"] = run.per_second
    settled = await bench.facts.fetchval("select settled_at is not null from round where document_id = $1", document)
    bench.note(f"hot round of {len(units)}: p99 {run.percentile(0.99):.1f} ms, settled by the last: {bool(settled)}")


async def all_due(bench: Bench) -> None:
    """Let every unit's obligation fall due at one instant while 200 hand-ins a second arrive elsewhere."""
    await bench.province.wait_for_quiet()
    load = await bench.hand_ins(HAND_INS_A_SECOND * LONGEST_BURST_SECONDS)
    documents, due_at = await _due_together(bench)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds() - 3))
    with stage("tất cả đến hạn cùng lúc · all due at once"):
        sending = asyncio.create_task(open_loop(bench.wire, load, per_second=HAND_INS_A_SECOND, stop=stop))
        falls_due = loop.time() + (due_at - datetime.now(UTC)).total_seconds()
        last = await bench.handed_over(documents, "due", bench.units)
        over = loop.time()
        stop.set()
        run = await sending
    bench.figures["all_due_s"] = (last - due_at).total_seconds()
    bench.figures["hand_in_p99_all_due_ms"] = run.percentile(0.99, falls_due, over)
    bench.note(
        f"hand-in during the burst: p50 {run.percentile(0.5, falls_due, over):.1f} ms, "
        f"worst {run.percentile(1, falls_due, over):.1f} ms{run.overload}"
    )
    with stage("chờ thư đi hết · letting the mail go"):
        await bench.province.wait_for_quiet()


async def _due_together(bench: Bench) -> tuple[list[UUID], datetime]:
    """Issue a document an office, all due at one instant that is still ahead when the last one is issued."""
    patience = 10 + bench.units * 0.01
    while True:
        due_at = datetime.now(UTC) + timedelta(seconds=patience)
        with stage(f"chuẩn bị đến hạn lúc {due_at:%H:%M:%S} UTC · preparing what falls due"):
            documents = await bench.province.draft_all([round_("report", due_at)], DUE_ONLY)
            if datetime.now(UTC) + timedelta(seconds=patience / 2) < due_at:
                await bench.province.issue(documents)
                await bench.province.wait_for_quiet()
        if datetime.now(UTC) + timedelta(seconds=4) < due_at:
            return documents, due_at
        patience *= 2
