"""Suspend units and let them go on: facts and a signal. While suspended nobody chases them; they may always answer.

The preview is the same transaction taken back. Steps are not touched: taking one leaves suspended units out. Resumed, a
unit gets back the working days it lost, if asked for, and whatever it was not told meanwhile.
"""

from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_servicekit.problems import NotFound
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.obligations import resuming
from plan_api.organizations import service as organizations
from plan_api.paging import decode_cursor, encode_cursor
from plan_api.read.suspended import Duty, documents_owed, duties_of
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.suspensions import repository
from plan_api.suspensions.errors import UnitNotSuspended, UnitSuspendedAlready
from plan_api.suspensions.schemas import (
    ResumedDuty,
    ResumeIn,
    SuspendedDuty,
    SuspendIn,
    SuspensionOut,
    SuspensionPage,
    UnitsResumed,
    UnitsSuspended,
)

SHOWN = 500
"""How many duties an answer lists; its counts are of all."""


async def suspend(act: Act, unit_id: UUID, given: SuspendIn) -> UnitsSuspended:
    """Leave a unit, or it and everything under it, alone from now on.

    Raises:
        NotFound, Forbidden, UnitSuspendedAlready: nothing changed.
    """
    if not await organizations.exists(act.connection, unit_id):
        raise NotFound(what="unit")
    await require(act.connection, act.caller, Verb.SUSPEND_UNIT, unit_id)
    meant = await organizations.subtree(act.connection, unit_id) if given.below else {unit_id}
    already = await repository.open_of(act.connection, meant)
    if unit_id in already:
        raise UnitSuspendedAlready
    units = sorted(meant - already)
    rows = [
        {
            "id": new_id(),
            "unit_id": each,
            "named_unit_id": unit_id,
            "from_at": act.now,
            "reason": given.reason,
            "account_id": act.caller.account_id,
        }
        for each in units
    ]
    try:
        await repository.add(act.connection, rows)
    except IntegrityError as error:
        raise UnitSuspendedAlready from error
    act.record("suspend", "unit", unit_id, reason=given.reason, units=len(units), below=given.below)
    duties = await duties_of(act.connection, units)
    return UnitsSuspended(
        units=units,
        already=sorted(already),
        duties=len(duties),
        standing_still=[SuspendedDuty(**_told(duty)) for duty in duties[:SHOWN]],
    )


async def resume(act: Act, unit_id: UUID, given: ResumeIn) -> UnitsResumed:
    """Let a unit go on, and those that were suspended with it.

    Raises:
        NotFound, Forbidden, UnitNotSuspended: nothing changed.
    """
    days = await calendar.held_calendar(act.connection, act.services)
    if not await organizations.exists(act.connection, unit_id):
        raise NotFound(what="unit")
    await require(act.connection, act.caller, Verb.SUSPEND_UNIT, unit_id)
    rows = await repository.lock_open(act.connection, unit_id)
    if not rows:
        raise UnitNotSuspended
    since = {row.unit_id: row.from_at for row in rows}
    touched = await documents_owed(act.connection, since)
    await documents.lock_documents(act.connection, touched)
    await repository.end(act.connection, [row.id for row in rows], act.now, given.reason, act.caller.account_id)
    resumed = await resuming.resume(act, since, days, shift=given.due == "shift")
    for document_id in touched:
        act.agenda_changed(document_id)
    shifted = sum(each.was_on != each.duty.due_on for each in resumed)
    act.record("resume", "unit", unit_id, reason=given.reason, units=len(rows), due=given.due, shifted=shifted)
    return UnitsResumed(
        units=list(since),
        duties=len(resumed),
        shifted=shifted,
        going_on=[
            ResumedDuty(**_told(each.duty), was_on=each.was_on, told=each.told, next_step_at=each.next_step_at)
            for each in resumed[:SHOWN]
        ],
    )


def _told(duty: Duty) -> dict[str, object]:
    return {
        "obligation_id": duty.obligation_id,
        "unit_id": duty.unit_id,
        "unit_name": duty.unit_name,
        "document_title": duty.document_title,
        "round_title": duty.round_title,
        "state": duty.state,
        "due_on": duty.due_on,
    }


async def page(
    connection: AsyncConnection, caller: Caller, unit_id: UUID, cursor: str | None, limit: int
) -> SuspensionPage:
    """Return a unit's suspensions to those who may read it."""
    if not await organizations.exists(connection, unit_id):
        raise NotFound(what="unit")
    await require(connection, caller, Verb.READ, unit_id)
    before = UUID(decode_cursor(cursor, 1)[0]) if cursor is not None else None
    rows = await repository.page(connection, unit_id, before, limit)
    items = [
        SuspensionOut(
            id=row.id,
            unit_id=row.unit_id,
            named_unit_id=row.named_unit_id,
            from_at=row.from_at,
            until_at=row.until_at,
            reason=row.reason,
            resume_reason=row.resume_reason,
        )
        for row in rows
    ]
    return SuspensionPage(items=items, next=encode_cursor(rows[-1].id) if len(rows) == limit else None)
