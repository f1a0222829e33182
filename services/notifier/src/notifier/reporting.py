"""Reports what became of notices to plan-api, and finishes batches. Repeating any of it does no harm."""

import asyncio
import logging
from typing import Final
from uuid import UUID

import httpx
from cascade_contracts.delivery import Outcomes, PageSent
from cascade_servicekit.clock import Clock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.facts_client import BatchGone, FactsClient
from notifier.store import reports

log = logging.getLogger(__name__)

REPORT_SIZE: Final = 500
SWEEP_PAUSE: Final = 15.0
"""Seconds between two looks for outcomes corrected after their batch was finished."""


class Reporter:
    """Posts outcomes; what could not be posted stays unreported and is posted by whoever comes next."""

    def __init__(self, engine: AsyncEngine, facts: FactsClient, clock: Clock) -> None:
        self._engine = engine
        self._facts = facts
        self._clock = clock

    async def report(self, batch_id: UUID, *, at_most: float = 3.0) -> int:
        """Post outcomes of a batch not yet reported, for `at_most` seconds; return how many.

        Raises:
            httpx.HTTPError: plan-api is away.
            BatchGone: plan-api does not know the batch.
        """
        ends = asyncio.get_running_loop().time() + at_most
        count = 0
        while asyncio.get_running_loop().time() < ends:
            async with self._engine.connect() as connection:
                outcomes = await reports.unreported(connection, batch_id, REPORT_SIZE)
            if not outcomes:
                break
            await self._facts.outcomes(batch_id, Outcomes(outcomes=outcomes))
            async with self._engine.begin() as connection:
                await reports.mark_reported(connection, batch_id, outcomes, self._clock.now())
            count += len(outcomes)
        return count

    async def finish(self, batch_id: UUID) -> PageSent:
        """Post every outcome not yet reported; when nothing is open any more, close the batch at plan-api.

        `remaining` counts what keeps the batch open: notices not settled, or outcomes not yet posted.
        """
        settled = await self.report(batch_id, at_most=6.0)
        async with self._engine.connect() as connection:
            remaining = await reports.open_notices(connection, batch_id)
            unposted = len(await reports.unreported(connection, batch_id, 1))
        if remaining + unposted == 0:
            await self._facts.outcomes(batch_id, Outcomes(outcomes=[], finished=True))
            async with self._engine.begin() as connection:
                await reports.finish_batch(connection, batch_id, self._clock.now())
        return PageSent(settled=settled, remaining=remaining + unposted)

    async def sweep(self) -> int:
        """Report what changed after its batch was finished: late answers and bounces; return how many."""
        async with self._engine.connect() as connection:
            batches = await reports.stragglers(connection)
        count = 0
        for batch_id in batches:
            try:
                count += await self.report(batch_id)
            except BatchGone:
                log.warning("batch %s is gone, its late outcomes stay here", batch_id)
        return count

    async def sweep_forever(self) -> None:
        """Sweep until cancelled; outages of plan-api and the database are waited out."""
        while True:
            try:
                await self.sweep()
            except (httpx.HTTPError, SQLAlchemyError, OSError) as error:
                log.warning("late outcomes wait to be reported: %s", error)
            await asyncio.sleep(SWEEP_PAUSE)
