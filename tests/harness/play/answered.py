"""What is asserted of what units owe: due times, standings, what is born late, consolidations with gaps and sums."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from cascade_contracts.vocabulary import RoundKind

from harness.cascade import Document, Json, instant
from harness.play.assertions import Verdict, counts, row_of, rows
from harness.play.duties import Duty, fed_duties
from harness.play.expected import consolidated_at, hour_of, tally, timeliness
from harness.play.rows import DocumentRow, RoundRow
from harness.play.stage import Stage

# --- obligations ---


async def judge_obligations(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """Every obligation has its due time, its standing and its state; their sum is the document's."""
    cards = {item["id"]: item for item in await stage.cards(row.key)}
    duties = [duty for duty in stage.owed if duty.document is row]
    verdict.that(f"{row.key} obligations", len(cards), len(duties))
    for duty in duties:
        card = cards[stage.obligations[duty.unit, duty.name]]
        name = f"{duty.name} of {duty.unit} ({duty.conduct})"
        verdict.that(f"{name} due at", card["due_at"] and instant(card["due_at"]), duty.due_at)
        verdict.that(f"{name} stands", card["timeliness"], timeliness(duty, stage.scenario.ends))
        verdict.that(f"{name} state", card["state"], _state(duty))
        handed_in_at = card["handed_in_at"] and hour_of(instant(card["handed_in_at"]))
        verdict.that(f"{name} handed in", handed_in_at, duty.kept_at and hour_of(duty.kept_at))
    await _judge_addressees(stage, row, verdict)
    await _judge_received(stage, row, verdict)
    counted = await stage.cascade.progress(stage.documents[row.key])
    verdict.that(f"{row.key} counts", counts(counted), counts(tally(duties, stage.scenario.ends)))


def _state(duty: Duty) -> str:
    if duty.transferred_at is not None:
        return "transferred"
    if duty.declined_at is not None:
        return "declined"
    if duty.decided_at is not None:
        return "fulfilled"
    return "submitted" if duty.handed_in_at is not None else "open"


async def _judge_addressees(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """What is owed is decided on by who asked, and received by whoever else the document names."""
    query = """
        select o.id, o.deciding_unit_id as decides, array_remove(array_agg(r.unit_id), null) as receives
        from obligation o left join obligation_receiver r on r.obligation_id = o.id
        where o.document_id = :id group by o.id
    """
    codes = {unit.id: unit.code for unit in stage.cascade.units_by_code.values()}
    found = {
        str(item.id): (codes[item.decides], sorted(codes[unit] for unit in item.receives))
        for item in await rows(stage, query, stage.documents[row.key])
    }
    for duty in (duty for duty in stage.owed if duty.document is row and duty.row.receivers):
        given, wanted = found[stage.obligations[duty.unit, duty.name]], sorted(duty.row.receivers)
        name = f"{duty.name} of {duty.unit} is decided by {row.issuer} and received by {', '.join(wanted)}"
        verdict.that(name, given, (row.issuer, wanted))


async def _judge_received(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """Who receives a round lists all of it; of an ended unit, who took over from it does."""
    heirs = {merger.unit: merger.into for merger in stage.scenario.mergers}
    for given in row.rounds:
        name = f"{row.key}.{given.key}"
        wanted = {stage.obligations[duty.unit, duty.name] for duty in stage.owed if duty.name == name}
        for receiver in given.receivers:
            reader = heirs.get(receiver, receiver)
            found = {item["id"] for item in await stage.received_by(reader)}
            verdict.that(f"{name} is listed by {reader}, who receives it", wanted & found, wanted)


async def judge_plans(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """A document issued is at once the plan its issuer owed under its parents."""
    for duty in stage.owed:
        if duty.unit == row.issuer and duty.document.key in row.parents and duty.row.kind is RoundKind.PLAN:
            card = {item["id"]: item for item in await stage.cards(duty.document.key)}
            found = card[stage.obligations[duty.unit, duty.name]]
            handed_in_at = found["handed_in_at"] and hour_of(instant(found["handed_in_at"]))
            verdict.that(
                f"{row.key} is the plan {duty.unit} owed under {duty.document.key}",
                (found["state"], handed_in_at),
                ("fulfilled", hour_of(row.at)),
            )


# --- rounds: due times, what is born late, consolidation ---


async def judge_rounds(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """Every round has exactly its due time; a report round is consolidated when it must be, with its gaps and sums."""
    document = stage.documents[row.key]
    stands = await stage.cascade.rounds(document)
    for given, found in zip(row.rounds, stands, strict=True):
        name = f"{row.key}.{given.key}"
        verdict.that(f"{name} due at", found["due_at"] and instant(found["due_at"]), given.due_at)
        verdict.that(f"{name} derives its due time", bool(found["due_reasons"]))
        if given.at is not None:
            await _judge_asked(stage, row, given, found, verdict)
        if given.due_at is not None and given.due_at <= (given.at or row.at):
            await _judge_born_late(stage, document, found["id"], name, row, verdict)
        if given.kind is RoundKind.REPORT:
            await _judge_consolidation(stage, name, found, verdict)


async def _judge_asked(stage: Stage, row: DocumentRow, given: RoundRow, found: Json, verdict: Verdict) -> None:
    """A round asked for later asks whom it selects, says so at once, and leaves the issued version as frozen."""
    document, name = stage.documents[row.key], f"{row.key}.{given.key}"
    assert given.at is not None
    codes = {str(unit.id): unit.code for unit in stage.cascade.units_by_code.values()}
    owing = sorted(codes[item["unit_id"]] for item in await stage.cards(row.key) if item["round_id"] == found["id"])
    verdict.that(f"{name} asks whom it selects", owing, sorted(item.code for item in stage.scenario.asked(row, given)))
    announced = [
        hour_of(instant(step["taken_at"]))
        for step in await stage.cascade.steps(document)
        if step["round_id"] == found["id"] and step["kind"] in {"announce", "amended"}
    ]
    verdict.that(f"{name} is announced when it is asked", set(announced), {hour_of(given.at)})
    if given.amends:
        version = (await stage.cascade.said("GET", f"/v1/documents/{document.id}"))["version"]
        verdict.that(f"{row.key} is amended to a second version, told to all affected", version, 2)
    frozen = await row_of(
        stage,
        "select jsonb_array_length(content->'rounds') as rounds from document_version where document_id = :id",
        document,
    )
    drafted = sum(item.at is None and not item.recurs for item in row.rounds)
    verdict.that(f"{row.key} stays frozen as issued", frozen.rounds, drafted)


async def _judge_born_late(
    stage: Stage, document: Document, round_id: str, name: str, row: DocumentRow, verdict: Verdict
) -> None:
    steps = [step for step in await stage.cascade.steps(document) if step["round_id"] == round_id]
    spoken = {step["kind"] for step in steps if step["outcome"] == "taken"}
    verdict.that(f"{name}, past at issue, only announces", spoken, {"announce"})
    why = {step["why"] for step in steps if step["outcome"] == "skipped"}
    verdict.that(f"{name}, past at issue, says why it is silent", why, {"due_before_issue"})
    kept = await rows(stage, "select id, past_due_reason from round where document_id = :id", document)
    reasons = [item.past_due_reason for item in kept if str(item.id) == round_id]
    verdict.that(f"{name} keeps the reason", reasons, [row.confirm["reason"]])


async def _judge_consolidation(stage: Stage, name: str, found: Json, verdict: Verdict) -> None:
    duties = [duty for duty in stage.owed if duty.name == name]
    drafted_at = consolidated_at(duties)
    consolidated = found["consolidated_at"] and hour_of(instant(found["consolidated_at"]))
    verdict.that(f"{name} is consolidated", consolidated, drafted_at and hour_of(drafted_at))
    if drafted_at is None:
        return
    drafted = await stage.cascade.consolidation(*stage.place(name))
    codes = {str(unit.id): unit.code for unit in stage.cascade.units_by_code.values()}
    gaps = sorted(codes[gap["unit"]] for gap in drafted["gaps"])
    verdict.that(f"{name} gaps", gaps, gaps_of(duties, drafted_at))
    totals = {figure: int(value["total"]) for figure, value in drafted["content"]["figures"].items()}
    verdict.that(f"{name} totals", totals, totals_of(duties, drafted_at))
    for figure, value in drafted["content"]["figures"].items():
        parts = sum(int(part["value"]) for part in value["parts"])
        verdict.that(f"{name} {figure} is the sum of its parts", parts, totals[figure])
    if name in stage.scenario.expect.totals:
        verdict.that(f"{name} totals by hand", totals, stage.scenario.expect.totals[name])
    if name in stage.scenario.expect.gaps:
        verdict.that(f"{name} gaps by hand", gaps, stage.scenario.expect.gaps[name])
    fed = {stage.obligations[duty.unit, duty.name] for duty in fed_duties(stage.scenario, stage.owed, name)}
    verdict.that(f"{name} answers upwards", set(drafted["upward_obligation_ids"]), fed)
    await _judge_sent_up(stage, name, verdict)


async def _judge_sent_up(stage: Stage, name: str, verdict: Verdict) -> None:
    """A consolidation sent up is one report under every parent, each naming it."""
    fed = fed_duties(stage.scenario, stage.owed, name)
    if len(fed) < 2 or name not in {sent.round for sent in stage.scenario.reports_up}:
        return
    made = set()
    for duty in fed:
        owed = await stage.cascade.said("GET", f"/v1/obligations/{stage.obligations[duty.unit, duty.name]}")
        made |= {item["consolidation_id"] for item in owed["submissions"]}
        verdict.that(
            f"{name} answers {duty.name} of {duty.unit}, once",
            (owed["state"], len(owed["submissions"])),
            ("fulfilled", 1),
        )
    parents = " and ".join(duty.name for duty in fed)
    verdict.that(f"{name} is one report to {parents}", (len(made), None in made), (1, False))


def missing_of(duties: Iterable[Duty], at: datetime) -> set[str]:
    """Return the units of a round whose own report was not accepted by an instant."""
    return {
        duty.unit
        for duty in duties
        if duty.transferred_at is None
        and (duty.declined_at is not None or duty.decided_at is None or duty.decided_at > at)
    }


def gaps_of(duties: list[Duty], at: datetime) -> list[str]:
    """Return whom a consolidation drafted at an instant misses: who reported nothing, and who is missing below."""
    missing = missing_of(duties, at)
    below = {gap for duty in duties if duty.unit not in missing for gap in duty.gaps}
    return sorted(missing | below)


def totals_of(duties: list[Duty], at: datetime) -> dict[str, int]:
    """Return the sums of the reports accepted by an instant."""
    duties = [duty for duty in duties if duty.transferred_at is None]
    missing = missing_of(duties, at)
    sums: Counter[str] = Counter()
    for duty in duties:
        if duty.unit not in missing:
            sums.update(duty.figures)
    return dict(sums)


def feed(stage: Stage) -> None:
    """Fill in the figures of reports that are consolidations from below, in the order they went up."""
    for sent in sorted(stage.scenario.reports_up, key=lambda sent: sent.at):
        below = [duty for duty in stage.owed if duty.name == sent.round]
        drafted_at = consolidated_at(below)
        for duty in fed_duties(stage.scenario, stage.owed, sent.round):
            if drafted_at is not None:
                duty.figures, duty.gaps = totals_of(below, drafted_at), gaps_of(below, drafted_at)
