"""Sends one page of a batch: claim, ask whether still owed, send, settle, report.

No database connection is held while plan-api or a channel is asked. Ends within `PAGE_TIME`, except that an attempt
under way is carried to its end in the background and settled then.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import httpx
from cascade_contracts.delivery import PAGE_SIZE, PageSent
from cascade_servicekit.clock import Clock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifier.attempts import Attempts
from notifier.channels.base import Retry, SendResult, SendState
from notifier.facts_client import FactsClient
from notifier.receipts import ReceiptDesk
from notifier.reporting import Reporter
from notifier.store import pages
from notifier.store.alarms import raise_alarms
from notifier.store.batches import KnownBatch, Recorder
from notifier.store.channels import channel_down, channel_health, channel_up
from notifier.store.pages import SLACK, Claimed

log = logging.getLogger(__name__)

PAGE_TIME: Final = 7.0
"""Seconds after which a page starts nothing more; its activity times out after ten."""

GRACE: Final = 0.8
"""Seconds more that attempts under way are waited for."""

NEVERTHELESS: Final = timedelta(seconds=5)
"""When to come again if nothing says when something will change."""


class PageSender:
    """Sends pages; `workers` attempts of one page at once, `transmit_lease` covers the slowest answer of a channel."""

    def __init__(
        self,
        engine: AsyncEngine,
        facts: FactsClient,
        attempts: Attempts,
        reporter: Reporter,
        recorder: Recorder,
        receipts: ReceiptDesk,
        clock: Clock,
        *,
        workers: int,
        transmit_lease: timedelta,
        channel_patience: timedelta = timedelta(minutes=30),
        page_size: int = PAGE_SIZE,
        page_time: float = PAGE_TIME,
    ) -> None:
        self._engine = engine
        self._facts = facts
        self._attempts = attempts
        self._reporter = reporter
        self._recorder = recorder
        self._receipts = receipts
        self._clock = clock
        self._patience = channel_patience
        self._workers = workers
        self._lease = transmit_lease
        self._page_size = page_size
        self._page_time = page_time

    async def send(self, batch: KnownBatch, *, awake: bool = False) -> PageSent:
        """Send up to a page and report it; the last page closes the batch. With `awake` what is held is asked about.

        Raises:
            httpx.HTTPError: plan-api is away: whether notices are still owed cannot be asked and nothing was sent, or
                everything is sent and waits to be reported; come again.
            BatchGone: plan-api does not know the batch.
        """
        ends = asyncio.get_running_loop().time() + self._page_time
        token = uuid4()
        received = await self._receipts.look(batch)
        settled, claimed = await self._claim(batch, token, awake=awake)
        settled += received
        if claimed:
            try:
                cleared = await self._clear(batch, token, claimed)
            except BaseException:
                await asyncio.shield(self._release(batch, token, claimed))
                raise
            settled += len(claimed) - len(cleared)
            settled += await _Page(self._attempts, self._engine, self._clock, batch, token).send(
                cleared, self._workers, ends
            )
        left = await self._left(batch, settled)
        if left.remaining == 0:
            return PageSent(settled=settled, remaining=await self._reporter.report(batch.id))
        try:
            await self._reporter.report(batch.id)
        except httpx.HTTPError as error:
            log.warning("outcomes of batch %s wait to be reported: %s", batch.id, error)
        return left

    async def _claim(self, batch: KnownBatch, token: UUID, *, awake: bool) -> tuple[int, list[Claimed]]:
        """Tidy up what earlier pages left, then claim; return how many notices that settled, and the claims."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            closed = await _closed(connection, now)
            if awake:
                await pages.wake(connection, batch.id)
            touched = set(await pages.expire(connection, batch.id, now, self._lease))
            touched |= set(await pages.suppress(connection, batch.id, now))
            given_up = [channel for channel, rest in closed.items() if now - rest.since >= self._patience]
            touched |= set(await pages.pass_over(connection, batch.id, given_up, now))
            settled = await pages.settle(connection, batch.month, touched, now)
            claimed = await pages.claim(connection, batch.id, token, now, self._page_size, closed)
            if not claimed:
                left_over = await pages.decided(connection, batch.id)
                settled += await pages.settle(connection, batch.month, left_over, now)
        return settled, claimed

    async def _clear(self, batch: KnownBatch, token: UUID, claimed: list[Claimed]) -> list[Claimed]:
        """Return what may be sent now; withhold what is no longer owed, hold what plan-api would not say.

        What another person answers for by now is recorded anew and waits for its own claim and clearance.
        """
        asked = {item.notice_id: item.recipient.addressee for item in claimed}
        answer = await self._facts.clearance(batch.id, asked)
        withheld = [item for item in answer.withheld if item.notice_id in asked]
        readdressed = [item for item in answer.readdressed if item.notice_id in asked]
        stopped = {item.notice_id for item in withheld} | {item.notice_id for item in readdressed}
        cleared = asked.keys() & set(answer.cleared) - stopped
        undecided = asked.keys() - cleared - stopped
        if stopped or undecided:
            now = self._clock.now()
            async with self._engine.begin() as connection:
                if withheld:
                    await pages.withhold(connection, batch.month, token, withheld, now)
                if readdressed:
                    await self._recorder.readdress(connection, batch, token, readdressed, now)
                    await pages.settle(connection, batch.month, [item.notice_id for item in readdressed], now)
                if undecided:
                    await pages.hold(connection, batch.id, token, list(undecided), now)
        return [item for item in claimed if item.notice_id in cleared]

    async def _release(self, batch: KnownBatch, token: UUID, claimed: Sequence[Claimed]) -> None:
        async with self._engine.begin() as connection:
            await pages.release(connection, batch.id, token, [item.id for item in claimed])

    async def _left(self, batch: KnownBatch, settled: int) -> PageSent:
        now = self._clock.now()
        async with self._engine.connect() as connection:
            closed = await _closed(connection, now)
            left = await pages.waiting(connection, batch.id, now, closed, self._lease)
        if left.remaining == 0 or left.ready > 0:
            return PageSent(settled=settled, remaining=left.remaining)
        instants = [at for at in (left.retry_at, *(rest.until for rest in closed.values())) if at is not None]
        instants += [at for rest in closed.values() if (at := rest.since + self._patience) > now]
        retry_at = min(instants, default=now + NEVERTHELESS)
        return PageSent(settled=settled, remaining=left.remaining, retry_at=self._clock.to_engine(retry_at))


class _Page:
    """The attempts of one page, in a few workers; `over` once the page no longer waits for them."""

    def __init__(self, attempts: Attempts, engine: AsyncEngine, clock: Clock, batch: KnownBatch, token: UUID) -> None:
        self._attempts = attempts
        self._engine = engine
        self._clock = clock
        self._batch = batch
        self._token = token
        self._queue: deque[Claimed] = deque()
        self._broken: dict[str, SendResult] = {}
        self._alarms: set[str] = set()
        self._working: set[str] = set()
        self._failure: Exception | None = None
        self._over = False

    async def send(self, cleared: Sequence[Claimed], workers: int, ends: float) -> int:
        """Send until done or `ends` (loop time); return how many notices are settled.

        Raises:
            SQLAlchemyError | OSError: the database went away; what was not begun was not sent.
        """
        if not cleared:
            return 0
        self._queue.extend(cleared)
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(self._work(ends)) for _ in range(min(workers, len(cleared)))]
        try:
            await asyncio.wait(tasks, timeout=max(ends - loop.time(), 0) + GRACE)
        finally:
            self._queue.clear()
            await asyncio.shield(self._close(cleared))
        if self._failure is not None:
            raise self._failure
        return await self._settle(cleared)

    async def _work(self, ends: float) -> None:
        loop = asyncio.get_running_loop()
        while self._queue and loop.time() < ends:
            item = self._queue.popleft()
            if item.channel in self._broken:
                continue
            try:
                self._note(item, await self._attempts.attempt(item, self._token))
                if self._over:
                    await self._close([item])
                    await self._settle([item])
            except (SQLAlchemyError, OSError) as error:
                if self._over:
                    log.warning("the result of delivery %s could not be recorded: %s", item.id, error)
                self._failure = error
                self._queue.clear()

    def _note(self, item: Claimed, result: SendResult) -> None:
        if result.alarm:
            self._alarms.add(result.alarm)
        if result.retry is Retry.CHANNEL or result.state is SendState.UNKNOWN:
            self._broken[item.channel] = result
        elif result.state is not SendState.LOST:
            self._working.add(item.channel)

    async def _close(self, items: Sequence[Claimed]) -> None:
        """Give back what was not begun and record which channels work."""
        self._over = True
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await pages.release(connection, self._batch.id, self._token, [item.id for item in items])
            for channel, result in sorted(self._broken.items()):
                log.warning("channel %s does not work: %s", channel, result.detail)
                await channel_down(connection, channel, result.detail, now, result.rest)
            for channel in sorted(self._working - self._broken.keys()):
                await channel_up(connection, channel, now)
            await raise_alarms(connection, self._alarms, now)

    async def _settle(self, items: Sequence[Claimed]) -> int:
        async with self._engine.begin() as connection:
            notices = {item.notice_id for item in items}
            return await pages.settle(connection, self._batch.month, notices, self._clock.now())


@dataclass(frozen=True, slots=True)
class _Rest:
    """A channel rests; it has not worked `since`."""

    since: datetime
    until: datetime


async def _closed(connection: AsyncConnection, now: datetime) -> dict[str, _Rest]:
    """Return the channels that are resting."""
    return {
        health.channel: _Rest(health.since, health.retry_at)
        for health in await channel_health(connection)
        if health.state == "down" and health.retry_at is not None and health.retry_at > now + SLACK
    }
