"""Issue a document: freeze it, bind its assignees, open their obligations, arm their ladders and announce them.

All of it is one transaction.
Calendar and policy are evaluated here, never inside a workflow. A plan issued under parents fulfils what its issuer
owes of their plan rounds.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import (
    AssignmentMode,
    DocumentState,
    LadderKind,
    ObligationState,
    RoundKind,
    SubmissionKind,
)
from cascade_servicekit.problems import Refusal
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar import service as calendar
from plan_api.documents import drafting, repository, selecting
from plan_api.documents.errors import (
    ConfirmationNeedsReason,
    CutOffBeforeDue,
    DueAfterParent,
    DueInPast,
    IdentityMissing,
    IdentityTaken,
    NoDayLeftUnderParent,
)
from plan_api.documents.schemas import DocumentIn, IssueIn, RoundIn
from plan_api.escalation import service as escalation
from plan_api.escalation import steps
from plan_api.obligations import answering
from plan_api.obligations.opening import Assigned, OpenRound, open_obligations
from plan_api.obligations.schemas import SubmissionIn
from plan_api.organizations import service as organizations
from plan_api.read.parents import Owed, owed_under
from plan_api.requests import Act
from plan_api.rules.calendar import WorkCalendar, local_date
from plan_api.rules.due import (
    AtInstant,
    Due,
    DueRefusal,
    DueRule,
    OnDate,
    check_due,
    derive_due,
    latest_under,
    waived,
    with_grace,
)
from plan_api.rules.selecting import Chosen
from plan_api.rules.vietnamese import format_day

LEISURE = timedelta(hours=1)
"""With nothing due for so long after its issue, a document's supervision may start after the burst of an issue."""


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything settled before the first row is written: of an issue, or of a round opened later (`why`)."""

    document_id: UUID
    issuer_id: UUID
    draft: DocumentIn
    order: IssueIn
    policy: escalation.PolicyInForce
    days: WorkCalendar
    owed: list[Owed]
    now: datetime
    why: str = "issue"


@dataclass(frozen=True, slots=True)
class RoundDue:
    """A round's due time with the rule it goes on being derived from; waived when past and let off."""

    due: Due
    rule: DueRule
    waived: bool = False


async def issue(act: Act, document_id: UUID, order: IssueIn) -> None:
    """Issue a draft.

    Raises:
        DocumentNotDraft, IdentityMissing, IdentityTaken, DueInPast, DueAfterParent, NoDayLeftUnderParent,
        CutOffBeforeDue, ConfirmationNeedsReason, UnknownParent, SelectorMatchesNobody: nothing changed.
    """
    days = await calendar.held_calendar(act.connection, act.services)
    row = await drafting.locked_draft(act, document_id, "issue")
    draft = DocumentIn.model_validate(row.content)
    chosen = await drafting.check_references(act, row.issuer_unit_id, draft)
    _check_identity(draft, order)
    issuing = Issue(
        document_id,
        row.issuer_unit_id,
        draft,
        order,
        await escalation.policy_by_code(act.connection, draft.policy, act.now),
        days,
        await owed_under(act.connection, row.issuer_unit_id, draft.parents),
        act.now,
    )
    dues = [due_of(issuing, item, f"rounds.{position}.") for position, item in enumerate(draft.rounds)]
    await _freeze(act, row.version, issuing)
    assigned = await _assign(act.connection, issuing, chosen)
    for position, (item, due) in enumerate(zip(draft.rounds, dues, strict=True)):
        units = await _units_of_round(act.connection, item, assigned)
        await open_round(act, issuing, position, item, due, units, f"rounds.{position}.")
    await _answer_parents(act, issuing)
    if draft.rounds:
        next_step = await escalation.next_step_at(act.connection, document_id)
        act.agenda_changed(document_id, leisurely=next_step is None or next_step - act.now > LEISURE)
    act.record(
        "issue",
        "document",
        document_id,
        assignees=len(assigned),
        rounds=len(dues),
        waived=sum(due.waived for due in dues),
        reason=order.reason,
    )


def _check_identity(draft: DocumentIn, order: IssueIn) -> None:
    missing = [name for name in ("number", "notation", "issued_on") if getattr(draft, name) is None]
    if missing and not (order.without_identity and order.reason):
        raise IdentityMissing(field=missing[0])


def due_of(issuing: Issue, item: RoundIn, place: str = "") -> RoundDue:
    """Return a round's due time as it is issued: as stated, or what was asked for where that has passed.

    `place` is where the round stands in the body (`rounds.0.`).

    Raises:
        DueInPast, DueAfterParent, NoDayLeftUnderParent, CutOffBeforeDue, ConfirmationNeedsReason: naming the field.
    """
    due, given = derive_due(item.due, issuing.days), issuing.order.past_due
    if given is None or due.due_at is None or due.due_at > issuing.now:
        return RoundDue(_checked(issuing, item, place, due), item.due)
    if not issuing.order.reason:
        raise ConfirmationNeedsReason(field="reason")
    if given.grace_on is None:
        return RoundDue(waived(due, issuing.order.reason), item.due, waived=True)
    rule = OnDate(date=given.grace_on)
    grace = derive_due(rule, issuing.days)
    if grace.due_at is not None and grace.due_at <= issuing.now:
        raise DueInPast(field="past_due.grace_on", round=item.title)
    return RoundDue(with_grace(due, _checked(issuing, item, place, grace), issuing.order.reason), rule)


def _latest(issuing: Issue, item: RoundIn) -> datetime | None:
    """Return the latest due time the issuer's own report upwards leaves; rehearsals and hours know no lag."""
    parent = _reports_into(issuing, item) if item.kind is RoundKind.REPORT else None
    if parent is None or parent.due_at is None:
        return None
    if issuing.policy.policy.rehearsal or isinstance(item.due, AtInstant):
        return parent.due_at
    return latest_under(parent.due_at, item.lag, issuing.days)


def _too_late(issuing: Issue, item: RoundIn, field: str, latest: datetime) -> Refusal:
    if latest <= issuing.now:
        return NoDayLeftUnderParent(field=field, round=item.title, lag=item.lag)
    day = local_date(latest - timedelta(microseconds=1))
    repair = OnDate(date=day, roll="none").model_dump(mode="json")
    return DueAfterParent(field=field, round=item.title, lag=item.lag, proposed=format_day(day), repair=repair)


def _checked(issuing: Issue, item: RoundIn, place: str, due: Due) -> Due:
    latest = _latest(issuing, item)
    refusals = check_due(
        due.due_at,
        issuing.now,
        latest,
        issuing.order.allow_past_due,
        issuing.order.allow_after_parent,
        issuing.order.reason,
        item.cut_off_at,
    )
    field = f"{place}due"
    for refusal in refusals:
        match refusal:
            case DueRefusal.PAST_DUE:
                raise DueInPast(field=field, round=item.title)
            case DueRefusal.AFTER_PARENT if latest is not None:
                raise _too_late(issuing, item, field, latest)
            case DueRefusal.CUT_OFF_BEFORE_DUE:
                raise CutOffBeforeDue(field=f"{place}cut_off_at", round=item.title)
            case DueRefusal.REASON_MISSING:
                raise ConfirmationNeedsReason(field="reason")
    return due


def _reports_into(issuing: Issue, item: RoundIn) -> Owed | None:
    """Return what the issuer owes upwards that this round feeds: named, of the same period, or the only one.

    The only one is it only where one of the two names no period: a half-year's report is not the year's.
    """
    reports = [owed for owed in issuing.owed if owed.kind is RoundKind.REPORT]
    if item.reports_into is not None:
        return next((owed for owed in reports if owed.round_id == item.reports_into), None)
    same = [owed for owed in reports if item.period is not None and owed.period == item.period]
    if same:
        return same[0]
    if len(reports) != 1 or (item.period is not None and reports[0].period is not None):
        return None
    return reports[0]


async def _freeze(act: Act, version: int, issuing: Issue) -> None:
    content = issuing.draft.model_dump(mode="json")
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    await repository.freeze(
        act.connection,
        {
            "id": new_id(),
            "document_id": issuing.document_id,
            "version": version,
            "content": content,
            "content_sha256": hashlib.sha256(canonical).hexdigest(),
            "frozen_at": act.now,
        },
    )
    await repository.add_document_files(
        act.connection,
        [
            {
                "id": new_id(),
                "document_id": issuing.document_id,
                "version": version,
                "created_at": act.now,
                **file.model_dump(),
            }
            for file in issuing.draft.files
        ],
    )
    await _mark_issued(act, issuing)


async def _mark_issued(act: Act, issuing: Issue) -> None:
    number_key, notation_key = drafting.identity_keys(issuing.draft.number, issuing.draft.notation)
    issued_on = issuing.draft.issued_on or local_date(act.now)
    try:
        await repository.change_document(
            act.connection,
            issuing.document_id,
            state=DocumentState.ISSUED,
            issued_at=act.now,
            issued_on=issued_on,
            year=issued_on.year,
            number_key=number_key,
            notation_key=notation_key,
            policy_id=issuing.policy.id,
            identity_missing_reason=issuing.order.reason if issuing.order.without_identity else None,
            updated_at=act.now,
        )
    except IntegrityError as error:
        raise IdentityTaken(field="number") from error


async def _assign(connection: AsyncConnection, issuing: Issue, chosen: Sequence[Chosen[UUID]]) -> dict[UUID, Assigned]:
    bound = await selecting.bind(connection, issuing.issuer_id, chosen)
    rows = [
        {
            "id": new_id(),
            "document_id": issuing.document_id,
            "unit_id": item.unit_id,
            "mode": item.mode,
            "line_kind": item.line,
            "superior_unit_id": item.superior_unit_id,
        }
        for item in bound
    ]
    await repository.add_assignments(connection, rows)
    await _add_recipients(connection, issuing)
    return {
        item.unit_id: Assigned(item.unit_id, item.mode, item.superior_unit_id or issuing.issuer_id) for item in bound
    }


async def _add_recipients(connection: AsyncConnection, issuing: Issue) -> None:
    rows = []
    for item in issuing.draft.recipients:
        unit_id = (await organizations.known_units(connection, [item.unit], "recipients"))[0] if item.unit else None
        rows.append(
            {
                "id": new_id(),
                "document_id": issuing.document_id,
                "unit_id": unit_id,
                "label": item.label,
                "purpose": item.purpose,
            }
        )
    await repository.add_recipients(connection, rows)


async def open_round(
    act: Act, issuing: Issue, position: int, item: RoundIn, asked: RoundDue, units: Sequence[Assigned], place: str = ""
) -> UUID:
    """Write a round with what the units owe of it, arm its ladders and announce it at once; return its id."""
    round_id, due = new_id(), asked.due
    parent = _reports_into(issuing, item) if item.kind is RoundKind.REPORT else None
    await repository.add_rounds(act.connection, [_round_row(issuing, round_id, position, item, asked, parent)])
    ladders = {
        mode: await _arm(act.connection, issuing, round_id, item, due, mode)
        for mode in sorted({unit.mode for unit in units})
    }
    receivers = await organizations.known_units(act.connection, item.receivers, f"{place}receivers")
    opened = OpenRound(round_id, issuing.document_id, issuing.issuer_id, due.due_at, due.due_on, ladders, receivers)
    if asked.waived:
        await open_obligations(act.connection, opened, units, act.now, ObligationState.WAIVED)
        await escalation.skip_round(act.connection, round_id, act.now, "waived")
        return round_id
    await open_obligations(act.connection, opened, units, act.now)
    for ladder_id in ladders.values():
        await steps.announce(act.connection, act.services, ladder_id, issuing.policy, act.now)
    return round_id


async def _units_of_round(
    connection: AsyncConnection, item: RoundIn, assigned: dict[UUID, Assigned]
) -> Sequence[Assigned]:
    """Return who owes a round: those it names, else all but those who are only informed."""
    if item.assignees is not None:
        ids = await organizations.known_units(connection, item.assignees, "assignees")
        return [assigned[unit_id] for unit_id in dict.fromkeys(ids)]
    return [
        unit
        for unit in assigned.values()
        if unit.mode is not AssignmentMode.INFORMATION or item.kind is RoundKind.ACKNOWLEDGE
    ]


def _round_row(
    issuing: Issue, round_id: UUID, position: int, item: RoundIn, asked: RoundDue, parent: Owed | None
) -> dict[str, Any]:
    due = asked.due
    return {
        "id": round_id,
        "document_id": issuing.document_id,
        "position": position,
        "kind": item.kind,
        "title": item.title,
        "period": item.period,
        "due_rule": asked.rule.model_dump(mode="json"),
        "due_at": due.due_at,
        "due_on": due.due_on,
        "due_reasons": list(due.reasons),
        "cut_off_at": item.cut_off_at,
        "needs_acceptance": item.needs_acceptance,
        "signed_file_required": item.signed_file_required,
        "policy_id": issuing.policy.id,
        "reports_into_round_id": parent.round_id if parent else None,
        "past_due_reason": issuing.order.reason if issuing.order.allow_past_due or issuing.order.past_due else None,
        "settled_at": issuing.now if asked.waived else None,
        "consolidated_at": issuing.now if asked.waived else None,
        "created_at": issuing.now,
    }


async def _arm(
    connection: AsyncConnection, issuing: Issue, round_id: UUID, item: RoundIn, due: Due, mode: AssignmentMode
) -> UUID:
    order = escalation.LadderOrder(
        issuing.document_id,
        round_id,
        LadderKind.OBLIGATION,
        mode,
        due_at=due.due_at,
        anchor_at=issuing.now,
        reason=issuing.why,
        cut_off_at=item.cut_off_at,
        announce=True,
    )
    return await escalation.arm_ladder(connection, order, issuing.policy, issuing.days, issuing.now)


async def _answer_parents(act: Act, issuing: Issue) -> None:
    """Hand the plan in where its parents ask for one."""
    answer = SubmissionIn(
        kind=SubmissionKind.PLAN,
        number=issuing.draft.number,
        notation=issuing.draft.notation,
        dated_on=issuing.draft.issued_on,
        files=issuing.draft.files,
    )
    for owed in issuing.owed:
        if owed.kind is RoundKind.PLAN and owed.state is ObligationState.OPEN:
            received = answering.Received(document_id=issuing.document_id, authorised=True)
            await answering.hand_in(act, owed.obligation_id, answer, received)
