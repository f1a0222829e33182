"""SQL that writes tasks and what is reported about them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.tasks.models import Task, TaskParent, TaskReport, TaskUnit

TASK: Table = Task.__table__  # type: ignore[attr-defined]
TASK_UNIT: Table = TaskUnit.__table__  # type: ignore[attr-defined]
TASK_PARENT: Table = TaskParent.__table__  # type: ignore[attr-defined]
TASK_REPORT: Table = TaskReport.__table__  # type: ignore[attr-defined]


async def replace(
    connection: AsyncConnection,
    document_id: UUID,
    tasks: Sequence[dict[str, Any]],
    units: Sequence[dict[str, Any]],
    parents: Sequence[dict[str, Any]],
) -> None:
    """Let tasks, their coordinating units and what they derive from take the place of a draft's."""
    old = select(TASK.c.id).where(TASK.c.document_id == document_id)
    for table in (TASK_UNIT, TASK_PARENT):
        await connection.execute(delete(table).where(table.c.task_id.in_(old)))
    await connection.execute(delete(TASK).where(TASK.c.document_id == document_id))
    for table, rows in ((TASK, tasks), (TASK_UNIT, units), (TASK_PARENT, parents)):
        if rows:
            await connection.execute(insert(table), list(rows))


async def report(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what a report says about tasks; what it said before about the same ones is replaced."""
    statement = upsert(TASK_REPORT)
    said = ("state", "quantity", "note", "account_id", "seat_id", "reported_at")
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[TASK_REPORT.c.task_id, TASK_REPORT.c.obligation_id],
            set_={name: statement.excluded[name] for name in said},
        ),
        list(rows),
    )
