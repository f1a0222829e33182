"""What other slices ask about units, lines, seats and holders.

Every function takes the caller's connection and so sees, and is part of, the caller's transaction. "Current" lines and
codes are those without an end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cascade_contracts.vocabulary import Channel, LineKind, SeatRole
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.organizations import repository
from plan_api.organizations.errors import UnitUnknown
from plan_api.organizations.kinds import UnitKind
from plan_api.organizations.schemas import UnitRef
from plan_api.services import Services

__all__ = [
    "HolderCard",
    "SeatCard",
    "UnitCard",
    "UnitRef",
    "current_superiors",
    "descendants",
    "ended",
    "exists",
    "holders_of_seats",
    "is_under",
    "known_units",
    "seat_cards",
    "seats_of_units",
    "select_below",
    "subtree",
    "unit_cards",
    "units_by_reference",
]


@dataclass(frozen=True, slots=True)
class UnitCard:
    """What a list says of a unit. `codes` are current (code system, code) pairs."""

    id: UUID
    name: str
    short_name: str | None
    kind: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SeatCard:
    """A seat with its unit."""

    id: UUID
    unit_id: UUID
    unit_name: str
    role: SeatRole
    position: int
    title: str


@dataclass(frozen=True, slots=True)
class HolderCard:
    """Who holds a seat, deciphered: personal data, to be shown to those who may see it only."""

    id: UUID
    seat_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    channels: tuple[Channel, ...]
    language: str
    acting: bool


async def exists(connection: AsyncConnection, unit_id: UUID) -> bool:
    """Return whether there is such a unit."""
    return bool(await repository.units(connection, [unit_id]))


async def current_superiors(
    connection: AsyncConnection, unit_ids: Iterable[UUID], line_kind: LineKind
) -> dict[UUID, UUID]:
    """Return the superior one step up on a line, by unit; units without one are absent."""
    return await repository.superiors(connection, unit_ids, line_kind)


async def is_under(connection: AsyncConnection, unit_id: UUID, superior_id: UUID) -> bool:
    """Return whether a unit stands below another on current lines of either kind, at any depth."""
    return await repository.is_under(connection, unit_id, superior_id)


async def descendants(connection: AsyncConnection, unit_id: UUID) -> set[UUID]:
    """Return the units below a unit on current lines of both kinds, without itself."""
    return await repository.descendants(connection, unit_id)


async def select_below(
    connection: AsyncConnection,
    unit_id: UUID,
    on: date,
    *,
    line: LineKind | None = None,
    kinds: Sequence[UnitKind] = (),
    direct: bool = False,
) -> list[UUID]:
    """Return the units below a unit as of a local date, in Vietnamese order, without itself.

    `line` keeps to lines of one kind all the way down, `kinds` to kinds of units, `direct` to the next step down.
    """
    return await repository.select_below(connection, unit_id, on, line=line, kinds=kinds, direct=direct)


async def ended(connection: AsyncConnection, unit_ids: Iterable[UUID], on: date) -> set[UUID]:
    """Return which of some units no longer exist on a local date."""
    rows = await repository.units(connection, set(unit_ids))
    return {row.id for row in rows if row.valid_to is not None and row.valid_to <= on}


async def subtree(connection: AsyncConnection, unit_id: UUID) -> set[UUID]:
    """Return a unit and every unit below it on current lines of both kinds."""
    return {unit_id, *await repository.descendants(connection, unit_id)}


async def unit_cards(connection: AsyncConnection, ids: Iterable[UUID]) -> dict[UUID, UnitCard]:
    """Return cards by id in two statements; unknown ids are absent."""
    wanted = set(ids)
    if not wanted:
        return {}
    codes = await repository.codes_of(connection, wanted)
    return {
        row.id: UnitCard(row.id, row.name, row.short_name, row.kind, tuple(codes.get(row.id, ())))
        for row in await repository.units(connection, wanted)
    }


async def units_by_reference(
    connection: AsyncConnection, refs: Sequence[UnitRef], *, ended: bool = False
) -> dict[UnitRef, UUID]:
    """Return the unit each reference names; references to no unit are absent. `ended`: a code may be a former one."""
    by_id = {ref.id for ref in refs if ref.id is not None}
    known = {row.id for row in await repository.units(connection, by_id)} if by_id else set()
    pairs = {ref.pair for ref in refs if ref.pair is not None}
    by_code = await repository.units_by_code(connection, [pair for pair in pairs if pair], ended=ended) if pairs else {}
    found: dict[UnitRef, UUID] = {}
    for ref in refs:
        unit_id = by_code.get(ref.pair) if ref.pair else ref.id
        if unit_id is not None and (ref.pair or unit_id in known):
            found[ref] = unit_id
    return found


async def known_units(
    connection: AsyncConnection, refs: Sequence[UnitRef], field: str, *, ended: bool = False
) -> list[UUID]:
    """Return the units that references name, in their order; `ended`: by a code that has ended who had it last.

    Raises:
        UnitUnknown: one names no unit; `field` says where the references stand in the body.
    """
    found = await units_by_reference(connection, refs, ended=ended)
    for number, ref in enumerate(refs):
        if ref not in found:
            raise UnitUnknown(field=field if len(refs) == 1 else f"{field}.{number}", unit=str(ref))
    return [found[ref] for ref in refs]


async def seat_cards(connection: AsyncConnection, seat_ids: Iterable[UUID]) -> dict[UUID, SeatCard]:
    """Return seats by id; unknown ids are absent."""
    return {
        row.id: SeatCard(row.id, row.unit_id, row.unit_name, SeatRole(row.role), row.position, row.title)
        for row in await repository.seats(connection, set(seat_ids))
    }


async def seats_of_units(connection: AsyncConnection, unit_ids: Iterable[UUID], role: SeatRole) -> dict[UUID, UUID]:
    """Return the first seat of a role by unit; units without one are absent."""
    found: dict[UUID, UUID] = {}
    for row in await repository.seats_of(connection, set(unit_ids)):
        if row.role == role:
            found.setdefault(row.unit_id, row.id)
    return found


async def holders_of_seats(
    connection: AsyncConnection, services: Services, seat_ids: Iterable[UUID], on: date
) -> dict[UUID, list[HolderCard]]:
    """Return who holds each seat on a local date, an acting holder first; vacant seats are absent."""
    cards: dict[UUID, list[HolderCard]] = {}
    for row in await repository.holders_on(connection, set(seat_ids), on):
        cards.setdefault(row.seat_id, []).append(
            HolderCard(
                row.id,
                row.seat_id,
                services.cipher.decrypt(row.name_encrypted),
                services.cipher.decrypt(row.email_encrypted),
                services.cipher.decrypt(row.phone_encrypted),
                tuple(Channel(channel) for channel in row.channels),
                row.language,
                row.acting,
            )
        )
    return cards
