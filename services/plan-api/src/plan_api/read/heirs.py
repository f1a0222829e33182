"""Who speaks by now for a unit that has ended: its successor, along any chain of reorganisations."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import chain
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import SUCCESSION, UNIT, among


async def heirs_of(connection: AsyncConnection, unit_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return who speaks for units by now: themselves or, once ended, the first successor, along any chain."""
    speaks = {unit_id: unit_id for unit_id in unit_ids}
    while True:
        query = (
            select(SUCCESSION.c.predecessor_id, SUCCESSION.c.successor_id)
            .join(UNIT, UNIT.c.id == SUCCESSION.c.predecessor_id)
            .where(among(SUCCESSION.c.predecessor_id, set(speaks.values())), UNIT.c.valid_to.is_not(None))
            .ext(distinct_on(SUCCESSION.c.predecessor_id))
            .order_by(SUCCESSION.c.predecessor_id, SUCCESSION.c.id)
        )
        heirs = {row[0]: row[1] for row in await connection.execute(query)}
        if not heirs:
            return speaks
        speaks = {unit_id: heirs.get(speaker, speaker) for unit_id, speaker in speaks.items()}


async def heir_of(connection: AsyncConnection, unit_id: UUID) -> UUID:
    """Return who speaks for one unit by now."""
    return (await heirs_of(connection, [unit_id]))[unit_id]


async def all_heirs_of(connection: AsyncConnection, unit_ids: Collection[UUID], on: date) -> dict[UUID, list[UUID]]:
    """Return who goes on for units on a day: themselves or, once ended, all successors, along any chain (or nobody)."""
    going_on = {unit_id: [unit_id] for unit_id in unit_ids}
    while True:
        query = (
            select(UNIT.c.id, SUCCESSION.c.successor_id)
            .outerjoin(SUCCESSION, SUCCESSION.c.predecessor_id == UNIT.c.id)
            .where(among(UNIT.c.id, set(chain.from_iterable(going_on.values()))), UNIT.c.valid_to <= on)
            .order_by(SUCCESSION.c.id)
        )
        ended: dict[UUID, list[UUID]] = {}
        for unit_id, heir in await connection.execute(query):
            ended.setdefault(unit_id, []).extend([heir] if heir else [])
        if not ended:
            return going_on
        going_on = {
            unit_id: list(dict.fromkeys(chain.from_iterable(ended.get(each, [each]) for each in those)))
            for unit_id, those in going_on.items()
        }


async def forebears(connection: AsyncConnection, unit_id: UUID) -> set[UUID]:
    """Return a unit and the ended ones it took over from, along any chain."""
    return await forebears_of(connection, {unit_id})


async def forebears_of(connection: AsyncConnection, unit_ids: set[UUID]) -> set[UUID]:
    """Return units and the ended ones they took over from, along any chain."""
    found, asked = set(unit_ids), set(unit_ids)
    while asked:
        query = (
            select(SUCCESSION.c.predecessor_id)
            .join(UNIT, UNIT.c.id == SUCCESSION.c.predecessor_id)
            .where(among(SUCCESSION.c.successor_id, asked), UNIT.c.valid_to.is_not(None))
        )
        asked = {row[0] for row in await connection.execute(query)} - found
        found |= asked
    return found


@dataclass(frozen=True, slots=True)
class Ended:
    """A unit that is no more: since when, and the names of those who go on in its place, along any chain."""

    name: str
    on: date
    successors: tuple[str, ...]


async def ended(connection: AsyncConnection, unit_id: UUID, today: date) -> Ended | None:
    """Return what became of a unit, or None while it goes on."""
    query = select(UNIT.c.name, UNIT.c.valid_to).where(UNIT.c.id == unit_id, UNIT.c.valid_to <= today)
    unit = (await connection.execute(query)).one_or_none()
    if unit is None:
        return None
    going_on: dict[UUID, str] = {}
    seen, asked = {unit_id}, {unit_id}
    while asked:
        heirs = (
            select(UNIT.c.id, UNIT.c.name, UNIT.c.valid_to)
            .join(SUCCESSION, SUCCESSION.c.successor_id == UNIT.c.id)
            .where(among(SUCCESSION.c.predecessor_id, asked))
            .order_by(SUCCESSION.c.id)
        )
        rows = [row for row in await connection.execute(heirs) if row.id not in seen]
        going_on |= {row.id: row.name for row in rows if row.valid_to is None or row.valid_to > today}
        seen |= {row.id for row in rows}
        asked = {row.id for row in rows} - going_on.keys()
    return Ended(unit.name, unit.valid_to, tuple(going_on.values()))
