"""Decide about what was handed in, and about obligations themselves: accept, return, waive, decline."""

from datetime import datetime
from uuid import UUID

from cascade_contracts.vocabulary import (
    AssignmentMode,
    LadderKind,
    ObligationState,
    RoundKind,
    StepKind,
    SubmissionState,
)
from cascade_servicekit.problems import NotFound

from plan_api.auth.service import allows, require
from plan_api.calendar import service as calendar
from plan_api.escalation import service as escalation
from plan_api.forms import service as forms
from plan_api.forms.texts import label_of
from plan_api.obligations import repository
from plan_api.obligations.errors import DocumentNotInForce, NotTheDecidingUnit, UnknownMark, WrongState
from plan_api.obligations.schemas import ObligationOut, ReturnIn
from plan_api.obligations.settling import settle_if_complete
from plan_api.read.standing import Standing, lock_standing
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.timeliness import HandIn, due_after_return
from plan_api.tasks import coverage


async def standing_to_decide(act: Act, obligation_id: UUID, verb: Verb = Verb.REVIEW) -> Standing:
    """Lock an obligation the caller may decide about.

    Raises:
        NotFound, NotTheDecidingUnit, DocumentNotInForce: nothing changed.
    """
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    if not await allows(act.connection, act.caller, verb, standing.deciding_unit_id):
        await require(act.connection, act.caller, Verb.READ_PROGRESS, standing.unit_id)
        raise NotTheDecidingUnit
    if not standing.in_force:
        raise DocumentNotInForce
    return standing


def out(standing: Standing, state: ObligationState, row_version: int, due_at: datetime | None = None) -> ObligationOut:
    """Return an obligation after a change."""
    return ObligationOut(
        id=standing.id,
        document_id=standing.document_id,
        round_id=standing.round_id,
        unit_id=standing.unit_id,
        state=state,
        due_at=due_at or standing.due_at,
        row_version=row_version,
    )


async def accept(act: Act, obligation_id: UUID, note: str | None, *, task_gaps: str | None = None) -> ObligationOut:
    """Accept what was submitted; the round settles with its last acceptance.

    Raises:
        NotFound, NotTheDecidingUnit, DocumentNotInForce, WrongState: nothing changed.
        TasksUncovered: a plan leaves tasks of the document uncovered, and no reason (`task_gaps`) is given.
    """
    standing = await standing_to_decide(act, obligation_id)
    if standing.state is not ObligationState.SUBMITTED or standing.submission_id is None:
        raise WrongState(state=standing.state, verb="accept")
    if standing.round_kind is RoundKind.PLAN:
        await coverage.require_covered(act, standing.document_id, standing.submission_id, task_gaps)
    await repository.set_submission(
        act.connection, standing.submission_id, state=SubmissionState.ACCEPTED, decided_at=act.now
    )
    row_version = await repository.change(
        act.connection,
        standing.id,
        state=ObligationState.FULFILLED,
        settled_at=act.now,
        review_ladder_id=None,
        frozen_at=None,
        frozen_by=None,
    )
    act.record("accept", "obligation", standing.id, submission=standing.submission_id, note=note)
    await settle_if_complete(act, standing.document_id, standing.round_id, standing.submission_id)
    return out(standing, ObligationState.FULFILLED, row_version)


async def return_(act: Act, obligation_id: UUID, given: ReturnIn) -> ObligationOut:
    """Send a submission back with its reason; the unit is told at once and chased again, on a ladder of its own."""
    standing = await standing_to_decide(act, obligation_id)
    if standing.state is not ObligationState.SUBMITTED or standing.submission_id is None:
        raise WrongState(state=standing.state, verb="return")
    marks = await _marks(act, standing, given)
    policy = await escalation.policy_by_id(act.connection, standing.policy_id)
    days = await calendar.settled_calendar(act.connection, act.services)
    grace = policy.policy.return_grace
    ladder_id = await escalation.arm_ladder(
        act.connection,
        escalation.LadderOrder(
            standing.document_id,
            standing.round_id,
            LadderKind.OBLIGATION,
            standing.mode,
            due_at=due_after_return(standing.due_at, act.now, grace, days),
            anchor_at=act.now,
            reason="return",
            shared=False,
            announce=True,
            announce_as=StepKind.RETURNED,
        ),
        policy,
        days,
        act.now,
    )
    counts = HandIn(standing.handed_in_at).returned(act.now, given.kind, grace, days)
    await repository.set_submission(
        act.connection,
        standing.submission_id,
        state=SubmissionState.RETURNED,
        decided_at=act.now,
        return_kind=given.kind,
        return_reason=given.reason,
        return_marks=marks,
    )
    row_version = await repository.change(
        act.connection,
        standing.id,
        state=ObligationState.OPEN,
        returned_at=act.now,
        review_ladder_id=None,
        frozen_at=None,
        frozen_by=None,
        ladder_id=ladder_id,
        handed_in_at=counts.handed_in_at,
        hand_in_kept_until=counts.kept_until,
    )
    act.record("return", "obligation", standing.id, kind=given.kind, reason=given.reason)
    act.agenda_changed(standing.document_id)
    return out(standing, ObligationState.OPEN, row_version)


async def _marks(act: Act, standing: Standing, given: ReturnIn) -> list[dict[str, str]] | None:
    """Return the marks on fields as stored; a mark names a field of the round's form."""
    if not given.marks:
        return None
    form = None if standing.form_id is None else await forms.form_by_id(act.connection, act.services, standing.form_id)
    marks = []
    for number, mark in enumerate(given.marks):
        label = None if form is None else label_of(form, mark.field)
        if label is None:
            raise UnknownMark(field=f"marks.{number}.field", name=mark.field)
        marks.append({"field": mark.field, "label": label, "note": mark.note})
    return marks


async def waive(act: Act, obligation_id: UUID, reason: str) -> ObligationOut:
    """Let a unit off; it is no longer expected."""
    standing = await standing_to_decide(act, obligation_id, Verb.WAIVE)
    return await _end(act, standing, ObligationState.WAIVED, "waive", reason)


async def decline(act: Act, obligation_id: UUID, reason: str) -> ObligationOut:
    """Decline what was requested; only a request may be declined, and only by its unit."""
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    await require(act.connection, act.caller, Verb.HAND_IN, standing.unit_id)
    if standing.mode is not AssignmentMode.REQUEST:
        raise WrongState(state=standing.mode, verb="decline")
    return await _end(act, standing, ObligationState.DECLINED, "decline", reason)


async def _end(act: Act, standing: Standing, state: ObligationState, verb: str, reason: str) -> ObligationOut:
    if standing.state is not ObligationState.OPEN:
        raise WrongState(state=standing.state, verb=verb)
    row_version = await repository.change(act.connection, standing.id, state=state, settled_at=act.now)
    act.record(verb, "obligation", standing.id, reason=reason)
    await settle_if_complete(act, standing.document_id, standing.round_id)
    return out(standing, state, row_version)


async def withdraw_all(act: Act, document_id: UUID) -> int:
    """Withdraw everything a recalled document still asks for; return how many obligations."""
    rows = await repository.move_all(act.connection, document_id, ObligationState.WITHDRAWN, act.now)
    return len(rows)
