"""Whom a document binds today: its assignments without units that have ended, each with who is one step up by now."""

from datetime import date
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, LineKind
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import repository
from plan_api.obligations.opening import Assigned
from plan_api.organizations import service as organizations


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
