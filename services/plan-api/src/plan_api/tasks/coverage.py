"""Whether a plan covers the tasks its parents give its issuer: told at any time, asked before a plan is accepted."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents.reading import readable
from plan_api.read import tasks as read
from plan_api.read.heirs import forebears
from plan_api.read.tasks import TaskRow
from plan_api.requests import Act, Caller
from plan_api.rules.tasks import Above, Below, gaps
from plan_api.tasks.errors import TasksUncovered
from plan_api.tasks.schemas import Coverage, GapOut

NAMED = 5


async def coverage(connection: AsyncConnection, caller: Caller, document_id: UUID) -> Coverage:
    """Return what a plan (or a draft of one) leaves uncovered of its parents' tasks.

    Raises:
        NotFound: there is no such document, or the caller may not know of it.
    """
    document = await readable(connection, caller, document_id)
    parents = await read.parents_of(connection, document_id)
    return await _covered(connection, document_id, document.issuer_unit_id, parents)


async def _covered(
    connection: AsyncConnection, document_id: UUID, issuer_id: UUID, parents: Collection[UUID]
) -> Coverage:
    mine = await forebears(connection, issuer_id)
    above = [task for task in await read.tasks_of(connection, parents) if _concerns(task, mine)]
    below = await read.tasks_of(connection, [document_id])
    by_id = {task.row.id: task.row for task in above}
    found = gaps([_above(task, mine) for task in above], [_below(task) for task in below])
    return Coverage(
        document_id=document_id,
        tasks_above=len(above),
        complete=not any(gap.required for gap in found),
        gaps=[
            GapOut(
                document_id=by_id[gap.key].document_id,
                document_title=by_id[gap.key].document_title,
                task_id=gap.key,
                number=by_id[gap.key].number,
                title=by_id[gap.key].title,
                kind=gap.kind,
                required=gap.required,
                short_by=gap.short_by,
                measure=by_id[gap.key].measure,
            )
            for gap in found
        ],
    )


def _concerns(task: TaskRow, units: set[UUID]) -> bool:
    lead = task.row.lead_unit_id
    return lead is None or lead in units or any(each in units for each, _ in task.coordinating)


def _above(task: TaskRow, units: set[UUID]) -> Above[UUID]:
    row = task.row
    leads = row.lead_unit_id is None or row.lead_unit_id in units
    return Above(row.id, leads, (row.from_on, row.until_on), row.quantity, row.measure, row.lead_unit_id is None)


def _below(task: TaskRow) -> Below[UUID]:
    row = task.row
    return Below(frozenset(task.derives_from), (row.from_on, row.until_on), row.quantity, row.measure)


async def require_covered(act: Act, document_id: UUID, submission_id: UUID, reason: str | None) -> None:
    """Refuse to accept a plan that leaves required tasks of a document uncovered, unless a reason declares the gaps.

    A plan handed in as a file, not issued here, has no tasks to compare and is not asked about. Whether the caller may
    decide is settled before: it decides about plans of units it does not stand above, too.

    Raises:
        TasksUncovered: names the first ones.
    """
    plan = await read.plan_of(act.connection, submission_id)
    if plan is not None:
        plan_id, issuer_id = plan
        await require_plan_covers(act, plan_id, issuer_id, document_id, reason, "task_gaps")


async def require_plan_covers(
    act: Act, plan_id: UUID, issuer_id: UUID, document_id: UUID, reason: str | None, field: str
) -> None:
    """Refuse a plan that leaves required tasks of a document uncovered, unless a reason (with `field`) declares them.

    Raises:
        TasksUncovered: names the first ones.
    """
    found = await _covered(act.connection, plan_id, issuer_id, [document_id])
    open_ = [gap for gap in found.gaps if gap.required]
    if not open_:
        return
    if reason is None:
        raise TasksUncovered(field=field, count=len(open_), tasks=_named(open_), confirm=field)
    act.record(
        "declare_task_gaps",
        "document",
        plan_id,
        parent=document_id,
        reason=reason,
        tasks=[gap.task_id for gap in open_],
    )


def _named(found: Sequence[GapOut]) -> str:
    names = "; ".join(f"{gap.number}. {gap.title}" if gap.number else gap.title for gap in found[:NAMED])
    return names + ("; …" if len(found) > NAMED else "")
