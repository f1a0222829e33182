"""Let suspended units go on: their due times, the ladders that chase them again, and what they were not told.

Whatever is armed anew stands on a ladder of its own; who goes on as before stays on the ladder it had, whose remaining
steps speak to it again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, LadderKind, ObligationState, StepKind

from plan_api.documents import service as documents
from plan_api.escalation import service as escalation
from plan_api.escalation import steps
from plan_api.obligations import repository
from plan_api.read.suspended import Duty, duties_of
from plan_api.requests import Act
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.ladders import RetiredFor
from plan_api.rules.suspension import Resumption, resumption


@dataclass(frozen=True, slots=True)
class ResumedDuty:
    """A duty as it stands after the resumption, its due day before, what is told at once, and the next step."""

    duty: Duty
    was_on: date | None
    told: StepKind | None
    next_step_at: datetime | None


async def resume(act: Act, since: Mapping[UUID, datetime], days: WorkCalendar, *, shift: bool) -> list[ResumedDuty]:
    """Let units, suspended since the instants given, go on; their documents are locked by the caller."""
    plans: list[tuple[Duty, Resumption]] = []
    duties = await duties_of(act.connection, since)
    untold = await escalation.untold(act.connection, {duty.ladder_id for duty in duties if duty.ladder_id})
    for duty in duties:
        if duty.state is ObligationState.SUBMITTED:
            await _review_again(act, duty, since, days)
        news = untold.get(duty.ladder_id) if duty.ladder_id else None
        if duty.unit_id not in since or (news is not None and news.fire_at > act.now):
            continue  # what is announced later has lost nothing
        policy = await escalation.kept_policy(act.connection, act.services, duty.policy_id)
        plans.append(
            (
                duty,
                resumption(
                    state=duty.state,
                    due_at=duty.due_at,
                    due_on=duty.due_on,
                    created_at=duty.created_at,
                    heard_at=duty.heard_at,
                    due_set_at=duty.due_set_at,
                    withheld=duty.withheld,
                    returned_at=duty.returned_at,
                    chased_until=duty.ladder_due_at,
                    suspended_at=since[duty.unit_id],
                    now=act.now,
                    shift=shift,
                    grace=policy.policy.return_grace,
                    calendar=days,
                ),
            )
        )
    return await _carry_out(act, plans, days)


_Group = tuple[UUID, AssignmentMode, datetime | None, StepKind | None]


async def _carry_out(act: Act, plans: Sequence[tuple[Duty, Resumption]], days: WorkCalendar) -> list[ResumedDuty]:
    groups: dict[_Group, list[Duty]] = defaultdict(list)
    for duty, plan in plans:
        if plan.due_at != duty.due_at:
            await repository.change(act.connection, duty.obligation_id, due_at=plan.due_at, due_on=plan.due_on)
        if plan.rearm and duty.state is ObligationState.OPEN:
            groups[duty.round_id, duty.mode, plan.chased_until, plan.told].append(duty)
    next_steps: dict[UUID, datetime | None] = {}
    for (_, mode, chased_until, told), duties in groups.items():
        next_at = await _arm(act, mode, chased_until, told, duties, days)
        next_steps |= {duty.obligation_id: next_at for duty in duties}
    return [
        ResumedDuty(
            replace(duty, due_at=plan.due_at, due_on=plan.due_on),
            duty.due_on,
            plan.told if duty.obligation_id in next_steps else None,
            next_steps.get(duty.obligation_id),
        )
        for duty, plan in plans
    ]


async def _arm(
    act: Act,
    mode: AssignmentMode,
    chased_until: datetime | None,
    told: StepKind | None,
    duties: Sequence[Duty],
    days: WorkCalendar,
) -> datetime | None:
    one = duties[0]
    policy = await escalation.kept_policy(act.connection, act.services, one.policy_id)
    order = escalation.LadderOrder(
        one.document_id,
        one.round_id,
        LadderKind.OBLIGATION,
        mode,
        due_at=chased_until,
        anchor_at=one.issued_at or act.now,
        reason=RetiredFor.RESUMED,
        announce=told is not None,
        announce_as=told or StepKind.ANNOUNCE,
        shared=False,
    )
    ladder_id = await escalation.arm_ladder(act.connection, order, policy, days, act.now)
    await repository.change_many(act.connection, [duty.obligation_id for duty in duties], ladder_id=ladder_id)
    state = await documents.state_for_step(act.connection, one.document_id)
    if told is not None and not state.suspended:
        await steps.announce(act.connection, act.services, ladder_id, policy, act.now)
    ahead = await escalation.steps_ahead(act.connection, ladder_id)
    return ahead[0].fire_at if ahead else None


async def _review_again(act: Act, duty: Duty, since: Mapping[UUID, datetime], days: WorkCalendar) -> None:
    """Chase a resumed reviewer anew: what it let lie meanwhile counts from its resumption."""
    if duty.deciding_unit_id not in since:
        return
    policy = await escalation.kept_policy(act.connection, act.services, duty.policy_id)
    order = escalation.LadderOrder(
        duty.document_id,
        duty.round_id,
        LadderKind.REVIEW,
        AssignmentMode.ORDER,
        due_at=None,
        anchor_at=escalation.review_anchor(policy.policy, act.now),
        reason=RetiredFor.RESUMED,
    )
    ladder_id = await escalation.ladder_for(act.connection, order, policy, days, act.now)
    await repository.change(act.connection, duty.obligation_id, review_ladder_id=ladder_id)
