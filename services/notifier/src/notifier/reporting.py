"""Reports what became of notices to plan-api, and finishes batches. Repeating any of it does no harm."""

import asyncio
import logging
from typing import Final
from uuid import UUID

import httpx
from cascade_contracts.delivery import Outcomes
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
        """Post outcomes not yet reported, for `at_most` seconds, and with the last of them that the batch is finished.

        Returns how many keep the batch open: notices not settled, or outcomes not posted.

        Raises:
            httpx.HTTPError: plan-api is away.
            BatchGone: plan-api does not know the batch.
        """
        ends = asyncio.get_running_loop().time() + at_most
        while True:
            async with self._engine.connect() as connection:
                unsettled = await reports.open_notices(connection, batch_id)  # first: what settles now is reported
                outcomes = await reports.unreported(connection, batch_id, REPORT_SIZE)
            last = len(outcomes) < REPORT_SIZE
            finished = last and not unsettled
            if outcomes or finished:
                await self._facts.outcomes(batch_id, Outcomes(outcomes=outcomes, finished=finished))
                async with self._engine.begin() as connection:
                    await reports.mark_reported(connection, batch_id, outcomes, self._clock.now())
                    if finished:
                        await reports.finish_batch(connection, batch_id, self._clock.now())
            if last:
                return unsettled
            if asyncio.get_running_loop().time() >= ends:
                return unsettled + 1

    async def sweep(self) -> int:
        """Report what changed after its batch was finished: late answers and bounces; return of how many batches."""
        async with self._engine.connect() as connection:
            batches = await reports.stragglers(connection)
        for batch_id in batches:
            try:
                await self.report(batch_id)
            except BatchGone:
                log.warning("batch %s is gone, its late outcomes stay here", batch_id)
        return len(batches)

    async def sweep_forever(self) -> None:
        """Sweep until cancelled; outages of plan-api and the database are waited out."""
        while True:
            try:
                await self.sweep()
            except (httpx.HTTPError, SQLAlchemyError, OSError) as error:
                log.warning("late outcomes wait to be reported: %s", error)
            await asyncio.sleep(SWEEP_PAUSE)
