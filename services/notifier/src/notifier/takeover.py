"""Takes batches over from plan-api: every notice recorded here before plan-api is told so."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from cascade_contracts.delivery import BatchTakenOver, NoticePage
from cascade_servicekit.clock import Clock
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifier.facts_client import FactsClient
from notifier.rendering.view import ZONE
from notifier.store.batches import KnownBatch, Recorder, close_take_over, find_batch, move_cursor, open_batches
from notifier.store.pages import settle

PULL_SIZE: Final = 200

_REMEMBERED: Final = 10_000


class TakeOver:
    """Pulls batches; each page is one transaction with its cursor, so an interrupted take-over goes on there.

    A pull brings along other batches that wait. Pulls go one at a time: whoever waited usually finds its batch here.
    """

    def __init__(self, engine: AsyncEngine, facts: FactsClient, recorder: Recorder, clock: Clock) -> None:
        self._engine = engine
        self._facts = facts
        self._recorder = recorder
        self._clock = clock
        self._turn = asyncio.Lock()
        self._told: set[UUID] = set()

    async def recorded(self, batch_id: UUID) -> BatchTakenOver | None:
        """Return a batch that came along with another one and was told; None where anything remains to be done."""
        if batch_id not in self._told:
            return None
        known = await self._find(batch_id)
        return None if known is None or known.taken_over_at is None else self._taken(known)

    async def take_over(self, batch_id: UUID, heartbeat: Callable[[], None]) -> BatchTakenOver:
        """Record what is missing of a batch and say `handed`; harmless when repeated.

        Raises:
            httpx.HTTPError: plan-api is away; try again.
            BatchGone: plan-api does not know the batch.
        """
        async with self._turn:
            known = await self._find(batch_id)
            if known is None or known.taken_over_at is None:
                known = await self._pull(batch_id, known)
                heartbeat()
        while known.taken_over_at is None:
            known = await self._pull(batch_id, known)
            heartbeat()
        if batch_id not in self._told:
            await self._tell([known])
        return self._taken(known)

    def _taken(self, known: KnownBatch) -> BatchTakenOver:
        return BatchTakenOver(notices=known.notices, not_before=self._clock.to_engine(known.not_before))

    async def _find(self, batch_id: UUID) -> KnownBatch | None:
        async with self._engine.connect() as connection:
            return await find_batch(connection, batch_id)

    async def _pull(self, batch_id: UUID, known: KnownBatch | None) -> KnownBatch:
        """Record one page of a batch, and whole other batches that came along; tell what was recorded to the end."""
        pages = await self._facts.notices(batch_id, None if known is None else known.cursor, PULL_SIZE)
        async with self._engine.begin() as connection:
            recorded = await self._record(connection, pages)
        complete = [batch for batch in recorded.values() if batch.taken_over_at is not None]
        if complete:
            await self._tell(complete)
        return recorded[batch_id]

    async def _tell(self, complete: Sequence[KnownBatch]) -> None:
        await self._facts.handed({batch.id: batch.notices for batch in complete})
        if len(self._told) > _REMEMBERED:
            self._told.clear()
        self._told.update(batch.id for batch in complete)

    async def _record(self, connection: AsyncConnection, pages: Sequence[NoticePage]) -> dict[UUID, KnownBatch]:
        """Record pages with their batches; return the batches as they are then."""
        now = self._clock.now()
        month = now.astimezone(ZONE).date().replace(day=1)
        recorded = await open_batches(connection, {page.batch_id: page.not_before for page in pages}, month)
        given = [(recorded[page.batch_id], notice) for page in pages for notice in page.notices]
        await self._recorder.record(connection, given, now)
        for each in {batch.month for batch, _ in given}:
            await settle(connection, each, [notice.notice_id for batch, notice in given if batch.month == each], now)
        for page in pages:
            if page.next is not None:
                recorded[page.batch_id] = await move_cursor(connection, page.batch_id, page.next)
        return recorded | await close_take_over(connection, [page.batch_id for page in pages if page.next is None], now)
