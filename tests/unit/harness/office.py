"""Facts in memory and the activities on them: enough of an office to let the real workflows run under the clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from cascade_contracts.delivery import (
    DELIVERY_QUEUE,
    DELIVERY_WORKFLOW,
    PAGES_QUEUE,
    SEND_PAGE,
    TAKE_OVER_BATCH,
    BatchTakenOver,
    DeliveryOrder,
    PageSent,
    delivery_id,
)
from cascade_contracts.ids import new_id
from cascade_contracts.supervision import (
    AGENDA_CHANGED,
    CASCADE_QUEUE,
    LOAD_AGENDA,
    RECORDS_QUEUE,
    SUPERVISION_WORKFLOW,
    TAKE_STEP,
    Agenda,
    AgendaEntry,
    AgendaRequest,
    Done,
    EntryKind,
    StepOrder,
    SupervisionOrder,
    supervision_id,
)
from harness.clock import Due, Outlook, ScenarioClock
from harness.engine import Engine
from temporalio import activity
from temporalio.worker import Worker
from workflow_worker.worker import build_worker


@dataclass(slots=True)
class Step:
    """A step of a document: due at `at`; when and as of what it was taken, and when its notice went out."""

    document_id: UUID
    at: datetime
    id: UUID = field(default_factory=new_id)
    round_id: UUID = field(default_factory=new_id)
    batch_id: UUID = field(default_factory=new_id)
    times_taken: int = 0
    taken_at: datetime | None = None
    as_of: datetime | None = None
    not_before: datetime | None = None
    sent_at: datetime | None = None


@dataclass(slots=True)
class Office:
    """Everything in memory; hosts the activities, relays like the outbox does."""

    engine: Engine
    clock: ScenarioClock
    quiet: timedelta = timedelta()
    steps: list[Step] = field(default_factory=list)
    outbox: list[UUID] = field(default_factory=list)
    broken: str | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, engine: Engine, *, at: datetime, quiet: timedelta = timedelta()) -> AsyncIterator[Self]:
        """Open at `at` with the real workflow worker."""
        clock = ScenarioClock(engine, at=at)
        office = cls(engine, clock, quiet)
        clock.facts = office
        async with (
            build_worker(engine.client),
            Worker(engine.client, task_queue=RECORDS_QUEUE, activities=[office.load_agenda, office.take_step]),
            Worker(engine.client, task_queue=DELIVERY_QUEUE, activities=[office.take_over_batch]),
            Worker(engine.client, task_queue=PAGES_QUEUE, activities=[office.send_page]),
        ):
            relay = asyncio.create_task(office.relay())
            yield office
            relay.cancel()

    def issue(self, *instants: datetime) -> UUID:
        """Record a document with a step at each instant; `relay` starts its supervision."""
        document = new_id()
        self.change(document, *instants)
        return document

    def change(self, document: UUID, *instants: datetime) -> None:
        """Add steps to a document's agenda."""
        self.steps += [Step(document, at) for at in instants]
        self.outbox.append(document)

    async def relay(self) -> None:
        """Send what waits in the outbox, for ever."""
        while True:
            if not self.outbox:
                await asyncio.sleep(0.005)
                continue
            subject = self.outbox[0]
            if any(step.batch_id == subject for step in self.steps):
                await self.engine.client.start_workflow(
                    DELIVERY_WORKFLOW,
                    DeliveryOrder(batch_id=subject),
                    id=delivery_id(subject),
                    task_queue=CASCADE_QUEUE,
                )
            else:
                await self.engine.client.start_workflow(
                    SUPERVISION_WORKFLOW,
                    SupervisionOrder(document_id=subject),
                    id=supervision_id(subject),
                    task_queue=CASCADE_QUEUE,
                    start_signal=AGENDA_CHANGED,
                )
            self.outbox.pop(0)

    async def outlook(self) -> Outlook:
        """Return untaken steps, unsent batches, and the length of the outbox."""
        untaken = [Due(step.at, supervision_id(step.document_id)) for step in self.steps if step.taken_at is None]
        held = [
            Due(step.not_before, delivery_id(step.batch_id))
            for step in self.steps
            if step.not_before is not None and step.sent_at is None
        ]
        return Outlook(untaken + held, len(self.outbox))

    def agenda(self, document: UUID) -> Agenda:
        """Return the agenda in engine instants."""
        untaken = sorted(
            (step for step in self.steps if step.document_id == document and step.taken_at is None),
            key=lambda step: step.at,
        )
        entries = tuple(
            AgendaEntry(
                kind=EntryKind.STEP,
                at=self.clock.to_engine(step.at),
                round_id=step.round_id,
                ladder_id=step.round_id,
                step_id=step.id,
            )
            for step in untaken
        )
        return Agenda(entries=entries[:20], finished=not entries)

    @activity.defn(name=LOAD_AGENDA)
    async def load_agenda(self, request: AgendaRequest) -> Agenda:
        """Answer with what comes next."""
        return self.agenda(request.document_id)

    @activity.defn(name=TAKE_STEP)
    async def take_step(self, order: StepOrder) -> Done:
        """Record the step and its batch."""
        if self.broken:
            raise RuntimeError(self.broken)
        step = next(step for step in self.steps if step.id == order.step_id)
        step.times_taken += 1
        step.taken_at = self.clock.now()
        step.as_of = self.clock.from_engine(order.as_of)
        step.not_before = step.taken_at + self.quiet
        self.outbox.append(step.batch_id)
        return Done(agenda=self.agenda(order.document_id), batch_id=step.batch_id, count=1)

    @activity.defn(name=TAKE_OVER_BATCH)
    async def take_over_batch(self, order: DeliveryOrder) -> BatchTakenOver:
        """Say when to send."""
        step = self.step_of(order)
        assert step.not_before is not None
        return BatchTakenOver(notices=1, not_before=self.clock.to_engine(step.not_before))

    @activity.defn(name=SEND_PAGE)
    async def send_page(self, order: DeliveryOrder) -> PageSent:
        """Send the one notice."""
        self.step_of(order).sent_at = self.clock.now()
        return PageSent(settled=1, remaining=0)

    def step_of(self, order: DeliveryOrder) -> Step:
        """Return the step whose batch is delivered."""
        return next(step for step in self.steps if step.batch_id == order.batch_id)
