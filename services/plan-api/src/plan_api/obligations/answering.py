"""Take what a unit hands in: one transaction, no engine on the path, so that a school can always file.

An answer is taken until the document is recalled: late, suspended or after the cut-off it is still recorded with its
time. Whoever hands in has thereby acknowledged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import (
    AssignmentMode,
    LadderKind,
    ObligationState,
    RoundKind,
    SubmissionKind,
    SubmissionState,
)
from cascade_servicekit.problems import NotFound

from plan_api.auth.service import allows, require
from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.documents.schemas import FileIn
from plan_api.escalation import service as escalation
from plan_api.forms import service as forms
from plan_api.forms.errors import NilNotAllowed, ValuesNotExpected
from plan_api.obligations import repository
from plan_api.obligations.errors import (
    BeingRead,
    DocumentNotInForce,
    FormChanged,
    NotTheAssignee,
    RoundChanged,
    SignedFileRequired,
    WrongAnswer,
    WrongState,
)
from plan_api.obligations.schemas import HandInOut, SubmissionIn
from plan_api.obligations.settling import settle_at_last
from plan_api.read.standing import Standing, lock_standing
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.timeliness import HandIn

ANSWERS: dict[RoundKind, frozenset[SubmissionKind]] = {
    RoundKind.ACKNOWLEDGE: frozenset({SubmissionKind.ACKNOWLEDGEMENT}),
    RoundKind.PLAN: frozenset({SubmissionKind.PLAN}),
    RoundKind.REPORT: frozenset({SubmissionKind.REPORT, SubmissionKind.NIL}),
    RoundKind.TASK: frozenset({SubmissionKind.REPORT, SubmissionKind.NIL}),
}
ANSWERABLE = frozenset({ObligationState.OPEN, ObligationState.SUBMITTED})


@dataclass(frozen=True, slots=True)
class Received:
    """What is known of an answer beside its body; `authorised` when the caller's right was settled by another act.

    `carried` are the values of the form that a consolidation of the level below brings along; `entered_for` says who
    spoke where somebody else typed, `mail_id` by which mail it came.
    """

    document_id: UUID | None = None
    consolidation_id: UUID | None = None
    authorised: bool = False
    carried: Mapping[str, Any] | None = None
    entered_for: Mapping[str, Any] | None = None
    mail_id: str | None = None


BY_ITSELF = Received()


async def hand_in(act: Act, obligation_id: UUID, given: SubmissionIn, received: Received = BY_ITSELF) -> HandInOut:
    """Record a new version of a unit's answer and return its receipt.

    Raises:
        NotFound, NotTheAssignee, WrongAnswer, WrongState, DocumentNotInForce, SignedFileRequired, FormNotFilled,
        NilNotAllowed, ValuesNotExpected, BeingRead, FormChanged, RoundChanged: nothing changed.
    """
    standing = await _answerable(act, obligation_id, given, received)
    given, filled = await _by_form(act, standing, given, received)
    version, state = standing.submission_version + 1, _state_after(standing)
    submission_id = new_id()
    handed_in_at = HandIn(standing.handed_in_at, standing.hand_in_kept_until).received(act.now).handed_in_at or act.now
    if given.files:
        await documents.require_files(act.connection, given.files)
    if standing.submission_id is not None and standing.state is ObligationState.SUBMITTED:
        await repository.set_submission(
            act.connection, standing.submission_id, state=SubmissionState.SUPERSEDED, decided_at=act.now
        )
    form_id, *asked = await repository.take_in(
        act.connection,
        _submission_row(act, standing, given, received, submission_id) | filled,
        [{"submission_id": submission_id, **file.model_dump()} for file in given.files],
        {
            "id": standing.id,
            "state": state,
            "submission_id": submission_id,
            "submission_version": version,
            "handed_in_at": handed_in_at,
            "hand_in_kept_until": None,
            "submitted_at": act.now,
            "review_ladder_id": await _review_ladder(act, standing) if state is ObligationState.SUBMITTED else None,
            "settled_at": act.now if state is ObligationState.FULFILLED else None,
        },
    )
    if form_id != standing.form_id:  # who waited for an amendment has read the round as it was before
        raise FormChanged
    if asked != [standing.needs_acceptance, standing.signed_file_required]:
        raise RoundChanged
    act.record("hand_in", "obligation", standing.id, submission=submission_id, version=version, kind=given.kind)
    if standing.round_kind is not RoundKind.ACKNOWLEDGE:
        await _acknowledge_too(act, standing)
    if state is ObligationState.FULFILLED:
        settle_at_last(act, standing.document_id, standing.round_id, submission_id)
    return HandInOut(
        submission_id=submission_id,
        obligation_id=standing.id,
        version=version,
        state=state,
        received_at=act.now,
        handed_in_at=handed_in_at,
        on_time=None if standing.due_at is None else handed_in_at < standing.due_at,
    )


async def _answerable(act: Act, obligation_id: UUID, given: SubmissionIn, received: Received) -> Standing:
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    if not received.authorised:
        await _require_answerer(act, standing)
    if not standing.in_force:
        raise DocumentNotInForce
    if given.kind not in ANSWERS[standing.round_kind]:
        expected = ", ".join(sorted(ANSWERS[standing.round_kind]))
        raise WrongAnswer(field="kind", round=standing.round_title, expected=expected)
    if standing.state not in ANSWERABLE:
        raise WrongState(state=standing.state, verb="hand_in")
    if standing.frozen_at is not None:
        raise BeingRead
    signature_owed = standing.signed_file_required and given.kind is not SubmissionKind.NIL
    if signature_owed and not any(file.signed for file in given.files):
        raise SignedFileRequired(field="files")
    return standing


async def _by_form(
    act: Act, standing: Standing, given: SubmissionIn, received: Received
) -> tuple[SubmissionIn, dict[str, Any]]:
    """Return the answer with the files its form names, and the column of its values; a round without form is free."""
    if standing.form_id is None:
        if given.values is not None:
            raise ValuesNotExpected(field="values")
        return given, {}
    form = await forms.form_by_id(act.connection, act.services, standing.form_id)
    if given.kind is SubmissionKind.NIL:
        if given.values is not None:
            raise ValuesNotExpected(field="values")
        if not form.nil_allowed:
            raise NilNotAllowed(field="kind", round=standing.round_title)
        return given, {}
    filled = await forms.fill(act.connection, form, given.values or {}, received.carried)
    named = {file.sha256 for file in given.files}
    further = [
        FileIn(sha256=sha256, name=name) for sha256, name in forms.files_of(form, filled).items() if sha256 not in named
    ]
    return given.model_copy(update={"files": [*given.files, *further]}), {"filled": filled}


async def _require_answerer(act: Act, standing: Standing) -> None:
    if await allows(act.connection, act.caller, Verb.HAND_IN, standing.unit_id):
        return
    await require(act.connection, act.caller, Verb.READ_PROGRESS, standing.unit_id)
    raise NotTheAssignee


def _state_after(standing: Standing) -> ObligationState:
    return ObligationState.SUBMITTED if standing.needs_acceptance else ObligationState.FULFILLED


def _submission_row(
    act: Act, standing: Standing, given: SubmissionIn, received: Received, submission_id: UUID
) -> dict[str, Any]:
    figures = None if given.figures is None else {name: str(value) for name, value in given.figures.items()}
    told: dict[str, Any] = {} if received.entered_for is None else {"entered_for": dict(received.entered_for)}
    if received.mail_id is not None:
        told["mail_id"] = received.mail_id
    return told | {
        "id": submission_id,
        "obligation_id": standing.id,
        "version": standing.submission_version + 1,
        "kind": given.kind,
        "state": SubmissionState.RECEIVED if standing.needs_acceptance else SubmissionState.ACCEPTED,
        "text": given.text,
        "figures": figures,
        "document_id": received.document_id,
        "notation": given.notation,
        "number": given.number,
        "dated_on": given.dated_on,
        "signer": given.signer,
        "consolidation_id": received.consolidation_id,
        "received_at": act.now,
        "account_id": act.caller.account_id,
        "seat_id": act.caller.seat_id,
        "decided_at": None if standing.needs_acceptance else act.now,
    }


async def _review_ladder(act: Act, standing: Standing) -> UUID:
    """Return the ladder that chases the reviewer: one a round and day, shared by what came in that day."""
    policy = await escalation.kept_policy(act.connection, act.services, standing.policy_id)
    anchor = escalation.review_anchor(policy.policy, act.now)
    order = escalation.LadderOrder(
        standing.document_id,
        standing.round_id,
        LadderKind.REVIEW,
        AssignmentMode.ORDER,
        due_at=None,
        anchor_at=anchor,
        reason="hand_in",
    )
    days = await calendar.settled_calendar(act.connection, act.services)
    found = await escalation.find_review(act.connection, act.services, order, policy, days)
    if found is not None:
        return found
    act.agenda_changed(standing.document_id)
    return await escalation.ladder_for(act.connection, order, policy, days, act.now)


async def _acknowledge_too(act: Act, standing: Standing) -> None:
    """Whoever answers has received: an open acknowledgement of the same document is fulfilled with it."""
    rounds = await documents.acknowledge_rounds(act.connection, act.services, standing.document_id)
    if not rounds:
        return
    owed = await repository.open_acknowledgement(act.connection, standing.document_id, standing.unit_id, rounds)
    if owed is not None:
        await hand_in(act, owed.id, SubmissionIn(kind=SubmissionKind.ACKNOWLEDGEMENT), Received(authorised=True))


async def acknowledge(act: Act, obligation_id: UUID) -> HandInOut:
    """Acknowledge receipt: the obligation itself, when it asks for that, else the document's acknowledge round.

    Acknowledging again returns the same receipt; people press buttons twice.
    """
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    target = standing
    if standing.round_kind is not RoundKind.ACKNOWLEDGE:
        rounds = await documents.acknowledge_rounds(act.connection, act.services, standing.document_id)
        found = await _acknowledgement_of(act, standing, rounds)
        if found is None:
            raise WrongAnswer(round=standing.round_title, expected=", ".join(sorted(ANSWERS[standing.round_kind])))
        target = found
    if (
        target.state is ObligationState.FULFILLED
        and target.submission_id
        and target.handed_in_at
        and target.submitted_at
    ):
        await _require_answerer(act, target)
        return HandInOut(
            submission_id=target.submission_id,
            obligation_id=target.id,
            version=target.submission_version,
            state=target.state,
            received_at=target.submitted_at,
            handed_in_at=target.handed_in_at,
            on_time=None if target.due_at is None else target.handed_in_at < target.due_at,
        )
    return await hand_in(act, target.id, SubmissionIn(kind=SubmissionKind.ACKNOWLEDGEMENT))


async def _acknowledgement_of(act: Act, standing: Standing, rounds: Sequence[UUID]) -> Standing | None:
    found = await repository.obligation_in_rounds(act.connection, standing.unit_id, rounds)
    return None if found is None else await lock_standing(act.connection, found)
