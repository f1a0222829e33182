"""Absences: the holder of a seat is away for a span and somebody else answers meanwhile, then the holder again.

Nothing is copied: who answers is worked out for each day (`read/answering.py`), so a substitute who leaves, is away, or
is replaced is never written to, and the first day back everything is as before.
"""

from datetime import date
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row, insert, update

from plan_api.auth.service import require
from plan_api.organizations import repository
from plan_api.organizations.editing import locked_unit, touch
from plan_api.organizations.errors import AbsenceOver, AbsenceOverlaps, DateOrder, SeatVacant, SubstituteNotPossible
from plan_api.organizations.reading import absence_view
from plan_api.organizations.repository import ABSENCE
from plan_api.organizations.schemas import AbsenceEnd, AbsenceGiven, AbsenceList, AbsenceView
from plan_api.organizations.service import seat_cards
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date


async def declare(doing: Act, seat_id: UUID, given: AbsenceGiven) -> AbsenceList:
    """Record that the holder of a seat (an acting one first) is away; return what was recorded.

    Raises:
        NotFound, Forbidden: the seat, or that of the substitute, is not the caller's to change.
        SeatVacant: nobody holds the seat on the first day.
        DateOrder, AbsenceOverlaps, SubstituteNotPossible.
    """
    since = given.from_on or local_date(doing.now)
    if given.until_on is not None and given.until_on <= since:
        raise DateOrder(field="until_on", given=given.until_on.isoformat(), earliest=since.isoformat())
    await _permitted(doing, seat_id)
    holder = await _holding(doing, seat_id, since)
    if holder is None:
        raise SeatVacant
    people = await _same_person(doing, holder, since) if given.all_seats else [holder]
    if given.substitute_seat_id is not None:
        await _refuse_substitute(doing, given.substitute_seat_id, people, since)
    cards = await seat_cards(doing.connection, [row.seat_id for row in people])
    for row in people:
        unit_id = cards[row.seat_id].unit_id
        await require(doing.connection, doing.caller, Verb.DECLARE_ABSENCE, unit_id)
        await locked_unit(doing, unit_id)
        await _refuse_overlap(doing, row, cards[row.seat_id].title, since, given.until_on)
        await touch(doing, unit_id)
    recorded = [await _record(doing, row, given, since) for row in people]
    return AbsenceList(items=recorded)


async def _permitted(doing: Act, seat_id: UUID, field: str | None = None) -> str:
    """Return a seat's title."""
    card = (await seat_cards(doing.connection, [seat_id])).get(seat_id)
    if card is None:
        if field is not None:
            raise SubstituteNotPossible(field=field, seat=str(seat_id))
        raise NotFound(what="seat")
    await require(doing.connection, doing.caller, Verb.DECLARE_ABSENCE, card.unit_id)
    return card.title


async def _holding(doing: Act, seat_id: UUID, on: date) -> Row[Any] | None:
    return next(iter(await repository.holders_on(doing.connection, [seat_id], on)), None)


async def _same_person(doing: Act, holder: Row[Any], on: date) -> list[Row[Any]]:
    """Return a person's places: an office's letter box may be shared, so the name has to be the same as well."""
    decrypt = doing.services.cipher.decrypt
    name = (decrypt(holder.name_encrypted) or "").casefold()
    rows = await repository.holders_reached(doing.connection, holder, on)
    return [
        row for row in rows if row.id == holder.id or (name and name == (decrypt(row.name_encrypted) or "").casefold())
    ]


async def _refuse_substitute(doing: Act, seat_id: UUID, people: list[Row[Any]], on: date) -> None:
    title = await _permitted(doing, seat_id, "substitute_seat_id")
    holder = await _holding(doing, seat_id, on)
    if holder is None or holder.id in {row.id for row in people}:
        raise SubstituteNotPossible(field="substitute_seat_id", seat=title)


async def _refuse_overlap(doing: Act, holder: Row[Any], title: str, since: date, until: date | None) -> None:
    for other in await repository.absences(doing.connection, [holder.seat_id], since):
        if other.holder_id == holder.id and (until is None or other.from_on < until):
            raise AbsenceOverlaps(field="from_on", seat=title, from_on=other.from_on.isoformat())


async def _record(doing: Act, holder: Row[Any], given: AbsenceGiven, since: date) -> AbsenceView:
    row = {
        "id": new_id(),
        "holder_id": holder.id,
        "from_on": since,
        "until_on": given.until_on,
        "substitute_seat_id": given.substitute_seat_id,
        "reason": given.reason,
        "created_at": doing.now,
    }
    await doing.connection.execute(insert(ABSENCE).values(row))
    doing.record(
        "declare_absence", "seat", holder.seat_id, holder=holder.id, since=since, substitute=given.substitute_seat_id
    )
    return AbsenceView.model_validate(row | {"seat_id": holder.seat_id})


async def end(doing: Act, absence_id: UUID, given: AbsenceEnd) -> AbsenceView:
    """Set the first day back (default today); before the absence began this takes it back altogether.

    Raises:
        NotFound, Forbidden.
        AbsenceOver: it ended before.
    """
    row = await repository.absence(doing.connection, absence_id)
    if row is None:
        raise NotFound(what="absence")
    await _permitted(doing, row.seat_id)
    today = local_date(doing.now)
    if row.until_on is not None and row.until_on <= max(today, row.from_on):
        raise AbsenceOver(until_on=row.until_on.isoformat())
    until = max(given.until_on or today, row.from_on)
    await doing.connection.execute(update(ABSENCE).where(ABSENCE.c.id == absence_id).values(until_on=until))
    unit_id = (await seat_cards(doing.connection, [row.seat_id]))[row.seat_id].unit_id
    await touch(doing, unit_id)
    doing.record("end_absence", "seat", row.seat_id, holder=row.holder_id, until=until)
    return absence_view(row).model_copy(update={"until_on": until})


async def of_seat(doing: Act, seat_id: UUID) -> AbsenceList:
    """Return a seat's absences under way and to come.

    Raises:
        NotFound, Forbidden.
    """
    await _permitted(doing, seat_id)
    rows = await repository.absences(doing.connection, [seat_id], local_date(doing.now))
    return AbsenceList(items=[absence_view(row) for row in rows])
