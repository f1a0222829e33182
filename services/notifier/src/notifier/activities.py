"""The activities that deliver: thin, at-least-once, harmless when repeated; notifier's log decides.

A plain exception means "try again": with plan-api or the database away nothing is sent. A batch plan-api does not know
is final.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from cascade_contracts.delivery import (
    SEND_PAGE,
    TAKE_OVER_BATCH,
    BatchTakenOver,
    DeliveryOrder,
    PageSent,
)
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from notifier.facts_client import BatchGone
from notifier.precedence import Precedence
from notifier.sending import PageSender
from notifier.store.batches import find_batch
from notifier.takeover import TakeOver

BATCH_GONE: Final = "BatchGone"
"""Type of the final error; the workflow ends the delivery on it."""

_HEARTBEAT_PAUSE: Final = 1.0


@asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_HEARTBEAT_PAUSE)

    task = asyncio.create_task(beat())
    try:
        yield
    except BatchGone as gone:
        raise ApplicationError(str(gone), type=BATCH_GONE, non_retryable=True) from gone
    finally:
        task.cancel()


class DeliveryActivities:
    """Activities on one notifier database."""

    def __init__(self, engine: AsyncEngine, take_over: TakeOver, pages: PageSender) -> None:
        self._engine = engine
        self._take_over = take_over
        self._pages = pages
        self._taking_over = Precedence()

    @activity.defn(name=TAKE_OVER_BATCH)
    async def take_over_batch(self, order: DeliveryOrder) -> BatchTakenOver:
        """Record every notice of the batch; goes on where an interrupted attempt stopped.

        A batch that came along with another one holds no sending up.
        """
        taken = await self._take_over.recorded(order.batch_id)
        if taken is not None:
            return taken
        async with _heartbeats(), self._taking_over.first():
            return await self._take_over.take_over(order.batch_id, activity.heartbeat)

    @activity.defn(name=SEND_PAGE)
    async def send_page(self, order: DeliveryOrder) -> PageSent:
        """Send up to a page of the batch and report it; with nothing left to send, close the batch at plan-api.

        `retry_at` says when to come again if nothing can be done before.
        """
        async with _heartbeats():
            await self._taking_over.passed_by()
            async with self._engine.connect() as connection:
                batch = await find_batch(connection, order.batch_id)
            if batch is None or batch.taken_over_at is None:
                raise ApplicationError("the batch was not taken over yet", type="BatchNotTakenOver")
            return await self._pages.send(batch, awake=order.awake)
