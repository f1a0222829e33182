"""What is asserted of a performed scenario: every mail, every document, every duty, the cascade as a whole."""

from collections import Counter
from datetime import timedelta
from itertools import groupby

from cascade_contracts.vocabulary import NewsKind

from harness.cascade import Json
from harness.mailroom import Mail
from harness.play.answered import feed, judge_obligations, judge_plans, judge_rounds
from harness.play.assertions import Verdict, counts
from harness.play.duties import Duty
from harness.play.expected import CONTACT, HEAD, Line, awake, hour_of, lines, tally
from harness.play.issued import judge_bound, judge_document, judge_raised, judge_tasks
from harness.play.rows import DocumentRow
from harness.play.stage import Stage


async def judge(stage: Stage, verdict: Verdict) -> None:
    """Make every assertion about a performed scenario."""
    mails = await stage.cascade.mails()
    judge_mails(stage, mails, verdict)
    judge_news(stage, mails, verdict)
    feed(stage)
    for row in stage.scenario.documents:
        await judge_document(stage, row, verdict)
        await judge_bound(stage, row, verdict)
        await judge_tasks(stage, row, verdict)
        await judge_obligations(stage, row, verdict)
        await judge_plans(stage, row, verdict)
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
        if not isinstance(mail.step, NewsKind)
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


def judge_news(stage: Stage, mails: list[Mail], verdict: Verdict) -> None:
    """Both seats of a unit that merged, and of the one it went into, heard of it once, an hour later; no other news."""
    came = Counter(
        Line(hour_of(mail.at), *_seat(mail.to), str(mail.step), "", mail.document)
        for mail in mails
        if isinstance(mail.step, NewsKind)
    )
    wanted = Counter(
        Line(hour_of(awake(merger.at + timedelta(hours=1))), to, seat, NewsKind.REORGANISED.value, "", merger.reference)
        for merger in stage.scenario.mergers
        for to in (merger.unit, merger.into)
        for seat in (CONTACT, HEAD)
    )
    verdict.that("news of mergers", dict(came), dict(wanted))


def _seat(address: str) -> tuple[str, str]:
    role, _, code = address.partition("@")[0].partition(".")
    return code.upper(), role


def _told(line: Line) -> str:
    return f"{line.hour}h {line.step} to {line.seat} of {line.to} about {line.about}, “{line.round}”"


# --- the cascade as a whole ---


async def judge_whole(stage: Stage, verdict: Verdict) -> None:
    """The levels' counts add up to the whole, and the whole is what was reckoned by hand."""
    for root, rows in groupby(
        sorted(stage.scenario.documents, key=lambda row: _root(stage, row)), lambda row: _root(stage, row)
    ):
        whole = await stage.cascade.said("GET", f"/v1/documents/{stage.documents[root].id}/cascade")
        keys = {row.key for row in rows}
        duties = [duty for duty in stage.owed if duty.document.key in keys]
        verdict.that(f"cascade of {root}", counts(whole["tally"]), counts(tally(duties, stage.scenario.ends)))
        levels = Counter[str]()
        for level in whole["levels"]:
            levels.update(counts(level["tally"]))
        verdict.that(f"levels of {root} add up", dict(levels), counts(whole["tally"]))
        answered = whole["tally"]["on_time"] + whole["tally"]["late"] + whole["tally"]["missing"]
        verdict.that(f"sums of {root}", answered, whole["tally"]["expected"])
        returned = sum(duty.returned_at is not None for duty in duties)
        extended = sum(duty.extended_at is not None for duty in duties)
        verdict.that(f"events of {root}", (whole["returned"], whole["extended"]), (returned, extended))
        await _judge_then(stage, root, whole["tally"], duties, verdict)
    reckoned = counts(tally(stage.owed, stage.scenario.ends))
    verdict.that("tally by hand", reckoned, stage.scenario.expect.tally)


async def _judge_then(stage: Stage, root: str, now: Json, duties: list[Duty], verdict: Verdict) -> None:
    """By the units of before, what a successor took over stands in the place it was taken from."""
    path = f"/v1/documents/{stage.documents[root].id}/cascade?units=then"
    then = (await stage.cascade.said("GET", path))["tally"]
    moved = sum(duty.transferred_at is not None for duty in duties)
    names = ("expected", "on_time", "late", "missing", "not_due", "due_soon", "no_deadline", "not_applicable")
    stood = {name: now[name] for name in names} | {"not_applicable": now["not_applicable"] - moved}
    verdict.that(f"units of then and now of {root} reconcile", {name: then[name] for name in names}, stood)


def _root(stage: Stage, row: DocumentRow) -> str:
    return _root(stage, stage.scenario.document(row.parents[0])) if row.parents else row.key


async def judge_delivery(stage: Stage, mails: list[Mail], verdict: Verdict) -> None:
    """Everything was handed over and delivered once, and nothing is due or waiting."""
    health = await stage.cascade.said("GET", "/v1/operations/health")
    for waiting in ("steps_overdue", "outbox_waiting", "outbox_failing", "batches_unfinished", "notices_unknown"):
        verdict.that(waiting, health[waiting], 0)
    verdict.that("delivered", health["notices"].get("delivered", 0), len(mails))
    verdict.that("each notice once", len({mail.notice_id for mail in mails}), len(mails))
    verdict.that("mails have a link", all(mail.link or isinstance(mail.step, NewsKind) for mail in mails))
