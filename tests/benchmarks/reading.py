"""Progress: how long an administrator waits for the counts of a document of eight rounds."""

from datetime import timedelta

from benchmarks.bench import Bench, stage
from benchmarks.load import closed_loop
from benchmarks.province import SILENT, round_

ROUNDS = 8
READS = 200


async def progress(bench: Bench) -> None:
    """Measure reads one after the other, some of the obligations answered."""
    rounds = [round_("report", timedelta(days=30 * turn + 30)) for turn in range(ROUNDS)]
    with stage("một văn bản tám đợt · a document of eight rounds"):
        document = await bench.province.draft("SGDDT", bench.province.schools, rounds, SILENT)
        await bench.province.issue([document])
        answers = (await bench.province.hand_ins([document]))[: bench.units // 3]
        await closed_loop(bench.wire, answers, at_once=4)
        await bench.province.wait_for_quiet()
    with stage("đọc tiến độ · reading progress"):
        for name in ("progress", "cascade"):
            request = bench.wire.request("GET", f"/v1/documents/{document}/{name}", bench.province.key)
            await closed_loop(bench.wire, [request] * 20, at_once=1, status=200)
            run = await closed_loop(bench.wire, [request] * READS, at_once=1, status=200)
            if name == "progress":
                bench.figures["progress_p95_ms"] = run.percentile(0.95)
            bench.note(f"{name}, {ROUNDS} rounds: p50 {run.percentile(0.5):.1f} ms, p95 {run.percentile(0.95):.1f} ms")
