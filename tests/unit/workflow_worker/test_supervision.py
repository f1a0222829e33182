"""The supervision follows its agenda: it loses no change, does what is due in its order, and bounds its history."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.ids import new_id
from cascade_contracts.supervision import (
    AGENDA_CHANGED,
    CASCADE_QUEUE,
    CLOSE_ROUND,
    CONSOLIDATE,
    LOAD_AGENDA,
    RECORDS_QUEUE,
    SUPERVISION_WORKFLOW,
    TAKE_STEP,
    Agenda,
    AgendaEntry,
    AgendaRequest,
    Done,
    EntryKind,
    RoundOrder,
    StepOrder,
    SupervisionOrder,
    supervision_id,
)
from harness.clock import eventually
from harness.engine import Engine
from temporalio import activity
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from workflow_worker.worker import build_worker
from workflow_worker.workflows import WORKFLOWS, supervision

FINISHED = Agenda(finished=True)
WAITING = Agenda()
HOUR = timedelta(hours=1)


def entry(kind: EntryKind = EntryKind.STEP, *, after: timedelta = -HOUR) -> AgendaEntry:
    """Return something to do, an hour ago unless said otherwise."""
    step = kind is EntryKind.STEP
    return AgendaEntry(
        kind=kind,
        at=datetime.now(UTC) + after,
        round_id=new_id(),
        ladder_id=new_id() if step else None,
        step_id=new_id() if step else None,
    )


@dataclass(slots=True)
class Records:
    """An owner of facts that answers each question with the next agenda of a script; the last one stays."""

    script: list[Agenda]
    calls: list[str] = field(default_factory=list)
    orders: list[StepOrder | RoundOrder] = field(default_factory=list)
    while_loading: Callable[[], Awaitable[None]] | None = None

    def next(self, call: str) -> Agenda:
        """Note the call and return the next agenda."""
        self.calls.append(call)
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    @activity.defn(name=LOAD_AGENDA)
    async def load_agenda(self, request: AgendaRequest) -> Agenda:
        """Answer, letting something happen meanwhile once."""
        del request
        agenda, meanwhile, self.while_loading = self.next(LOAD_AGENDA), self.while_loading, None
        if meanwhile is not None:
            await meanwhile()
        return agenda

    @activity.defn(name=TAKE_STEP)
    async def take_step(self, order: StepOrder) -> Done:
        """Note the order."""
        self.orders.append(order)
        return Done(agenda=self.next(TAKE_STEP))

    @activity.defn(name=CLOSE_ROUND)
    async def close_round(self, order: RoundOrder) -> Done:
        """Note the order."""
        self.orders.append(order)
        return Done(agenda=self.next(CLOSE_ROUND))

    @activity.defn(name=CONSOLIDATE)
    async def consolidate(self, order: RoundOrder) -> Done:
        """Note the order."""
        self.orders.append(order)
        return Done(agenda=self.next(CONSOLIDATE))


@asynccontextmanager
async def working(engine: Engine, records: Records, workflows: Worker | None = None) -> AsyncIterator[None]:
    """Run workflows and the scripted facts; nothing is left open behind."""
    hosted: list[Callable[..., Any]] = [
        records.load_agenda,
        records.take_step,
        records.close_round,
        records.consolidate,
    ]
    async with (
        workflows or build_worker(engine.client),
        Worker(engine.client, task_queue=RECORDS_QUEUE, activities=hosted),
    ):
        try:
            yield
        finally:
            await engine.clear()


async def signal(engine: Engine, document: UUID) -> WorkflowHandle[Any, Any]:
    """Signal with start, as the relay does."""
    return await engine.client.start_workflow(
        SUPERVISION_WORKFLOW,
        SupervisionOrder(document_id=document),
        id=supervision_id(document),
        task_queue=CASCADE_QUEUE,
        start_signal=AGENDA_CHANGED,
    )


async def called(records: Records, count: int) -> bool:
    """Wait until so many calls came."""

    async def look() -> bool:
        return len(records.calls) >= count

    return await eventually(look)


async def test_it_ends_when_nothing_will_come_of_itself(engine: Engine) -> None:
    records = Records([FINISHED])
    async with working(engine, records):
        await (await signal(engine, new_id())).result()

    assert records.calls == [LOAD_AGENDA]


async def test_a_change_while_the_agenda_is_read_is_not_lost(engine: Engine) -> None:
    document, records = new_id(), Records([WAITING, FINISHED])

    async def meanwhile() -> None:
        await signal(engine, document)

    records.while_loading = meanwhile
    async with working(engine, records):
        await (await signal(engine, document)).result()

    assert records.calls == [LOAD_AGENDA, LOAD_AGENDA]


async def test_any_number_of_signals_is_one(engine: Engine) -> None:
    document, records = new_id(), Records([FINISHED])
    handles = [await signal(engine, document) for _ in range(5)]
    async with working(engine, records):
        await handles[-1].result()

    assert records.calls == [LOAD_AGENDA]


async def test_without_entries_it_waits_for_a_change(engine: Engine) -> None:
    document, records = new_id(), Records([WAITING, FINISHED])
    async with working(engine, records):
        handle = await signal(engine, document)
        assert await called(records, 1)
        await eventually(engine.at_rest)
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        history = [event async for event in handle.fetch_history_events()]
        assert not [event for event in history if event.HasField("timer_started_event_attributes")]

        await signal(engine, document)
        await handle.result()


async def test_what_is_due_is_done_one_after_the_other(engine: Engine) -> None:
    step, cut_off, draft = entry(), entry(EntryKind.CUT_OFF), entry(EntryKind.CONSOLIDATION)
    left = [(step, cut_off, draft), (cut_off, draft), (draft,)]
    records = Records([*(Agenda(entries=entries) for entries in left), FINISHED])
    async with working(engine, records):
        await (await signal(engine, new_id())).result()

    assert records.calls == [LOAD_AGENDA, TAKE_STEP, CLOSE_ROUND, CONSOLIDATE]
    first, second, third = records.orders
    assert isinstance(first, StepOrder)
    assert (first.ladder_id, first.step_id) == (step.ladder_id, step.step_id)
    assert isinstance(second, RoundOrder)
    assert isinstance(third, RoundOrder)
    assert (second.round_id, third.round_id) == (cut_off.round_id, draft.round_id)


async def test_what_is_overdue_is_done_as_of_now(engine: Engine) -> None:
    late, begun = entry(after=-24 * HOUR), datetime.now(UTC) - timedelta(seconds=1)
    records = Records([Agenda(entries=(late,)), FINISHED])
    async with working(engine, records):
        await (await signal(engine, new_id())).result()

    assert begun <= records.orders[0].as_of <= datetime.now(UTC)


async def test_nothing_is_done_before_its_instant(engine: Engine) -> None:
    soon = entry(after=timedelta(seconds=1))
    records = Records([Agenda(entries=(soon,)), FINISHED])
    async with working(engine, records):
        await (await signal(engine, new_id())).result()

    assert records.orders[0].as_of >= soon.at


async def test_a_signal_interrupts_the_wait(engine: Engine) -> None:
    document, records = new_id(), Records([Agenda(entries=(entry(after=24 * HOUR),)), FINISHED])
    async with working(engine, records):
        handle = await signal(engine, document)
        assert await called(records, 1)
        await signal(engine, document)
        await asyncio.wait_for(handle.result(), 20)

    assert records.calls == [LOAD_AGENDA, LOAD_AGENDA]


async def test_a_long_life_continues_as_new(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "HISTORY_LIMIT", 20)
    steps = [Agenda(entries=(entry(),)) for _ in range(12)]
    records = Records([*steps, FINISHED])
    outside = Worker(
        engine.client, task_queue=CASCADE_QUEUE, workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner()
    )
    async with working(engine, records, outside):
        handle = await signal(engine, new_id())
        await handle.result()
        last = await engine.describe(handle.id)

    assert last.run_id != handle.first_execution_run_id
    assert last.history_length <= 40
    assert records.calls.count(LOAD_AGENDA) > 1, "a new run reads the agenda afresh"
    assert records.script == [FINISHED]
