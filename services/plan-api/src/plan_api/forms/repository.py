"""SQL of report forms."""

from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.forms.models import ReportForm

FORM: Table = ReportForm.__table__  # type: ignore[attr-defined]


async def keep(connection: AsyncConnection, row: dict[str, Any]) -> UUID:
    """Insert a form; return the id of the one with this SHA-256."""
    await connection.execute(upsert(FORM).values(row).on_conflict_do_nothing(index_elements=[FORM.c.sha256]))
    found: UUID = (await connection.execute(select(FORM.c.id).where(FORM.c.sha256 == row["sha256"]))).scalar_one()
    return found


async def definition(connection: AsyncConnection, form_id: UUID) -> dict[str, Any]:
    """Return a form as frozen."""
    found: dict[str, Any] = (
        await connection.execute(select(FORM.c.definition).where(FORM.c.id == form_id))
    ).scalar_one()
    return found
