"""Who answers for a seat on a day: its holder or, while that one is absent, whoever answers for the substitute's seat.

An acting holder comes before the one acted for. A chain of absences is followed to somebody who is there; where it
ends with nobody, the absent holder still answers, for a word to somebody is better than a word to nobody.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import ABSENCE, HOLDER, SEAT, UNIT, among, holding


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers for a seat. `holder` is the person's row; `stands_in`: by an absence; `absent`: away, and no help."""

    holder: Row[Any]
    stands_in: bool = False
    absent: bool = False

    @property
    def holder_id(self) -> UUID:
        """The person's id as a holder, of this seat or of the substitute's."""
        holder_id: UUID = self.holder.id
        return holder_id


def away(on: date) -> Any:
    """Return whether an absence covers a local date."""
    return and_(ABSENCE.c.from_on <= on, or_(ABSENCE.c.until_on.is_(None), ABSENCE.c.until_on > on))


async def absent_holders(connection: AsyncConnection, holder_ids: Collection[UUID], on: date) -> set[UUID]:
    """Return which of some holders are away on a day."""
    if not holder_ids:
        return set()
    query = select(ABSENCE.c.holder_id).where(among(ABSENCE.c.holder_id, holder_ids), away(on))
    return {row[0] for row in await connection.execute(query)}


async def answerers(connection: AsyncConnection, seat_ids: Collection[UUID], on: date) -> dict[UUID, Answerer]:
    """Return who answers for each seat on a day; vacant seats are absent."""
    sitting: dict[UUID, list[Row[Any]]] = {}
    wanted = set(seat_ids)
    while wanted:
        found = await _sitting(connection, wanted, on)
        sitting |= {seat_id: found.get(seat_id, []) for seat_id in wanted}
        substitutes = {row.substitute_seat_id for rows in found.values() for row in rows}
        wanted = {seat_id for seat_id in substitutes if seat_id is not None} - sitting.keys()
    answers = {seat_id: _answerer(seat_id, sitting) for seat_id in set(seat_ids)}
    return {seat_id: answer for seat_id, answer in answers.items() if answer is not None}


async def in_person(connection: AsyncConnection, holder_ids: Collection[UUID], on: date) -> dict[UUID, Answerer]:
    """Return those of some persons who are there for their seat on a day, or held it until its unit ended."""
    there = holding(on) & ~select(ABSENCE.c.id).where(ABSENCE.c.holder_id == HOLDER.c.id, away(on)).exists()
    query = (
        select(HOLDER)
        .join(SEAT, SEAT.c.id == HOLDER.c.seat_id)
        .join(UNIT, UNIT.c.id == SEAT.c.unit_id)
        .where(among(HOLDER.c.id, holder_ids), there | (HOLDER.c.valid_to == UNIT.c.valid_to))
    )
    return {row.id: Answerer(row) for row in await connection.execute(query)}


async def _sitting(connection: AsyncConnection, seat_ids: Collection[UUID], on: date) -> dict[UUID, list[Row[Any]]]:
    """Return who holds seats on a day, an acting holder first, each with the absence that covers it."""
    query = (
        select(HOLDER, ABSENCE.c.id.label("absence_id"), ABSENCE.c.substitute_seat_id)
        .outerjoin(ABSENCE, (ABSENCE.c.holder_id == HOLDER.c.id) & away(on))
        .where(among(HOLDER.c.seat_id, seat_ids), holding(on))
        .order_by(HOLDER.c.seat_id, HOLDER.c.acting.desc(), HOLDER.c.created_at.desc(), HOLDER.c.id)
    )
    found: dict[UUID, list[Row[Any]]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.seat_id, []).append(row)
    return found


def _present(seat_id: UUID, sitting: dict[UUID, list[Row[Any]]], asked: frozenset[UUID]) -> Row[Any] | None:
    """Return who is there for a seat, through substitutes; None: everybody on the way is away."""
    rows = sitting.get(seat_id, [])
    there = next((row for row in rows if row.absence_id is None), None)
    if there is not None:
        return there
    for row in rows:
        other: UUID | None = row.substitute_seat_id
        if other is not None and other not in asked:
            found = _present(other, sitting, asked | {other})
            if found is not None:
                return found
    return None


def _answerer(seat_id: UUID, sitting: dict[UUID, list[Row[Any]]]) -> Answerer | None:
    rows = sitting.get(seat_id, [])
    if not rows:
        return None
    found = _present(seat_id, sitting, frozenset({seat_id}))
    if found is None:
        return Answerer(rows[0], absent=True)
    return Answerer(found, stands_in=found.seat_id != seat_id)


Decrypt = Callable[[bytes | None], str | None]


async def may_answer(connection: AsyncConnection, decrypt: Decrypt, holder_id: UUID, seat_id: UUID, on: date) -> bool:
    """Return whether a person answers for a seat on a day: holds it still, or stands in for an absent holder.

    Who sits there with an address and the name of the one asked about is the same person, corrected since. An office's
    letter box or telephone may be shared, so without the name every address of the one asked about has to be theirs.
    """
    query = select(HOLDER).where(HOLDER.c.id == holder_id)
    asked = (await connection.execute(query)).one_or_none()
    if asked is None:
        return False
    sitting = (await _sitting(connection, [seat_id], on)).get(seat_id, [])
    if asked.seat_id == seat_id:
        return any(row.id == holder_id or _same_person(row, asked, decrypt) for row in sitting)
    answer = (await answerers(connection, [seat_id], on)).get(seat_id)
    return answer is not None and answer.holder_id == holder_id


def _same_person(one: Row[Any], asked: Row[Any], decrypt: Decrypt) -> bool:
    pairs = ((one.email_index, asked.email_index), (one.phone_index, asked.phone_index))
    shared = [mine == theirs for mine, theirs in pairs if theirs is not None]
    if not any(shared):
        return False
    name = (decrypt(asked.name_encrypted) or "").casefold()
    return all(shared) or bool(name and name == (decrypt(one.name_encrypted) or "").casefold())
