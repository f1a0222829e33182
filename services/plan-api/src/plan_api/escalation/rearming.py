"""Arm a document again by another policy version: ladders take the place of ladders, none is edited.

Previewed by the same transaction, rolled back. The document is locked, so a step under way is waited for and counted as
spoken; whoever answers, returns or extends is waited for too, so that nobody is put on a ladder that has just been
replaced. Rounds are taken after their obligations, as every answer does.
"""

from uuid import UUID

from cascade_contracts.vocabulary import LadderKind

from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.documents.stopping import locked_in_force
from plan_api.escalation import repository
from plan_api.escalation import service as escalation
from plan_api.escalation.errors import NothingToRearm, StepNotArmable, UnknownPolicy
from plan_api.escalation.schemas import DroppedStep, LadderRearmed, PlannedStep, RearmIn, Rearming
from plan_api.obligations import reprojecting as obligations
from plan_api.read import reprojection as read
from plan_api.read.reprojection import LadderNow, RoundNow
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.ladders import ArmedStep, RetiredFor, StepCannotBeArmed
from plan_api.rules.policies import policy_from_json
from plan_api.rules.rearming import replan, speaks_from


async def rearm(act: Act, document_id: UUID, given: RearmIn) -> Rearming:
    """Let a policy version take over a document's unsettled rounds, or one of them; return what fires when.

    Raises:
        NotFound, Forbidden, DocumentNotInForce, UnknownPolicy, StepNotArmable.
        NothingToRearm: no round is left to chase by another version.
    """
    await calendar.alone(act.connection)
    await locked_in_force(act, document_id, Verb.ISSUE_DOCUMENT)
    policy = await _policy(act, given)
    days = await calendar.settled_calendar(act.connection, act.services)
    rounds = [
        each for each in await read.unsettled(act.connection, act.now, [document_id]) if given.round in {None, each.id}
    ]
    ladders = [
        await _replace(act, round_, ladder, policy, days)
        for round_ in rounds
        for ladder in round_.ladders
        if ladder.row.policy_id != policy.id
    ]
    if not ladders:
        raise NothingToRearm
    settled = await documents.lock_rounds(act.connection, sorted(each.id for each in rounds))
    for round_ in rounds:
        retired = [ladder.row.id for ladder in round_.ladders if ladder.row.policy_id != policy.id]
        await escalation.retire(act.connection, retired, act.now, RetiredFor.REARMED)
        if round_.id in settled:
            await escalation.skip_round(act.connection, round_.id, act.now, "settled")
        await documents.rearm_round(act.connection, round_.id, policy.id)
    act.record(
        "rearm",
        "document",
        document_id,
        policy=policy.policy.code,
        version=policy.policy.version,
        ladders=len(ladders),
        reason=given.reason,
    )
    act.agenda_changed(document_id)
    return Rearming(document_id=document_id, policy=policy.policy.code, version=policy.policy.version, ladders=ladders)


async def _policy(act: Act, given: RearmIn) -> escalation.PolicyInForce:
    newest = await escalation.policy_by_code(act.connection, given.policy, act.now)
    if given.version in {None, newest.policy.version}:
        return newest
    row = await repository.policy_version(act.connection, given.policy, given.version or 0)
    if row is None:
        raise UnknownPolicy(field="version", policy=f"{given.policy} v{given.version}")
    return escalation.PolicyInForce(row.id, policy_from_json(row.body))


async def _replace(
    act: Act, round_: RoundNow, ladder: LadderNow, policy: escalation.PolicyInForce, days: WorkCalendar
) -> LadderRearmed:
    """Make the ladder that takes one's place and put those on it who stood on the old one."""
    steps = replan(ladder.steps, _armed(round_, ladder, policy, days, act), act.now)
    new = await escalation.succeed(
        act.connection, ladder.row, ladder.row.due_at, steps, act.now, RetiredFor.REARMED, policy.id
    )
    await obligations.move_ladder(act.connection, ladder.row.id, new, None)
    before = (await escalation.kept_policy(act.connection, act.services, ladder.row.policy_id)).policy
    ahead = {(step.kind, step.audience, step.fire_at) for step in steps if step.outcome is None}
    return LadderRearmed(
        round_id=round_.id,
        round_title=round_.title,
        kind=LadderKind(ladder.row.kind),
        due_at=ladder.row.due_at,
        from_version=f"{before.code} v{before.version}",
        obligations=sum(part.obligations for part in ladder.standing),
        steps=[PlannedStep.model_validate(step, from_attributes=True) for step in steps],
        dropped=[
            DroppedStep.model_validate(step, from_attributes=True)
            for step in ladder.steps
            if step.outcome is None and (step.kind, step.audience, step.fire_at) not in ahead
        ],
    )


def _armed(
    round_: RoundNow, ladder: LadderNow, policy: escalation.PolicyInForce, days: WorkCalendar, act: Act
) -> tuple[ArmedStep, ...]:
    start = speaks_from(ladder.steps, act.now)
    try:
        return escalation.rearmed(ladder.row, ladder.steps, policy, days, start, None, round_.cut_off_at)
    except StepCannotBeArmed as error:
        name = f"{policy.policy.code} v{policy.policy.version}"
        raise StepNotArmable(field="policy", policy=name, why=error) from error
