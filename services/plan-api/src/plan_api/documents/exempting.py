"""Declare a period not applicable, for everybody or for some units: skipped, shown, and never counted.

What is open is let go of at once; what is not open yet comes into being as not applicable. Answers given stand.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import reading, recurring_repository, repository
from plan_api.documents.errors import NotAnAssignee, UnknownPeriod
from plan_api.documents.recurring import exemption_rows
from plan_api.documents.recurring_schemas import (
    Exempted,
    ExemptIn,
    ExemptOut,
    PeriodRound,
    RecurrenceList,
    RecurrenceOut,
)
from plan_api.documents.stopping import locked_in_force
from plan_api.obligations.exempting import exempt_round
from plan_api.organizations import service as organizations
from plan_api.read.recurrences import PeriodFacts, periods_of
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.rules.periods import Every, Period, read_period


async def exempt(act: Act, document_id: UUID, given: ExemptIn) -> Exempted:
    """Declare a period of a document in force not applicable.

    Raises:
        NotFound, Forbidden, DocumentNotInForce, UnitUnknown, NotAnAssignee, UnknownPeriod: nothing changed.
    """
    await locked_in_force(act, document_id, Verb.WAIVE)
    units = await _units(act, document_id, given)
    rounds = [row for row in await repository.rounds_of(act.connection, document_id) if row.period == given.period]
    ahead = [
        row
        for row in await recurring_repository.recurrences(act.connection, document_id)
        if _is_ahead(row, given.period)
    ]
    if not rounds and not ahead:
        raise UnknownPeriod(field="period", period=given.period)
    recurring = {row.recurrence_id for row in rounds if row.recurrence_id is not None} | {row.id for row in ahead}
    for recurrence_id in sorted(recurring):
        rows = exemption_rows(recurrence_id, given.period, units or [None], given.reason, act)
        await recurring_repository.add_exemptions(act.connection, rows)
    exempted = answered = 0
    for row in rounds:
        done = await exempt_round(act, document_id, row.id, units)
        exempted, answered = exempted + done.exempted, answered + done.answered
    facts: dict[str, Any] = {"period": given.period, "reason": given.reason, "units": len(units) if units else "all"}
    act.record("exempt", "document", document_id, **facts)
    return Exempted(
        period=given.period,
        rounds=[row.id for row in rounds],
        exempted=exempted,
        answered=answered,
        ahead=len(ahead),
    )


async def _units(act: Act, document_id: UUID, given: ExemptIn) -> list[UUID] | None:
    if given.units is None:
        return None
    named = await organizations.known_units(act.connection, given.units, "units")
    bound = {row.unit_id for row in await repository.assignments(act.connection, document_id)}
    for number, (ref, unit_id) in enumerate(zip(given.units, named, strict=True)):
        if unit_id not in bound:
            raise NotAnAssignee(field=f"units.{number}", unit=ref)
    return list(dict.fromkeys(named))


def _is_ahead(recurrence: Row[Any], code: str) -> bool:
    """Return whether a recurrence has still to open a period."""
    if recurrence.next_period is None:
        return False
    every = Every(recurrence.every)
    wanted, following = read_period(every, code), read_period(every, recurrence.next_period)
    until = recurrence.body["until"]
    return (
        isinstance(wanted, Period)
        and isinstance(following, Period)
        and wanted.first_day >= following.first_day
        and (until is None or wanted.first_day.isoformat() <= until)
    )


async def recurrences(connection: AsyncConnection, caller: Caller, document_id: UUID) -> RecurrenceList:
    """Return a document's recurring reports with their periods, to those who may read it."""
    await reading.readable(connection, caller, document_id)
    rows = await recurring_repository.recurrences(connection, document_id)
    opened = await periods_of(connection, document_id)
    exemptions = await recurring_repository.all_exemptions(connection, [row.id for row in rows])
    return RecurrenceList(
        items=[
            RecurrenceOut(
                id=row.id,
                title=row.body["title"],
                every=Every(row.every),
                next_period=row.next_period,
                next_opens_at=row.next_opens_at,
                opened=[_period(facts) for facts in opened if facts.recurrence_id == row.id],
                not_applicable=_told(exemptions, row.id),
            )
            for row in rows
        ]
    )


def _period(facts: PeriodFacts) -> PeriodRound:
    return PeriodRound(
        period=facts.period,
        round_id=facts.round_id,
        title=facts.title,
        due_at=facts.due_at,
        due_on=facts.due_on,
        announced_at=facts.announced_at,
        owed=facts.owed,
        exempt=facts.exempt,
        settled_at=facts.settled_at,
    )


def _told(exemptions: Sequence[Row[Any]], recurrence_id: UUID) -> list[ExemptOut]:
    return [
        ExemptOut(period=row.period, unit_id=row.unit_id, reason=row.reason, declared_at=row.declared_at)
        for row in exemptions
        if row.recurrence_id == recurrence_id
    ]
