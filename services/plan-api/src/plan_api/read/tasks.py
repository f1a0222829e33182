"""Tasks of documents with what units reported about them, tasks above a plan, and tasks a unit may report on."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState
from sqlalchemy import Row, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import (
    DOCUMENT,
    DOCUMENT_PARENT,
    SUBMISSION,
    TASK,
    TASK_PARENT,
    TASK_REPORT,
    TASK_UNIT,
    UNIT,
    among,
)


@dataclass(slots=True)
class TaskRow:
    """A task (a row of `task`) with its units and the tasks it derives from."""

    row: Row[Any]
    coordinating: list[tuple[UUID, str]] = field(default_factory=list)
    derives_from: list[UUID] = field(default_factory=list)


async def tasks_of(connection: AsyncConnection, document_ids: Collection[UUID]) -> list[TaskRow]:
    """Return the tasks of documents, by document and position."""
    query = (
        select(TASK, UNIT.c.name.label("lead_name"), DOCUMENT.c.title.label("document_title"))
        .join(DOCUMENT, DOCUMENT.c.id == TASK.c.document_id)
        .outerjoin(UNIT, UNIT.c.id == TASK.c.lead_unit_id)
        .where(among(TASK.c.document_id, document_ids))
        .order_by(TASK.c.document_id, TASK.c.position)
    )
    found = {row.id: TaskRow(row) for row in await connection.execute(query)}
    units = (
        select(TASK_UNIT.c.task_id, UNIT.c.id, UNIT.c.name)
        .join(UNIT, UNIT.c.id == TASK_UNIT.c.unit_id)
        .where(among(TASK_UNIT.c.task_id, found))
        .order_by(UNIT.c.name_sort)
    )
    for task_id, unit_id, name in await connection.execute(units):
        found[task_id].coordinating.append((unit_id, name))
    parents = select(TASK_PARENT).where(among(TASK_PARENT.c.task_id, found)).order_by(TASK_PARENT.c.parent_task_id)
    for task_id, parent_id in await connection.execute(parents):
        found[task_id].derives_from.append(parent_id)
    return list(found.values())


async def parents_of(connection: AsyncConnection, document_id: UUID) -> list[UUID]:
    """Return the documents a document implements, in their order."""
    query = (
        select(DOCUMENT_PARENT.c.parent_id)
        .where(DOCUMENT_PARENT.c.document_id == document_id)
        .order_by(DOCUMENT_PARENT.c.position)
    )
    return [row[0] for row in await connection.execute(query)]


async def issued_tasks(connection: AsyncConnection, document_ids: Collection[UUID]) -> set[UUID]:
    """Return the ids of the tasks of those of some documents that are issued."""
    query = (
        select(TASK.c.id)
        .join(DOCUMENT, DOCUMENT.c.id == TASK.c.document_id)
        .where(among(TASK.c.document_id, document_ids), DOCUMENT.c.state == DocumentState.ISSUED)
    )
    return {row[0] for row in await connection.execute(query)}


async def last_words(connection: AsyncConnection, task_ids: Collection[UUID]) -> dict[UUID, list[Row[Any]]]:
    """Return what each unit last reported about tasks, by task, units in Vietnamese order."""
    newest = (
        select(TASK_REPORT, UNIT.c.name.label("unit_name"), UNIT.c.name_sort)
        .join(UNIT, UNIT.c.id == TASK_REPORT.c.unit_id)
        .where(among(TASK_REPORT.c.task_id, task_ids))
        .ext(distinct_on(TASK_REPORT.c.task_id, TASK_REPORT.c.unit_id))
        .order_by(
            TASK_REPORT.c.task_id, TASK_REPORT.c.unit_id, TASK_REPORT.c.reported_at.desc(), TASK_REPORT.c.id.desc()
        )
        .subquery()
    )
    found: dict[UUID, list[Row[Any]]] = {}
    for row in await connection.execute(select(newest).order_by(newest.c.name_sort, newest.c.unit_id)):
        found.setdefault(row.task_id, []).append(row)
    return found


async def derived(connection: AsyncConnection, task_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """Return how many tasks of issued plans derive from tasks, at any depth, and how many of these are done.

    One is done when the last word of its lead (of any unit, where every assignee leads) says so.
    """
    tree = (
        select(TASK_PARENT.c.parent_task_id.label("top"), TASK_PARENT.c.task_id)
        .where(among(TASK_PARENT.c.parent_task_id, task_ids))
        .cte("derived", recursive=True)
    )
    tree = tree.union(
        select(tree.c.top, TASK_PARENT.c.task_id).join(TASK_PARENT, TASK_PARENT.c.parent_task_id == tree.c.task_id)
    )
    said = TASK_REPORT.alias("said")
    last = (
        select(said.c.state)
        .where(said.c.task_id == TASK.c.id, or_(TASK.c.lead_unit_id.is_(None), said.c.unit_id == TASK.c.lead_unit_id))
        .order_by(said.c.reported_at.desc(), said.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(tree.c.top, func.count(), func.count().filter(last == "done"))
        .join(TASK, TASK.c.id == tree.c.task_id)
        .join(DOCUMENT, DOCUMENT.c.id == TASK.c.document_id)
        .where(DOCUMENT.c.state == DocumentState.ISSUED)
        .group_by(tree.c.top)
    )
    return {row[0]: (row[1], row[2]) for row in await connection.execute(query)}


async def reportable(connection: AsyncConnection, document_id: UUID, units: Collection[UUID]) -> set[UUID]:
    """Return the tasks a unit (given with whom it took over from) may report on under a document.

    They are its share of the document's, and those of its own plans.
    """
    coordinates = select(TASK_UNIT.c.task_id).where(TASK_UNIT.c.task_id == TASK.c.id, among(TASK_UNIT.c.unit_id, units))
    implements = select(DOCUMENT_PARENT.c.document_id).where(
        DOCUMENT_PARENT.c.document_id == TASK.c.document_id, DOCUMENT_PARENT.c.parent_id == document_id
    )
    query = (
        select(TASK.c.id)
        .join(DOCUMENT, DOCUMENT.c.id == TASK.c.document_id)
        .where(
            DOCUMENT.c.state == DocumentState.ISSUED,
            or_(
                (TASK.c.document_id == document_id)
                & or_(TASK.c.lead_unit_id.is_(None), among(TASK.c.lead_unit_id, units), coordinates.exists()),
                among(DOCUMENT.c.issuer_unit_id, units) & implements.exists(),
            ),
        )
    )
    return {row[0] for row in await connection.execute(query)}


async def plan_of(connection: AsyncConnection, submission_id: UUID) -> tuple[UUID, UUID] | None:
    """Return the issued plan a submission consists of and its issuer, or None."""
    query = (
        select(DOCUMENT.c.id, DOCUMENT.c.issuer_unit_id)
        .join(SUBMISSION, SUBMISSION.c.document_id == DOCUMENT.c.id)
        .where(SUBMISSION.c.id == submission_id)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])
