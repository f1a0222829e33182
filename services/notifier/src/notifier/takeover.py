"""Takes a batch over from plan-api: every notice recorded here before plan-api is told so."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from cascade_contracts.delivery import BatchTakenOver, NoticePage
from cascade_servicekit.clock import Clock
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.facts_client import FactsClient
from notifier.rendering.view import ZONE
from notifier.store.batches import KnownBatch, Recorder, close_take_over, find_batch, move_cursor, open_batch
from notifier.store.pages import settle

PULL_SIZE: Final = 200


class TakeOver:
    """Pulls batches; each page is one transaction with its cursor, so an interrupted take-over goes on there."""

    def __init__(self, engine: AsyncEngine, facts: FactsClient, recorder: Recorder, clock: Clock) -> None:
        self._engine = engine
        self._facts = facts
        self._recorder = recorder
        self._clock = clock

    async def take_over(self, batch_id: UUID, heartbeat: Callable[[], None]) -> BatchTakenOver:
        """Record what is missing of a batch and say `handed`; harmless when repeated.

        Raises:
            httpx.HTTPError: plan-api is away; try again.
            BatchGone: plan-api does not know the batch.
        """
        async with self._engine.connect() as connection:
            known = await find_batch(connection, batch_id)
        cursor = None if known is None else known.cursor
        while True:
            page = await self._facts.notices(batch_id, cursor, PULL_SIZE)
            known = await self._record(batch_id, page)
            heartbeat()
            if page.next is None:
                break
            cursor = page.next
        async with self._engine.begin() as connection:
            notices = await close_take_over(connection, batch_id, self._clock.now())
        await self._facts.handed(batch_id, notices)
        return BatchTakenOver(notices=notices, not_before=self._clock.to_engine(known.not_before))

    async def _record(self, batch_id: UUID, page: NoticePage) -> KnownBatch:
        now = self._clock.now()
        month = now.astimezone(ZONE).date().replace(day=1)
        async with self._engine.begin() as connection:
            batch = await open_batch(connection, batch_id, page.not_before, month)
            await self._recorder.record(connection, batch, page.notices, now)
            await settle(connection, batch.month, [notice.notice_id for notice in page.notices], now)
            if page.notices:
                await move_cursor(connection, batch_id, page.notices[-1].notice_id)
        return batch
