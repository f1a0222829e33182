"""Whom a document binds today: its assignments without units that have ended, each with who is one step up by now."""

from collections.abc import Sequence
from datetime import date
from itertools import chain
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, LineKind
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import repository
from plan_api.obligations.opening import Assigned
from plan_api.organizations import service as organizations
from plan_api.organizations.schemas import UnitRef
from plan_api.read.heirs import all_heirs_of


def asks(unit: Assigned) -> bool:
    """Return whether a unit is asked by every round that names nobody; who is only informed is not."""
    return unit.mode is not AssignmentMode.INFORMATION


async def bound_today(
    connection: AsyncConnection, document_id: UUID, issuer_id: UUID, on: date
) -> dict[UUID, Assigned]:
    """Return whom a document binds on a day, in the order of its issue; successors were bound when units ended."""
    rows = await repository.assignments(connection, document_id)
    ids = [row.unit_id for row in rows]
    ended = await organizations.ended(connection, ids, on)
    superiors = {kind: await organizations.current_superiors(connection, ids, kind) for kind in LineKind}
    bound = {}
    for row in rows:
        if row.unit_id in ended:
            continue
        above = superiors[LineKind(row.line_kind)].get(row.unit_id) if row.line_kind else None
        bound[row.unit_id] = Assigned(row.unit_id, AssignmentMode(row.mode), above or issuer_id)
    return bound


async def in_place_of(
    connection: AsyncConnection, refs: Sequence[UnitRef], field: str, on: date
) -> list[tuple[UUID, list[UUID]]]:
    """Return the unit each reference names, by a former code too, with who goes on for it: itself, or all successors.

    Raises:
        UnitUnknown: one names no unit there ever was.
    """
    named = await organizations.known_units(connection, refs, field, ended=True)
    heirs = await all_heirs_of(connection, named, on)
    return [(unit_id, heirs[unit_id]) for unit_id in named]


async def named_units(
    connection: AsyncConnection, refs: Sequence[UnitRef], field: str, on: date, *, heirs: bool
) -> list[tuple[UUID, list[UUID]]]:
    """Return the unit each reference names with whom it stands for: itself; with `heirs` as `in_place_of`.

    Raises:
        UnitUnknown: one names no unit.
    """
    if heirs:
        return await in_place_of(connection, refs, field, on)
    return [(unit_id, [unit_id]) for unit_id in await organizations.known_units(connection, refs, field)]


async def asked_now(connection: AsyncConnection, refs: Sequence[UnitRef], field: str, on: date) -> list[UUID]:
    """Return who goes on for the units that references name, each once.

    Raises:
        UnitUnknown: one names no unit there ever was.
    """
    return list(dict.fromkeys(chain.from_iterable(h for _, h in await in_place_of(connection, refs, field, on))))
