"""Take over what units owe of a running round: answered on paper, or open on a ladder whose past steps never fire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import ObligationState, RoundKind, SubmissionKind, SubmissionState

from plan_api.documents import service as documents
from plan_api.escalation import service as escalation
from plan_api.obligations import differing, joining_repository, repository
from plan_api.obligations.opening import Assigned
from plan_api.requests import Act
from plan_api.rules.calendar import WorkCalendar

ON_PAPER = "Tiếp nhận bản giấy theo sổ theo dõi."
_KINDS = {
    RoundKind.ACKNOWLEDGE: SubmissionKind.ACKNOWLEDGEMENT,
    RoundKind.PLAN: SubmissionKind.PLAN,
    RoundKind.REPORT: SubmissionKind.REPORT,
    RoundKind.TASK: SubmissionKind.REPORT,
}


@dataclass(frozen=True, slots=True)
class AdoptedRound:
    """A round of an adopted document."""

    document_id: UUID
    round_id: UUID
    kind: RoundKind
    deciding_unit_id: UUID
    due_at: datetime | None
    due_on: date | None
    settled: bool


@dataclass(frozen=True, slots=True)
class Adopted:
    """How many obligations of a round were opened, answered on paper, or stand as before."""

    opened: int
    answered: int
    unchanged: int


async def adopt_round(
    act: Act,
    round_: AdoptedRound,
    order: escalation.LadderOrder,
    policy: escalation.PolicyInForce,
    days: WorkCalendar,
    units: Sequence[Assigned],
    answered: Mapping[UUID, datetime],
    notes: Mapping[UUID, str],
) -> Adopted:
    """Bring what units owe of a round to what the sheet says; an answer given already stands as it is."""
    present = {row.unit_id: row for row in await repository.lock_expected(act.connection, round_.round_id)}
    known = await joining_repository.states_in_round(act.connection, round_.round_id, [unit.unit_id for unit in units])
    fresh = [unit for unit in units if unit.unit_id not in known]
    find = escalation.arm_ladder if round_.settled else escalation.ladder_for
    ladder_id = await find(act.connection, order, policy, days, act.now) if fresh else None
    if ladder_id is not None and order.announce:
        await escalation.retire(act.connection, [ladder_id], act.now, "adopted")
    rows = [_row(round_, unit, ladder_id, act.now) for unit in fresh]
    await repository.add_obligations(act.connection, rows, [])
    owed = {row["unit_id"]: row["id"] for row in rows}
    owed |= {unit: row.id for unit, row in present.items() if row.state == ObligationState.OPEN}
    paper = {unit_id: at for unit_id, at in answered.items() if unit_id in owed}
    came: list[UUID] = []
    for unit_id, at in paper.items():
        submission = _submission(round_, owed[unit_id], at, notes.get(unit_id), act)
        submission["version"] += present[unit_id].submission_version if unit_id in present else 0
        await repository.add_submission(act.connection, submission, [])
        came.append(submission["id"])
        await repository.change(
            act.connection,
            owed[unit_id],
            state=ObligationState.FULFILLED,
            submission_id=submission["id"],
            submission_version=submission["version"],
            handed_in_at=at,
            submitted_at=at,
            settled_at=act.now,
        )
    opened = len([unit for unit in fresh if unit.unit_id not in paper])
    await _settle(act, round_, came, reopened=bool(opened) and round_.settled)
    return Adopted(opened, len(paper), len(units) - opened - len(paper))


async def _settle(act: Act, round_: AdoptedRound, came: Sequence[UUID], *, reopened: bool) -> None:
    """Settle a round with its last answer; one more unit reopens it.

    Nothing is drafted of a round that was answered on paper as a whole. What was drafted without an answer that `came`
    is out of date.
    """
    if await documents.lock_round(act.connection, round_.round_id):
        for submission_id in came:
            await differing.mark_above(act, round_.round_id, submission_id)
    if reopened:
        await documents.reopen_round(act.connection, round_.round_id)
    elif not await repository.round_has_unsettled(act.connection, round_.round_id):
        await documents.mark_settled(act.connection, round_.round_id, act.now)
        if not await repository.answered_otherwise(act.connection, round_.round_id, ON_PAPER):
            await documents.mark_consolidated(act.connection, round_.round_id, act.now)
        await escalation.skip_round(act.connection, round_.round_id, act.now, "settled")


def _row(round_: AdoptedRound, unit: Assigned, ladder_id: UUID | None, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "document_id": round_.document_id,
        "round_id": round_.round_id,
        "unit_id": unit.unit_id,
        "mode": unit.mode,
        "state": ObligationState.OPEN,
        "deciding_unit_id": round_.deciding_unit_id,
        "superior_unit_id": unit.superior_unit_id,
        "due_at": round_.due_at,
        "due_on": round_.due_on,
        "original_due_at": round_.due_at,
        "ladder_id": ladder_id,
        "submission_version": 0,
        "row_version": 1,
        "created_at": now,
    }


def _submission(round_: AdoptedRound, obligation_id: UUID, at: datetime, note: str | None, act: Act) -> dict[str, Any]:
    return {
        "id": new_id(),
        "obligation_id": obligation_id,
        "version": 1,
        "kind": _KINDS[round_.kind],
        "state": SubmissionState.ACCEPTED,
        "text": f"{ON_PAPER} {note}" if note else ON_PAPER,
        "received_at": at,
        "account_id": act.caller.account_id,
        "decided_at": act.now,
    }
