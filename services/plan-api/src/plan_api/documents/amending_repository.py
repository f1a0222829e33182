"""SQL of amendments and adoptions: who is bound and let go of."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import AssignmentMode, LineKind
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents.repository import ASSIGNMENT, DOCUMENT
from plan_api.read.tables import among


async def bind_unit(
    connection: AsyncConnection,
    document_id: UUID,
    unit_id: UUID,
    mode: AssignmentMode,
    line: LineKind | None,
    superior_unit_id: UUID | None,
) -> None:
    """Bind a unit, for the first time or again."""
    bound = {"mode": mode, "line_kind": line, "superior_unit_id": superior_unit_id, "released_at": None}
    statement = upsert(ASSIGNMENT).values(id=new_id(), document_id=document_id, unit_id=unit_id, **bound)
    columns = [ASSIGNMENT.c.document_id, ASSIGNMENT.c.unit_id]
    await connection.execute(statement.on_conflict_do_update(index_elements=columns, set_=bound))


async def release_units(
    connection: AsyncConnection, document_id: UUID, unit_ids: Collection[UUID], now: datetime
) -> None:
    """Let units go."""
    released = (ASSIGNMENT.c.document_id == document_id) & among(ASSIGNMENT.c.unit_id, unit_ids)
    await connection.execute(update(ASSIGNMENT).where(released).values(released_at=now))


async def by_identity(
    connection: AsyncConnection, issuer_id: UUID, number_key: str, notation_key: str, year: int
) -> Row[Any] | None:
    """Return the document of an issuer, number, notation and year, locked."""
    d = DOCUMENT.c
    identity = (
        d.issuer_unit_id == issuer_id,
        d.number_key == number_key,
        d.notation_key == notation_key,
        d.year == year,
    )
    return (await connection.execute(select(DOCUMENT).where(*identity).with_for_update(key_share=True))).one_or_none()
