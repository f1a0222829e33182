"""Let units join a round that is open already: what they owe, on ladders of their own, announced at once.

Who was let go of before is asked again in the same row; what a unit has answered is never asked again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, LadderKind, ObligationState

from plan_api.escalation import service as escalation
from plan_api.escalation import steps
from plan_api.obligations import joining_repository
from plan_api.obligations.opening import Assigned, OpenRound, open_obligations
from plan_api.read.obligations import round_receivers
from plan_api.requests import Act
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.ladders import RetiredFor

REOPENED = (ObligationState.WITHDRAWN, ObligationState.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class JoinedRound:
    """An open round with what its ladders are armed for."""

    document_id: UUID
    round_id: UUID
    deciding_unit_id: UUID
    due_at: datetime | None
    due_on: date | None
    cut_off_at: datetime | None
    anchor_at: datetime


async def join_round(
    act: Act,
    joined: JoinedRound,
    policy: escalation.PolicyInForce,
    days: WorkCalendar,
    units: Sequence[Assigned],
) -> None:
    """Ask further units of a round; each once, whatever it owed of it before."""
    present = await joining_repository.states_in_round(
        act.connection, joined.round_id, [unit.unit_id for unit in units]
    )
    asked = [unit for unit in units if present.get(unit.unit_id) in {None, *REOPENED}]
    ladders = {mode: await _arm(act, joined, policy, days, mode) for mode in sorted({unit.mode for unit in asked})}
    opened = OpenRound(
        joined.round_id,
        joined.document_id,
        joined.deciding_unit_id,
        joined.due_at,
        joined.due_on,
        ladders,
        await round_receivers(act.connection, joined.round_id),
    )
    await open_obligations(act.connection, opened, [unit for unit in asked if unit.unit_id not in present], act.now)
    for unit in asked:
        if unit.unit_id in present:
            await joining_repository.reopen(
                act.connection,
                joined.round_id,
                unit.unit_id,
                due_at=joined.due_at,
                due_on=joined.due_on,
                ladder_id=ladders[unit.mode],
            )
    for ladder_id in ladders.values():
        await steps.announce(act.connection, act.services, ladder_id, policy, act.now)


async def _arm(act: Act, joined: JoinedRound, policy: escalation.PolicyInForce, days: WorkCalendar, mode: str) -> UUID:
    order = escalation.LadderOrder(
        joined.document_id,
        joined.round_id,
        LadderKind.OBLIGATION,
        AssignmentMode(mode),
        due_at=joined.due_at,
        anchor_at=joined.anchor_at,
        reason=RetiredFor.AMENDED,
        cut_off_at=joined.cut_off_at,
        announce=True,
        shared=False,
    )
    return await escalation.arm_ladder(act.connection, order, policy, days, act.now)
