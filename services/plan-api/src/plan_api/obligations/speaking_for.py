"""Speak with and for units that do not use the system: calls and what came of them, reports taken down for a unit.

What was taken down counts at once, says who spoke and who typed, and is confirmed by the unit when it can.
"""

from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import ObligationState
from cascade_servicekit.problems import NotFound

from plan_api.auth.service import require
from plan_api.obligations import answering, repository
from plan_api.obligations.deciding import standing_to_decide
from plan_api.obligations.errors import NothingToConfirm, WrongState
from plan_api.obligations.schemas import CallIn, CallOut, HandInOut, OnBehalfIn, SubmissionIn
from plan_api.read.standing import lock_standing
from plan_api.requests import Act
from plan_api.rules.access import Verb


async def hand_in(act: Act, obligation_id: UUID, given: OnBehalfIn) -> HandInOut:
    """Take down what a unit says; its deciding unit may.

    Raises:
        NotFound, NotTheDecidingUnit, and whatever a hand-in raises: nothing changed.
    """
    await standing_to_decide(act, obligation_id)
    told = {"said_by": given.said_by, "way": given.way, "typed_by": act.caller.name, "note": given.note}
    body = SubmissionIn.model_validate(given.model_dump(exclude={"said_by", "way", "note"}))
    receipt = await answering.hand_in(act, obligation_id, body, answering.Received(authorised=True, entered_for=told))
    act.record("enter_for", "obligation", obligation_id, submission=receipt.submission_id, said_by=given.said_by)
    return receipt


async def confirm(act: Act, obligation_id: UUID) -> HandInOut:
    """Confirm, as the unit, what somebody typed for it; confirming again is refused and changes nothing.

    Raises:
        NotFound, Forbidden, NothingToConfirm: nothing changed.
    """
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    await require(act.connection, act.caller, Verb.HAND_IN, standing.unit_id)
    if standing.submission_id is None or standing.state is ObligationState.OPEN:
        raise NothingToConfirm
    version = await repository.submission(act.connection, standing.submission_id)
    if version is None or version.entered_for is None or version.confirmed_at is not None:
        raise NothingToConfirm
    await repository.set_submission(act.connection, version.id, confirmed_at=act.now, confirmed_by=act.caller.name)
    act.record("confirm", "obligation", standing.id, submission=version.id)
    handed_in_at = standing.handed_in_at or version.received_at
    return HandInOut(
        submission_id=version.id,
        obligation_id=standing.id,
        version=version.version,
        state=standing.state,
        received_at=version.received_at,
        handed_in_at=handed_in_at,
        on_time=None if standing.due_at is None else handed_in_at < standing.due_at,
    )


async def call(act: Act, obligation_id: UUID, given: CallIn) -> CallOut:
    """Note a telephone call about what is still owed, and what came of it.

    Raises:
        NotFound, NotTheDecidingUnit, DocumentNotInForce, WrongState: nothing changed.
    """
    standing = await standing_to_decide(act, obligation_id)
    if standing.state is not ObligationState.OPEN:
        raise WrongState(state=standing.state, verb="call")
    called_at = act.now if given.called_at is None else min(given.called_at, act.now)
    row = {
        "id": new_id(),
        "obligation_id": standing.id,
        "called_at": called_at,
        "spoke_with": given.spoke_with,
        "result": given.result,
        "note": given.note,
        "promised_on": given.promised_on,
        "caller": act.caller.name,
        "account_id": act.caller.account_id,
    }
    await repository.add_call(act.connection, row)
    act.record("call", "obligation", standing.id, result=given.result, promised_on=given.promised_on)
    return CallOut.model_validate(row)
