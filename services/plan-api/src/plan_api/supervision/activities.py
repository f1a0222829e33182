"""The activities on facts: thin shells around the slices, each one transaction, safe to repeat.

Instants cross to and from the engine's time here and in the relay, nowhere else.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

from cascade_contracts.supervision import (
    CLOSE_ROUND,
    CONSOLIDATE,
    LOAD_AGENDA,
    OPEN_PERIODS,
    TAKE_STEP,
    Agenda,
    AgendaEntry,
    AgendaRequest,
    Done,
    OpeningOrder,
    RoundOrder,
    StepOrder,
)
from cascade_servicekit.problems import Refusal
from temporalio import activity

from plan_api.documents import recurring
from plan_api.escalation import steps
from plan_api.obligations import consolidating
from plan_api.read.agenda import agenda
from plan_api.requests import act_of_itself
from plan_api.services import Services

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0


@contextlib.asynccontextmanager
async def _heartbeating() -> AsyncIterator[None]:
    """Heartbeat while the block runs, so that a dead worker is noticed within ten seconds."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class RecordsActivities:
    """Activities of the queue `records`, hosted by the owner of the facts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def all(self) -> Sequence[Callable[..., Any]]:
        """Return every activity, for the worker."""
        return [self.load_agenda, self.take_step, self.close_round, self.consolidate, self.open_periods]

    async def _agenda(self, document_id: UUID, refused: UUID | None = None) -> Agenda:
        clock = self._services.clock
        async with self._services.engine.connect() as connection:
            found = await agenda(connection, document_id, clock.now(), refused)
        entries = tuple(
            AgendaEntry(
                kind=entry.kind,
                at=clock.to_engine(entry.at),
                round_id=entry.round_id,
                ladder_id=entry.ladder_id,
                step_id=entry.step_id,
                recurrence_id=entry.recurrence_id,
            )
            for entry in found.entries
        )
        return Agenda(entries=entries, finished=found.finished)

    @activity.defn(name=LOAD_AGENDA)
    async def load_agenda(self, request: AgendaRequest) -> Agenda:
        """Return what a document's supervision has before it."""
        return await self._agenda(request.document_id)

    @activity.defn(name=TAKE_STEP)
    async def take_step(self, order: StepOrder) -> Done:
        """Take one step; idempotent by (ladder, step)."""
        async with _heartbeating():
            as_of = self._services.clock.from_engine(order.as_of)
            async with self._services.engine.begin() as connection:
                taken = await steps.take_step(
                    connection, self._services, order.document_id, order.ladder_id, order.step_id, as_of
                )
            return Done(agenda=await self._agenda(order.document_id), batch_id=taken.batch_id, count=taken.notices)

    @activity.defn(name=CLOSE_ROUND)
    async def close_round(self, order: RoundOrder) -> Done:
        """Close a round at its cut-off; idempotent by round."""
        async with self._services.engine.begin() as connection:
            closed = await steps.take_cut_off(connection, self._services, order.document_id, order.round_id)
        return Done(agenda=await self._agenda(order.document_id), count=int(closed))

    @activity.defn(name=CONSOLIDATE)
    async def consolidate(self, order: RoundOrder) -> Done:
        """Draft the consolidation of a round; idempotent by round."""
        async with _heartbeating():
            async with self._services.engine.begin() as connection:
                drafted = await consolidating.draft(connection, self._services, order.round_id)
            return Done(agenda=await self._agenda(order.document_id), count=int(drafted is not None))

    @activity.defn(name=OPEN_PERIODS)
    async def open_periods(self, order: OpeningOrder) -> Done:
        """Open the periods of a recurring report that are due; idempotent by period.

        A refusal holds up no step: it is logged, the period counts as overdue, and opening it is tried again later.
        """
        async with _heartbeating():
            as_of = self._services.clock.from_engine(order.as_of)
            try:
                async with act_of_itself(self._services) as act:
                    opened = await recurring.open_periods(act, order.document_id, order.recurrence_id, as_of)
            except Refusal:
                log.exception("opening refused: recurrence %s of document %s", order.recurrence_id, order.document_id)
                return Done(agenda=await self._agenda(order.document_id, order.recurrence_id), count=0)
            return Done(agenda=await self._agenda(order.document_id), count=opened)
