"""Who is told of a document without owing anything: recipients, and units bound for information; who has read it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode
from sqlalchemy import CompoundSelect, Row, String, exists, func, null, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import ASSIGNMENT, RECIPIENT, UNIT, among

_INFORMED = (ASSIGNMENT.c.mode == AssignmentMode.INFORMATION) & ASSIGNMENT.c.released_at.is_(None)


def tells(unit_ids: Collection[UUID]) -> CompoundSelect[tuple[UUID]]:
    """Return the ids of documents that tell one of some units."""
    recipient = select(RECIPIENT.c.document_id).where(among(RECIPIENT.c.unit_id, unit_ids))
    return recipient.union(select(ASSIGNMENT.c.document_id).where(among(ASSIGNMENT.c.unit_id, unit_ids), _INFORMED))


async def everybody(connection: AsyncConnection, document_id: UUID) -> list[Row[Any]]:
    """Return (unit_id, name, purpose, read_at) of all who are told; those bound for information have no purpose."""
    recipients = (
        select(RECIPIENT.c.unit_id, func.coalesce(UNIT.c.name, RECIPIENT.c.label).label("name"), RECIPIENT.c.purpose)
        .add_columns(RECIPIENT.c.read_at)
        .outerjoin(UNIT, UNIT.c.id == RECIPIENT.c.unit_id)
        .where(RECIPIENT.c.document_id == document_id)
    )
    named = exists().where(RECIPIENT.c.document_id == document_id, RECIPIENT.c.unit_id == ASSIGNMENT.c.unit_id)
    informed = (
        select(ASSIGNMENT.c.unit_id, UNIT.c.name, null().cast(String).label("purpose"), ASSIGNMENT.c.read_at)
        .join(UNIT, UNIT.c.id == ASSIGNMENT.c.unit_id)
        .where(ASSIGNMENT.c.document_id == document_id, _INFORMED, ~named)
    )
    return list(await connection.execute(recipients.union_all(informed)))


async def is_recipient(connection: AsyncConnection, document_id: UUID, unit_ids: Collection[UUID]) -> bool:
    """Return whether one of some units is a recipient of a document."""
    query = exists().where(RECIPIENT.c.document_id == document_id, among(RECIPIENT.c.unit_id, unit_ids))
    return bool((await connection.execute(select(query))).scalar_one())
