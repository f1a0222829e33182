"""Extend a document as a whole: move the due times of its open rounds for all who owe them, in one transaction.

The preview is the same transaction taken back. Those affected are told at once; whoever has more time by an extension
of its own keeps it. Rounds of acknowledgement are taken last, in the order in which an answer takes them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, RoundKind, StepKind
from sqlalchemy import Row

from plan_api.calendar import service as calendar
from plan_api.documents import repository
from plan_api.documents.change_schemas import (
    DocumentExtended,
    ExtendIn,
    LowerReport,
    RoundExtended,
    StepAhead,
    UnitExtended,
)
from plan_api.documents.due_times import too_late
from plan_api.documents.errors import DueNotLater, NothingToExtend, RoundNotOpen
from plan_api.documents.schemas import DocumentIn
from plan_api.documents.stopping import locked_in_force
from plan_api.escalation import service as escalation
from plan_api.obligations.moving import Moved, NewDue, move_round
from plan_api.organizations import service as organizations
from plan_api.read.parents import Feeding, feeding, upward_due
from plan_api.requests import Act, PreconditionFailed
from plan_api.rules.access import Verb
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.due import AtInstant, Due, DueRule, OnDate, derive_due, extended, latest_under
from plan_api.rules.ladders import RetiredFor

SHOWN = 500
"""How many units of a round an answer lists; its counts are of all."""


async def extend(act: Act, document_id: UUID, given: ExtendIn, row_version: int | None) -> DocumentExtended:
    """Move due times; `row_version` is that of the document the caller has read (None: a preview, whatever it is).

    Raises:
        NotFound, Forbidden, DocumentNotInForce, PreconditionFailed, RoundNotOpen, DueNotLater, NothingToExtend,
        DueAfterParent, NoDayLeftUnderParent: nothing changed.
    """
    days = await calendar.held_calendar(act.connection, act.services)
    row = await locked_in_force(act, document_id, Verb.ISSUE_DOCUMENT)
    if row_version not in {None, row.row_version}:
        raise PreconditionFailed
    open_rounds = _chosen(await repository.rounds_of(act.connection, document_id), given)
    moving = [
        (number, round_, *due)
        for number, round_ in enumerate(open_rounds)
        if (due := _later(round_, given, days, act.now)) is not None
    ]
    if not moving:
        raise NothingToExtend(field="due_on")
    told = {
        round_.id: await _extend_round(act, row, round_, rule, due, given, days)
        for _, round_, rule, due in sorted(moving, key=lambda each: (each[1].kind == RoundKind.ACKNOWLEDGE, each[0]))
    }
    version = await repository.change_document(act.connection, document_id, updated_at=act.now)
    act.agenda_changed(document_id)
    return DocumentExtended(
        document_id=document_id,
        row_version=version,
        rounds=[told[round_.id] for _, round_, _, _ in moving],
        untouched=[round_.id for round_ in open_rounds if round_.id not in told],
    )


def _chosen(rounds: Sequence[Row[Any]], given: ExtendIn) -> list[Row[Any]]:
    """Return the rounds meant that still run towards a due time."""
    by_id = {row.id: row for row in rounds if row.due_at and row.settled_at is None and row.closed_at is None}
    if given.rounds is None:
        return list(by_id.values())
    for number, round_id in enumerate(given.rounds):
        if round_id not in by_id:
            raise RoundNotOpen(field=f"rounds.{number}")
    return [by_id[round_id] for round_id in dict.fromkeys(given.rounds)]


def _later(round_: Row[Any], given: ExtendIn, days: WorkCalendar, now: datetime) -> tuple[DueRule, Due] | None:
    """Return a round's new due time, or None where it stays because it was not named and is due no earlier."""
    rule: DueRule
    if given.due_at is not None:
        rule = AtInstant(instant=given.due_at)
    elif given.due_on is not None:
        rule = OnDate(date=given.due_on)
    else:
        rule = OnDate(date=days.shift(round_.due_on, given.working_days or 0))
    due = derive_due(rule, days)
    if due.due_at is not None and due.due_at > max(round_.due_at, now):
        return rule, due
    if given.rounds is None and due.due_at is not None and due.due_at > now:
        return None
    raise DueNotLater(
        field="due_on" if given.due_on else "due_at" if given.due_at else "working_days", round=round_.title
    )


async def _extend_round(
    act: Act, document: Row[Any], round_: Row[Any], rule: DueRule, due: Due, given: ExtendIn, days: WorkCalendar
) -> RoundExtended:
    assert due.due_at is not None and due.due_on is not None  # noqa: S101, PT018 - the rule names a day or an instant
    policy = await escalation.policy_by_id(act.connection, round_.policy_id)
    await _check_parent(act, document, round_, rule, due.due_at, given, days, rehearsal=policy.policy.rehearsal)
    lower = await feeding(act.connection, round_.id)
    cut_off_at = round_.cut_off_at and max(round_.cut_off_at, due.due_at)
    if cut_off_at != round_.cut_off_at:
        await escalation.skip_cut_offs(act.connection, round_.id, act.now)
    new = NewDue(
        document.id,
        round_.id,
        round_.due_at,
        due.due_at,
        due.due_on,
        cut_off_at,
        document.issued_at or act.now,
        RetiredFor.EXTENDED,
        StepKind.EXTENDED,
        given.reason,
        at_once=not await repository.is_suspended(act.connection, document.id),
    )
    moved = await move_round(act, new, policy, days, arm_anyway=cut_off_at != round_.cut_off_at)
    await repository.lock_round(act.connection, round_.id)
    reasons = extended(round_.due_reasons, round_.due_on, rule, due, given.reason)
    await repository.change_round(
        act.connection,
        round_.id,
        due_rule=rule.model_dump(mode="json"),
        due_at=due.due_at,
        due_on=due.due_on,
        due_reasons=list(reasons),
        cut_off_at=cut_off_at,
    )
    if await repository.settled_among(act.connection, [round_.id]):
        await escalation.skip_round(act.connection, round_.id, act.now, "settled")
    act.record("extend", "round", round_.id, **{"from": round_.due_at, "until": due.due_at, "reason": given.reason})
    return await _told(act, round_, new, moved, reasons, lower, days)


async def _check_parent(
    act: Act,
    document: Row[Any],
    round_: Row[Any],
    rule: DueRule,
    due_at: datetime,
    given: ExtendIn,
    days: WorkCalendar,
    *,
    rehearsal: bool,
) -> None:
    """Refuse a due time that leaves the issuer too little time for what it owes upwards itself."""
    upwards = await upward_due(act.connection, round_.id, document.issuer_unit_id)
    if upwards is None or given.allow_after_parent:
        return
    issued = DocumentIn.model_validate(document.content).rounds
    lag = issued[round_.position].lag if round_.position < len(issued) else 1
    latest = upwards if rehearsal or isinstance(rule, AtInstant) else latest_under(upwards, lag, days)
    if due_at > latest:
        raise too_late(act.now, round_.title, lag, "due_on", latest)


async def _told(
    act: Act,
    round_: Row[Any],
    new: NewDue,
    moved: Moved,
    reasons: Sequence[str],
    lower: Sequence[Feeding],
    days: WorkCalendar,
) -> RoundExtended:
    due_at, due_on = new.due_at, new.due_on
    assert due_at is not None and due_on is not None  # noqa: S101, PT018 - an extension names its day
    cards = await organizations.unit_cards(act.connection, [unit.unit_id for unit in moved.units[:SHOWN]])
    ahead = [
        step for ladder_id in moved.ladders[:1] for step in await escalation.steps_ahead(act.connection, ladder_id)
    ]
    after = {each.round_id: each.owed_due_at for each in await feeding(act.connection, round_.id)}
    return RoundExtended(
        round_id=round_.id,
        title=round_.title,
        was_at=round_.due_at,
        was_on=round_.due_on,
        due_at=due_at,
        due_on=due_on,
        due_reasons=list(reasons),
        cut_off_at=new.cut_off_at,
        moved=sum(unit.moved for unit in moved.units),
        kept=sum(not unit.moved for unit in moved.units),
        answered=sum(unit.moved and unit.state is not ObligationState.OPEN for unit in moved.units),
        requests_met=moved.requests_met,
        units=[
            UnitExtended(
                unit_id=unit.unit_id,
                name=cards[unit.unit_id].name,
                state=unit.state,
                was_on=unit.was_on,
                due_on=unit.due_on,
                moved=unit.moved,
            )
            for unit in moved.units[:SHOWN]
        ],
        steps=[StepAhead(kind=step.kind, audience=step.audience, fire_at=step.fire_at) for step in ahead],
        below=[_lower(each, after[each.round_id], days) for each in lower],
    )


def _lower(each: Feeding, owed_after: datetime, days: WorkCalendar) -> LowerReport:
    return LowerReport(
        document_id=each.document_id,
        document_title=each.document_title,
        issuer_unit_id=each.issuer_unit_id,
        issuer_name=each.issuer_name,
        round_id=each.round_id,
        round_title=each.round_title,
        due_on=each.due_on,
        was_fine=each.due_at <= latest_under(each.owed_due_at, 1, days),
        is_fine=each.due_at <= latest_under(owed_after, 1, days),
    )
