"""Fan-out and mail: from the POST that issues to every notice with the notifier, and to every e-mail accepted."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from cascade_local.provision import driver_url

from benchmarks.bench import Bench, stage
from benchmarks.province import ANNOUNCED, round_

MAILS = 3_000


async def fan_out(bench: Bench) -> None:
    """Measure a cascade, one directive an office of 24 schools, issued at once, until every notice is handed over."""
    with stage("soạn văn bản · drafting"):
        documents = await bench.province.draft_all([round_("report")])
    with stage("ban hành, chờ giao đủ thông báo · fan-out"):
        begun = datetime.now(UTC)
        await bench.province.issue(documents)
        issued = datetime.now(UTC)
        last = await bench.handed_over(documents, "announce", bench.units)
    bench.figures["fan_out_s"] = (last - begun).total_seconds()
    bench.note(f"fan-out: {len(documents)} documents; the POSTs alone took {(issued - begun).total_seconds():.2f} s")
    with stage("chờ thư đi hết · letting the mail go"):
        await bench.province.wait_for_quiet()


async def mail(bench: Bench) -> None:
    """Measure 3,000 e-mails of one document, from its issue to the last one accepted by the SMTP server."""
    rounds = -(-MAILS // bench.units)
    units = bench.province.schools[: MAILS // rounds]
    messages = len(units) * rounds
    document = await bench.province.draft("SGDDT", units, [round_("report") for _ in range(rounds)], ANNOUNCED)
    with stage("gửi thư · mail"):
        begun = datetime.now(UTC)
        await bench.province.issue([document])
        last = await bench.handed_over([document], "announce", messages)
        await bench.province.wait_for_quiet()
    row = await bench.facts.fetchrow(
        "select count(*) as delivered, max(outcome_at) as last from notice"
        " where state = 'delivered' and batch_id in (select id from batch where document_id = $1)",
        document,
    )
    if row["delivered"] != messages:
        bench.note(f"mail: only {row['delivered']} of {messages} delivered")
    seconds = (row["last"] - begun).total_seconds()
    bench.figures["mail_s"] = seconds * MAILS / messages
    bench.note(f"one document to {len(units)} units: handed over after {(last - begun).total_seconds():.2f} s")
    bench.note(f"mail: {messages / seconds:.0f} e-mails a second, from issue to the last outcome recorded")
    bench.figures["mail_per_s"] = await _sent_per_second(bench, document)


async def _sent_per_second(bench: Bench, document: UUID) -> float:
    """Return how many e-mails a second were sent while a document's were, by notifier's own log."""
    batches = await bench.facts.fetch("select id from batch where document_id = $1", document)
    log = await asyncpg.connect(driver_url(bench.installation.urls["notifier_database"]))
    try:
        row = await log.fetchrow(
            "select count(*) as number, min(transmitting_at) as first, max(finished_at) as last from delivery"
            " where state = 'accepted' and batch_id = any($1)",
            [batch["id"] for batch in batches],
        )
    finally:
        await log.close()
    return float(row["number"] / (row["last"] - row["first"]).total_seconds())
