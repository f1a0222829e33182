"""Tasks of plans: written with the draft, frozen with the issue; progress is part of the reports units owe."""

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import ObligationState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents.drafting import locked_draft
from plan_api.documents.reading import readable
from plan_api.organizations import service as organizations
from plan_api.organizations.schemas import UnitRef
from plan_api.read import tasks as read
from plan_api.read.heirs import forebears
from plan_api.read.standing import lock_standing
from plan_api.read.tasks import TaskRow
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.rules.tasks import span
from plan_api.tasks import repository
from plan_api.tasks.errors import NotATaskAbove, NotATaskOfThisReport, ReportSettled
from plan_api.tasks.schemas import (
    TaskIn,
    TaskList,
    TaskOut,
    TaskProgressIn,
    TaskProgressOut,
    TaskReported,
    TasksIn,
    TaskState,
    TaskUnitOut,
)

SHOWN = 100


async def put_tasks(act: Act, document_id: UUID, given: TasksIn) -> TaskList:
    """Let these tasks take the place of a draft's.

    Raises:
        NotFound, Forbidden, DocumentNotDraft, UnitUnknown: nothing changed.
        NotATaskAbove: one derives from what is no task of an issued parent.
    """
    await locked_draft(act, document_id, "tasks")
    above = await read.issued_tasks(act.connection, await read.parents_of(act.connection, document_id))
    leads = await organizations.known_units(act.connection, [task.lead for task in given.tasks if task.lead], "tasks")
    led = iter(leads)
    tasks: list[dict[str, Any]] = []
    units: list[dict[str, Any]] = []
    parents: list[dict[str, Any]] = []
    for position, task in enumerate(given.tasks):
        row = _row(act, document_id, position, task, next(led) if task.lead else None)
        coordinating = await _units(act, task.coordinating, f"tasks.{position}.coordinating")
        strange = next((each for each in task.derives_from if each not in above), None)
        if strange is not None:
            raise NotATaskAbove(field=f"tasks.{position}.derives_from", task=strange)
        tasks.append(row)
        units += [{"task_id": row["id"], "unit_id": unit} for unit in coordinating if unit != row["lead_unit_id"]]
        parents += [{"task_id": row["id"], "parent_task_id": each} for each in dict.fromkeys(task.derives_from)]
    await repository.replace(act.connection, document_id, tasks, units, parents)
    act.record("put_tasks", "document", document_id, tasks=len(tasks))
    return await _listed(act.connection, document_id)


async def _units(act: Act, refs: list[UnitRef], field: str) -> list[UUID]:
    return list(dict.fromkeys(await organizations.known_units(act.connection, refs, field))) if refs else []


def _row(act: Act, document_id: UUID, position: int, task: TaskIn, lead: UUID | None) -> dict[str, Any]:
    from_on, until_on = span(task.frame)
    return {
        "id": new_id(),
        "document_id": document_id,
        "position": position,
        "number": task.number,
        "title": task.title,
        "lead_unit_id": lead,
        "frame": task.frame.model_dump(mode="json"),
        "from_on": from_on,
        "until_on": until_on,
        "expected_result": task.expected_result,
        "quantity": task.quantity,
        "measure": task.measure,
        "funding": [item.model_dump(mode="json") for item in task.funding] or None,
        "created_at": act.now,
    }


async def tasks(connection: AsyncConnection, caller: Caller, document_id: UUID) -> TaskList:
    """Return a document's tasks with their progress.

    Raises:
        NotFound: there is no such document, or the caller may not know of it.
    """
    await readable(connection, caller, document_id)
    return await _listed(connection, document_id)


async def _listed(connection: AsyncConnection, document_id: UUID) -> TaskList:
    found = await read.tasks_of(connection, [document_id])
    ids = [task.row.id for task in found]
    said = await read.last_words(connection, ids)
    derived = await read.derived(connection, ids)
    return TaskList(
        document_id=document_id,
        tasks=[_out(task, said.get(task.row.id, []), derived.get(task.row.id, (0, 0))) for task in found],
    )


def _out(task: TaskRow, said: list[Row[Any]], derived: tuple[int, int]) -> TaskOut:
    row = task.row
    amounts: list[Decimal] = [word.quantity for word in said if word.quantity is not None]
    return TaskOut(
        id=row.id,
        number=row.number,
        title=row.title,
        lead=TaskUnitOut(id=row.lead_unit_id, name=row.lead_name) if row.lead_unit_id else None,
        coordinating=[TaskUnitOut(id=unit_id, name=name) for unit_id, name in task.coordinating],
        frame=row.frame,
        from_on=row.from_on,
        until_on=row.until_on,
        expected_result=row.expected_result,
        quantity=row.quantity,
        measure=row.measure,
        funding=row.funding or [],
        derives_from=task.derives_from,
        states=dict(Counter(TaskState(word.state) for word in said)),
        reached=sum(amounts, Decimal(0)) if amounts else None,
        reports=[
            TaskReported(
                unit=TaskUnitOut(id=word.unit_id, name=word.unit_name),
                state=TaskState(word.state),
                quantity=word.quantity,
                note=word.note,
                reported_at=word.reported_at,
            )
            for word in said[:SHOWN]
        ],
        derived=derived[0],
        derived_done=derived[1],
    )


async def report_progress(act: Act, obligation_id: UUID, given: TaskProgressIn) -> TaskProgressOut:
    """Say how far a unit is with tasks, as part of a report it owes; said again, the last word counts.

    Raises:
        NotFound, Forbidden.
        ReportSettled: the report was accepted, waived or withdrawn.
        NotATaskOfThisReport: a task is neither the unit's share of the document's nor its own plan's.
    """
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    await require(act.connection, act.caller, Verb.HAND_IN, standing.unit_id)
    if not standing.in_force or standing.state not in {ObligationState.OPEN, ObligationState.SUBMITTED}:
        raise ReportSettled
    units = await forebears(act.connection, standing.unit_id)
    own = await read.reportable(act.connection, standing.document_id, units)
    last = {item.task: item for item in given.items}
    for number, item in enumerate(given.items):
        if item.task not in own:
            raise NotATaskOfThisReport(field=f"items.{number}.task", task=item.task)
    await repository.report(
        act.connection,
        [
            {
                "id": new_id(),
                "task_id": item.task,
                "unit_id": standing.unit_id,
                "obligation_id": obligation_id,
                "state": item.state,
                "quantity": item.quantity,
                "note": item.note,
                "account_id": act.caller.account_id,
                "seat_id": act.caller.seat_id,
                "reported_at": act.now,
            }
            for item in last.values()
        ],
    )
    act.record("report_tasks", "obligation", obligation_id, tasks=len(last))
    return TaskProgressOut(obligation_id=obligation_id, items=list(last.values()))
