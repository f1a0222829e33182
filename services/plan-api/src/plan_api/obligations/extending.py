"""Ask for a later due time, and decide. The obligation then stands on another ladder of its round.

One request is open at a time; only the deciding unit decides. Ladders are found by due time or made, never edited.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import ExtensionState, LadderKind
from cascade_servicekit.problems import NotFound
from sqlalchemy.exc import IntegrityError

from plan_api.auth.service import allows, require
from plan_api.calendar import service as calendar
from plan_api.escalation import service as escalation
from plan_api.obligations import repository
from plan_api.obligations.deciding import standing_to_decide
from plan_api.obligations.errors import (
    DocumentNotInForce,
    ExtensionAlreadyOpen,
    ExtensionNotOpen,
    ExtensionRefused,
    NotTheAssignee,
)
from plan_api.obligations.schemas import ApprovalIn, ExtensionIn, ExtensionOut
from plan_api.read.parents import upward_due
from plan_api.read.standing import Standing, lock_standing
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date, start_of_day
from plan_api.rules.extensions import ExtensionRefusal, check_decision, check_request

WHY = {
    ExtensionRefusal.NOT_OPEN: "nghĩa vụ không còn chờ nộp (the obligation is not open)",
    ExtensionRefusal.NO_DEADLINE: "nội dung này không có thời hạn (there is no due time)",
    ExtensionRefusal.REASON_MISSING: "chưa ghi lý do (a reason is missing)",
    ExtensionRefusal.AFTER_DUE: "thời hạn đã qua (the due time has passed)",
    ExtensionRefusal.NOT_LATER: "ngày mới không muộn hơn hạn hiện tại (not later than the present due time)",
    ExtensionRefusal.NOT_IN_FUTURE: "ngày mới đã qua (the new due time has passed)",
    ExtensionRefusal.DUE_TIME_MISSING: "chưa nêu ngày mới (the new due time is missing)",
    ExtensionRefusal.AFTER_PARENT: "muộn hơn hạn phải gửi cấp trên (later than what is owed upwards)",
    ExtensionRefusal.OWN_REQUEST: "không tự quyết định đề nghị của mình (nobody decides their own request)",
}


@dataclass(frozen=True, slots=True)
class _NewDue:
    due_at: datetime
    due_on: date


def _new_due(due_on: date | None, due_at: datetime | None) -> _NewDue | None:
    if due_on is not None:
        return _NewDue(start_of_day(due_on + timedelta(days=1)), due_on)
    if due_at is not None:
        return _NewDue(due_at, local_date(due_at - timedelta(microseconds=1)))
    return None


def _refuse(refusals: tuple[ExtensionRefusal, ...], field: str) -> None:
    if not refusals:
        return
    first = refusals[0]
    if first is ExtensionRefusal.ALREADY_OPEN:
        raise ExtensionAlreadyOpen
    if first is ExtensionRefusal.ALREADY_DECIDED:
        raise ExtensionNotOpen
    raise ExtensionRefused(field=field, why=WHY[first])


async def ask(act: Act, obligation_id: UUID, given: ExtensionIn) -> ExtensionOut:
    """Ask for a later due time; the ladder goes on until it is granted."""
    standing = await _of_the_asking_unit(act, obligation_id)
    wanted = _new_due(given.due_on, given.due_at)
    if wanted is None:
        raise ExtensionRefused(field="due_on", why=WHY[ExtensionRefusal.DUE_TIME_MISSING])
    policy = await escalation.policy_by_id(act.connection, standing.policy_id)
    _refuse(
        check_request(
            state=standing.state,
            due_at=standing.due_at,
            requested_due_at=wanted.due_at,
            now=act.now,
            reason=given.reason,
            owing_unit_id=standing.unit_id,
            asking_unit_id=standing.unit_id,
            has_open_request=await repository.open_extension(act.connection, standing.id) is not None,
            allow_after_due=policy.policy.extension_after_due,
        ),
        "due_on",
    )
    extension_id = new_id()
    row = {
        "id": extension_id,
        "obligation_id": standing.id,
        "state": ExtensionState.OPEN,
        "reason": given.reason,
        "requested_at": act.now,
        "requested_due_at": wanted.due_at,
        "previous_due_at": standing.due_at,
        "account_id": act.caller.account_id,
    }
    try:
        await repository.add_extension(act.connection, row)
    except IntegrityError as error:
        raise ExtensionAlreadyOpen from error
    act.record("ask_extension", "obligation", standing.id, extension=extension_id, until=wanted.due_at)
    return await read(act, extension_id)


async def _of_the_asking_unit(act: Act, obligation_id: UUID) -> Standing:
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    if not await allows(act.connection, act.caller, Verb.ASK_EXTENSION, standing.unit_id):
        await require(act.connection, act.caller, Verb.READ_PROGRESS, standing.unit_id)
        raise NotTheAssignee
    if not standing.in_force:
        raise DocumentNotInForce
    return standing


async def read(act: Act, extension_id: UUID) -> ExtensionOut:
    """Return a request."""
    row = await repository.extension(act.connection, extension_id)
    if row is None:
        raise NotFound(what="extension")
    return ExtensionOut.model_validate(dict(row._mapping))


async def _locked(act: Act, extension_id: UUID) -> tuple[Standing, ExtensionState, UUID | None, datetime]:
    """Lock the obligation first, then its request, as every other change of an obligation does."""
    found = await repository.extension(act.connection, extension_id)
    if found is None:
        raise NotFound(what="extension")
    standing = await standing_to_decide(act, found.obligation_id, Verb.DECIDE_EXTENSION)
    row = await repository.extension(act.connection, extension_id, lock=True)
    assert row is not None  # noqa: S101 - requests are never deleted
    return standing, ExtensionState(row.state), row.account_id, row.requested_due_at


async def approve(act: Act, extension_id: UUID, given: ApprovalIn) -> ExtensionOut:
    """Grant a later due time, the one asked for or another, and move the obligation to the ladder of that time."""
    standing, state, requested_by, requested = await _locked(act, extension_id)
    new = _new_due(given.due_on, given.due_at) or _new_due(None, requested)
    assert new is not None  # noqa: S101 - a request names its due time
    _refuse(
        check_decision(
            request_state=state,
            obligation_state=standing.state,
            approve=True,
            now=act.now,
            due_at=standing.due_at,
            decided_due_at=new.due_at,
            parent_due_at=await upward_due(act.connection, standing.round_id, standing.deciding_unit_id),
            allow_after_parent=given.allow_after_parent,
            reason=given.note,
            deciding_unit_id=standing.deciding_unit_id,
            acting_unit_id=standing.deciding_unit_id,
            owing_unit_id=standing.unit_id,
            requested_by=requested_by,
            decided_by=None,
        ),
        "due_on",
    )
    await move_to_due(act, standing, new.due_at, new.due_on, "extension")
    await repository.decide_extension(
        act.connection,
        extension_id,
        state=ExtensionState.APPROVED,
        decided_at=act.now,
        decided_due_at=new.due_at,
        decision_reason=given.note,
        decided_by=act.caller.account_id,
    )
    act.record("approve_extension", "obligation", standing.id, extension=extension_id, until=new.due_at)
    return await read(act, extension_id)


async def move_to_due(act: Act, standing: Standing, due_at: datetime, due_on: date, reason: str) -> None:
    """Put an obligation on the ladder of another due time."""
    policy = await escalation.policy_by_id(act.connection, standing.policy_id)
    days = await calendar.settled_calendar(act.connection, act.services)
    order = escalation.LadderOrder(
        standing.document_id,
        standing.round_id,
        LadderKind.OBLIGATION,
        standing.mode,
        due_at=due_at,
        anchor_at=standing.document_issued_at or act.now,
        reason=reason,
    )
    ladder_id = await escalation.ladder_for(act.connection, order, policy, days, act.now)
    await repository.change(act.connection, standing.id, due_at=due_at, due_on=due_on, ladder_id=ladder_id)
    act.agenda_changed(standing.document_id)


async def refuse(act: Act, extension_id: UUID, reason: str) -> ExtensionOut:
    """Refuse a request; the due time stays."""
    standing, state, _, _ = await _locked(act, extension_id)
    if state is not ExtensionState.OPEN:
        raise ExtensionNotOpen
    await repository.decide_extension(
        act.connection,
        extension_id,
        state=ExtensionState.REFUSED,
        decided_at=act.now,
        decision_reason=reason,
        decided_by=act.caller.account_id,
    )
    act.record("refuse_extension", "obligation", standing.id, extension=extension_id, reason=reason)
    return await read(act, extension_id)
