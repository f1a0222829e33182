"""What is asserted of a performed scenario, each assertion with its name; all are made, then the failed ones told."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from cascade_contracts.vocabulary import RoundKind
from sqlalchemy import text

from harness.cascade import Document, Json, instant
from harness.mailroom import Mail
from harness.play.duties import Duty, fed_duty
from harness.play.expected import Line, consolidated_at, hour_of, lines, tally, timeliness
from harness.play.model import DocumentRow, Raised, RoundRow
from harness.play.stage import Stage


@dataclass(slots=True)
class Verdict:
    """Counts assertions and keeps what failed."""

    made: int = 0
    failed: list[str] = field(default_factory=list)

    def that(self, name: str, found: object, wanted: object = True) -> None:
        """Assert that something found is what was wanted."""
        self.made += 1
        if found != wanted:
            self.failed.append(f"{name}: {found!r}, wanted {wanted!r}")


async def judge(stage: Stage, verdict: Verdict) -> None:
    """Make every assertion about a performed scenario."""
    mails = await stage.cascade.mails()
    judge_mails(stage, mails, verdict)
    feed(stage)
    for row in stage.scenario.documents:
        await judge_document(stage, row, verdict)
        await judge_bound(stage, row, verdict)
        await judge_obligations(stage, row, verdict)
        await judge_rounds(stage, row, verdict)
    for raised in stage.scenario.raised:
        await judge_raised(stage, raised, verdict)
    await judge_whole(stage, verdict)
    await judge_delivery(stage, mails, verdict)
    verdict.that("refused without confirmation", stage.refused, stage.scenario.expect.refused)


# --- what was announced, reminded, escalated: to whom and when ---


def judge_mails(stage: Stage, mails: list[Mail], verdict: Verdict) -> None:
    """Every line of every mail, and no other, came to its seat in its hour."""
    codes = {unit.name: unit.code for unit in stage.cascade.units_by_code.values()}
    came = Counter(
        Line(hour_of(mail.at), *_seat(mail.to), str(mail.step), codes[name], mail.round)
        for mail in mails
        for name in mail.about
    )
    wanted = lines(stage.owed, stage.scenario.ends)
    for line in sorted(wanted):
        verdict.that(f"mail {_told(line)}", came[line], wanted[line])
    for line in sorted(came.keys() - wanted.keys()):
        verdict.that(f"mail {_told(line)} is not expected", came[line], 0)
    by_step = Counter(line.step for line in came.elements())
    for step, count in stage.scenario.expect.mails.items():
        verdict.that(f"lines of step {step}", by_step[step], count)


def _seat(address: str) -> tuple[str, str]:
    role, _, code = address.partition("@")[0].partition(".")
    return code.upper(), role


def _told(line: Line) -> str:
    return f"{line.hour}h {line.step} to {line.seat} of {line.to} about {line.about}, “{line.round}”"


# --- documents: identity, levels, who is told ---


async def judge_document(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """A document stands as issued: level, parents, identity or the reason for its lack, recipients that owe nothing."""
    document = stage.documents[row.key]
    stands = await stage.cascade.said("GET", f"/v1/documents/{document.id}")
    kept = await _one(
        stage, "select level, identity_missing_reason, tracker_seat_id from document where id = :id", document
    )
    verdict.that(f"{row.key} is issued at its instant", hour_of(instant(stands["issued_at"])), hour_of(row.at))
    verdict.that(f"{row.key} level", kept.level, _level(stage, row))
    parents = [str(stage.documents[parent].id) for parent in row.parents]
    verdict.that(f"{row.key} implements all its parents", sorted(stands["parents"]), sorted(parents))
    verdict.that(f"{row.key} has a tracker", kept.tracker_seat_id is not None, row.tracker is not None)
    reason = row.confirm.get("reason") if row.confirm.get("without_identity") else None
    verdict.that(f"{row.key} reason for the missing number", kept.identity_missing_reason, reason)
    told = await _all(stage, "select unit_id, label, purpose from recipient where document_id = :id", document)
    verdict.that(f"{row.key} recipients", len(told), len(row.recipients))
    owing = {item["unit_id"] for item in await stage.cards(row.key)}
    for recipient in told:
        verdict.that(f"{row.key} recipient owes nothing", str(recipient.unit_id) in owing, False)


def _level(stage: Stage, row: DocumentRow) -> int:
    return 1 + max((_level(stage, stage.scenario.document(parent)) for parent in row.parents), default=-1)


# --- whom a document binds ---


async def judge_bound(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """What was previewed is what is bound: each unit once, in its mode, with every way that reaches it."""
    document, codes = (
        stage.documents[row.key],
        {str(unit.id): unit.code for unit in stage.cascade.units_by_code.values()},
    )
    bound = stage.scenario.bound(row)
    wanted = {item.code: (str(item.mode), item.ways) for item in bound}
    shown = {codes[item["unit_id"]]: (item["mode"], len(item["ways"])) for item in stage.previews[row.key]}
    verdict.that(f"{row.key} previews whom it binds", shown, wanted)
    kept = await _all(stage, "select unit_id, mode from assignment where document_id = :id", document)
    verdict.that(
        f"{row.key} binds what was previewed, each unit once",
        sorted((codes[str(item.unit_id)], item.mode) for item in kept),
        sorted((code, mode) for code, (mode, _) in shown.items()),
    )
    owed = Counter((item["unit_id"], item["round_id"]) for item in await stage.cards(row.key))
    for item in bound:
        if item.ways > 1:
            mine = {count for (unit_id, _), count in owed.items() if codes[unit_id] == item.code}
            verdict.that(f"{row.key} asks {item.code}, reached by {item.ways} ways, once a round", mine, {1})


# --- difficulties and proposals ---


async def judge_raised(stage: Stage, raised: Raised, verdict: Verdict) -> None:
    """One answer reached everybody who asked the same; who answered lists all of it, who asked its own alone."""
    ids, name = stage.raised[raised.text], f"{raised.kind} about {raised.document}"
    answering = {item["id"]: item for item in await stage.difficulties(raised.by, "received")}
    for code, identifier in ids.items():
        item = answering.get(identifier, {"state": None, "answer": {}})
        verdict.that(f"{name} from {code} is answered", item["state"], "answered")
        verdict.that(f"{name} from {code} got the common answer", item["answer"].get("text"), raised.answer)
        verdict.that(f"{name} was answered together with", item["answer"].get("together"), len(ids))
        answered_by = str(stage.cascade.units_by_code[raised.by].id)
        verdict.that(f"{name} from {code} answered by {raised.by}", item["answer"].get("unit_id"), answered_by)
        mine = {other["id"] for other in await stage.difficulties(code, "raised")}
        verdict.that(f"{code} lists its own {name} only", mine & set(ids.values()), {identifier})


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
    await _judge_receivers(stage, row, verdict)
    counted = await stage.cascade.progress(stage.documents[row.key])
    verdict.that(f"{row.key} counts", _counts(counted), _counts(tally(duties, stage.scenario.ends)))


def _state(duty: Duty) -> str:
    if duty.declined_at is not None:
        return "declined"
    if duty.decided_at is not None:
        return "fulfilled"
    return "submitted" if duty.handed_in_at is not None else "open"


async def _judge_receivers(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    query = """
        select o.id, o.round_id, r.unit_id from obligation o join obligation_receiver r on r.obligation_id = o.id
        where o.document_id = :id
    """
    receiving = Counter(str(found.id) for found in await _all(stage, query, stage.documents[row.key]))
    for duty in (duty for duty in stage.owed if duty.document is row and duty.row.receivers):
        obligation = stage.obligations[duty.unit, duty.name]
        verdict.that(f"{duty.name} of {duty.unit} receivers", receiving[obligation], len(duty.row.receivers))


def _counts(counted: Json) -> dict[str, int]:
    names = ("expected", "on_time", "late", "missing", "not_due", "due_soon", "no_deadline", "not_applicable")
    return {name: counted.get(name, 0) for name in names if counted.get(name, 0)}


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
        if step["round_id"] == found["id"] and step["kind"] == "announce"
    ]
    verdict.that(f"{name} is announced when it is asked", set(announced), {hour_of(given.at)})
    frozen = await _one(
        stage,
        "select jsonb_array_length(content->'rounds') as rounds from document_version where document_id = :id",
        document,
    )
    verdict.that(f"{row.key} stays frozen as issued", frozen.rounds, sum(item.at is None for item in row.rounds))


async def _judge_born_late(
    stage: Stage, document: Document, round_id: str, name: str, row: DocumentRow, verdict: Verdict
) -> None:
    steps = [step for step in await stage.cascade.steps(document) if step["round_id"] == round_id]
    spoken = {step["kind"] for step in steps if step["outcome"] == "taken"}
    verdict.that(f"{name}, past at issue, only announces", spoken, {"announce"})
    why = {step["why"] for step in steps if step["outcome"] == "skipped"}
    verdict.that(f"{name}, past at issue, says why it is silent", why, {"due_before_issue"})
    kept = await _all(stage, "select past_due_reason from round where document_id = :id", document)
    verdict.that(f"{name} keeps the reason", {item.past_due_reason for item in kept}, {row.confirm["reason"]})


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
    fed = fed_duty(stage.scenario, stage.owed, name)
    upward = stage.obligations[fed.unit, fed.name] if fed else None
    verdict.that(f"{name} answers upwards", drafted["upward_obligation_id"], upward)


def gaps_of(duties: Iterable[Duty], at: datetime) -> list[str]:
    """Return the units of which a consolidation drafted at an instant has no accepted report."""
    return sorted(
        duty.unit for duty in duties if duty.declined_at is not None or duty.decided_at is None or duty.decided_at > at
    )


def totals_of(duties: list[Duty], at: datetime) -> dict[str, int]:
    """Return the sums of the reports accepted by an instant."""
    missing = set(gaps_of(duties, at))
    sums: Counter[str] = Counter()
    for duty in duties:
        if duty.unit not in missing:
            sums.update(duty.figures)
    return dict(sums)


def feed(stage: Stage) -> None:
    """Fill in the figures of reports that are consolidations from below, in the order they went up."""
    for sent in sorted(stage.scenario.reports_up, key=lambda sent: sent.at):
        below = [duty for duty in stage.owed if duty.name == sent.round]
        duty, drafted_at = fed_duty(stage.scenario, stage.owed, sent.round), consolidated_at(below)
        if duty is not None and drafted_at is not None:
            duty.figures = totals_of(below, drafted_at)


# --- the cascade as a whole ---


async def judge_whole(stage: Stage, verdict: Verdict) -> None:
    """The levels' counts add up to the whole, and the whole is what was reckoned by hand."""
    for root, rows in groupby(
        sorted(stage.scenario.documents, key=lambda row: _root(stage, row)), lambda row: _root(stage, row)
    ):
        whole = await stage.cascade.said("GET", f"/v1/documents/{stage.documents[root].id}/cascade")
        keys = {row.key for row in rows}
        duties = [duty for duty in stage.owed if duty.document.key in keys]
        verdict.that(f"cascade of {root}", _counts(whole["tally"]), _counts(tally(duties, stage.scenario.ends)))
        levels = Counter[str]()
        for level in whole["levels"]:
            levels.update(_counts(level["tally"]))
        verdict.that(f"levels of {root} add up", dict(levels), _counts(whole["tally"]))
        answered = whole["tally"]["on_time"] + whole["tally"]["late"] + whole["tally"]["missing"]
        verdict.that(f"sums of {root}", answered, whole["tally"]["expected"])
        returned = sum(duty.returned_at is not None for duty in duties)
        extended = sum(duty.extended_at is not None for duty in duties)
        verdict.that(f"events of {root}", (whole["returned"], whole["extended"]), (returned, extended))
    reckoned = _counts(tally(stage.owed, stage.scenario.ends))
    verdict.that("tally by hand", reckoned, stage.scenario.expect.tally)


def _root(stage: Stage, row: DocumentRow) -> str:
    return _root(stage, stage.scenario.document(row.parents[0])) if row.parents else row.key


async def judge_delivery(stage: Stage, mails: list[Mail], verdict: Verdict) -> None:
    """Everything was handed over and delivered once, and nothing is due or waiting."""
    health = await stage.cascade.said("GET", "/v1/operations/health")
    for waiting in ("steps_overdue", "outbox_waiting", "outbox_failing", "batches_unfinished", "notices_unknown"):
        verdict.that(waiting, health[waiting], 0)
    verdict.that("delivered", health["notices"].get("delivered", 0), len(mails))
    verdict.that("each notice once", len({mail.notice_id for mail in mails}), len(mails))
    verdict.that("mails have a link", all(mail.link for mail in mails))


def tell(verdicts: dict[str, tuple[int, int]]) -> str:
    """Return the last line of a run: scenarios, assertions made and failed."""
    made = sum(made for made, _ in verdicts.values())
    return json.dumps(
        {"scenarios": len(verdicts), "assertions": made, "failed": sum(bad for _, bad in verdicts.values())}
    )


async def _all(stage: Stage, query: str, document: Document) -> list[Any]:
    async with stage.cascade.services.engine.connect() as connection:
        return list(await connection.execute(text(query), {"id": document.id}))


async def _one(stage: Stage, query: str, document: Document) -> Any:
    return (await _all(stage, query, document))[0]
