"""Sends one page of a batch: claim, ask whether still owed, send, settle, report.

No database connection is held while plan-api or a channel is asked. Ends within `PAGE_TIME`, except that an attempt
under way is carried to its end in the background and settled then.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import httpx
from cascade_contracts.delivery import PAGE_SIZE, Clearance, PageSent
from cascade_contracts.vocabulary import Channel as ChannelName
from cascade_servicekit.clock import Clock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifier.attempts import Attempts
from notifier.channels.base import Retry, SendResult, SendState
from notifier.facts_client import BatchGone, FactsClient
from notifier.receipts import ReceiptDesk
from notifier.rendering.view import ZONE
from notifier.reporting import Reporter
from notifier.store import digests, pages
from notifier.store.alarms import raise_alarms
from notifier.store.batches import KnownBatch, Recorder, find_batch
from notifier.store.channels import channel_down, channel_health, channel_up
from notifier.store.pages import SLACK, Claimed

log = logging.getLogger(__name__)

PAGE_TIME: Final = 7.0
"""Seconds after which a page starts nothing more; its activity times out after ten."""

GRACE: Final = 0.8
"""Seconds more that attempts under way are waited for."""

DIGESTS: Final = 40
"""Digests a page begins, for each may gather from many batches."""

AT_MOST_GATHERED: Final = 1000
"""Notices a page gathers for its digests."""

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
                cleared = await self._clear_all(batch.id, token, claimed)
            except BaseException:
                await asyncio.shield(self._release(token, claimed))
                raise
            settled += len(claimed) - len(cleared)
            page = _Page(self._attempts, self._engine, self._clock, token)
            settled += await page.send(messages(cleared), self._workers, ends)
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
            gathering = await digests.digests_due(connection, batch.id, now)
            closed = await _closed(connection, now)
            if awake:
                await pages.wake(connection, batch.id)
            touched = set(await pages.expire(connection, batch.id, now, self._lease))
            touched |= set(await pages.suppress(connection, batch.id, now))
            given_up = [channel for channel, rest in closed.items() if now - rest.since >= self._patience]
            touched |= set(await pages.pass_over(connection, batch.id, given_up, now))
            settled = await pages.settle(connection, batch.month, touched, now)
            day = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
            capped = await digests.put_off(connection, batch.id, day, now)
            if capped:
                log.info("%d notices of batch %s wait for a digest: their recipients' day is full", capped, batch.id)
            limit = min(self._page_size, DIGESTS) if gathering else self._page_size
            claimed = await pages.claim(connection, batch.id, token, now, limit, closed)
            addresses = {item.address_index for item in claimed if _gathered(item)}
            if addresses:
                claimed += await digests.gather(connection, token, now, addresses, AT_MOST_GATHERED)
            if not claimed:
                left_over = await pages.decided(connection, batch.id)
                settled += await pages.settle(connection, batch.month, left_over, now)
        return settled, claimed

    async def _clear_all(self, batch_id: UUID, token: UUID, claimed: list[Claimed]) -> list[Claimed]:
        """Return what may be sent now, of every batch a digest was gathered from.

        A digest of which a part is recorded anew is given back whole: it waits for that part.
        """
        of_batch: dict[UUID, list[Claimed]] = {}
        for item in claimed:
            of_batch.setdefault(item.batch_id, []).append(item)
        answers = await asyncio.gather(
            *(self._clear(each, token, items, own=each == batch_id) for each, items in of_batch.items())
        )
        cleared = [item for answer in answers for item in answer.cleared]
        anew = {_digest_of(item) for answer in answers for item in answer.anew if _gathered(item)}
        waiting = [item for item in cleared if _gathered(item) and _digest_of(item) in anew]
        if waiting:
            await self._release(token, waiting)
        return [item for item in cleared if item not in waiting]

    async def _clear(self, batch_id: UUID, token: UUID, claimed: list[Claimed], *, own: bool) -> "_Cleared":
        """Return what may be sent now; withhold what is no longer owed, hold what plan-api would not say.

        What another person answers for by now is recorded anew and waits for its own claim and clearance. Of a batch
        gathered from (not the page's `own`) that plan-api does not know any more everything is held.
        """
        asked = {item.notice_id: item.recipient.addressee for item in claimed}
        try:
            answer = await self._facts.clearance(batch_id, asked)
        except BatchGone:
            if own:
                raise
            answer = Clearance(cleared=[], withheld=[])
        month = claimed[0].month
        withheld = [item for item in answer.withheld if item.notice_id in asked]
        readdressed = [item for item in answer.readdressed if item.notice_id in asked]
        stopped = {item.notice_id for item in withheld} | {item.notice_id for item in readdressed}
        cleared = asked.keys() & set(answer.cleared) - stopped
        undecided = asked.keys() - cleared - stopped
        if stopped or undecided:
            now = self._clock.now()
            async with self._engine.begin() as connection:
                if withheld:
                    await pages.withhold(connection, month, token, withheld, now)
                if readdressed:
                    batch = await find_batch(connection, batch_id)
                    assert batch is not None  # noqa: S101 - its deliveries stand in its rows
                    await self._recorder.readdress(connection, batch, token, readdressed, now)
                    await pages.settle(connection, month, [item.notice_id for item in readdressed], now)
                if undecided:
                    await pages.hold(connection, batch_id, token, list(undecided), now)
        anew = {item.notice_id for item in readdressed}
        return _Cleared(
            [item for item in claimed if item.notice_id in cleared],
            [item for item in claimed if item.notice_id in anew],
        )

    async def _release(self, token: UUID, claimed: Sequence[Claimed]) -> None:
        async with self._engine.begin() as connection:
            await pages.release(connection, token, [item.id for item in claimed])

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


@dataclass(frozen=True, slots=True)
class _Cleared:
    """What of a batch may be sent now, and what was recorded anew because somebody else answers for it."""

    cleared: list[Claimed]
    anew: list[Claimed]


def _gathered(item: Claimed) -> bool:
    return item.digest and item.channel == ChannelName.EMAIL


def _digest_of(item: Claimed) -> tuple[bytes, str]:
    return item.address_index, item.recipient.language


def messages(cleared: Sequence[Claimed]) -> list[tuple[Claimed, ...]]:
    """Return what goes out as one message each: a delivery by itself, or all of an address's digest."""
    alone = [(item,) for item in cleared if not _gathered(item)]
    together: dict[tuple[bytes, str], list[Claimed]] = {}
    for item in cleared:
        if _gathered(item):
            together.setdefault(_digest_of(item), []).append(item)
    return [*alone, *(tuple(items) for items in together.values())]


class _Page:
    """The attempts of one page, in a few workers; `over` once the page no longer waits for them."""

    def __init__(self, attempts: Attempts, engine: AsyncEngine, clock: Clock, token: UUID) -> None:
        self._attempts = attempts
        self._engine = engine
        self._clock = clock
        self._token = token
        self._queue: deque[tuple[Claimed, ...]] = deque()
        self._broken: dict[str, SendResult] = {}
        self._alarms: set[str] = set()
        self._working: set[str] = set()
        self._failure: Exception | None = None
        self._over = False

    async def send(self, cleared: Sequence[tuple[Claimed, ...]], workers: int, ends: float) -> int:
        """Send messages until done or `ends` (loop time); return how many notices are settled.

        Raises:
            SQLAlchemyError | OSError: the database went away; what was not begun was not sent.
        """
        if not cleared:
            return 0
        self._queue.extend(cleared)
        every = [item for parts in cleared for item in parts]
        loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(self._work(ends)) for _ in range(min(workers, len(cleared)))]
        try:
            await asyncio.wait(tasks, timeout=max(ends - loop.time(), 0) + GRACE)
        finally:
            self._queue.clear()
            await asyncio.shield(self._close(every))
        if self._failure is not None:
            raise self._failure
        return await self._settle(every)

    async def _work(self, ends: float) -> None:
        loop = asyncio.get_running_loop()
        while self._queue and loop.time() < ends:
            parts = self._queue.popleft()
            if parts[0].channel in self._broken:
                continue
            try:
                self._note(parts[0], await self._attempts.attempt(parts, self._token))
                if self._over:
                    await self._close(parts)
                    await self._settle(parts)
            except (SQLAlchemyError, OSError) as error:
                if self._over:
                    log.warning("the result of delivery %s could not be recorded: %s", parts[0].id, error)
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
            await pages.release(connection, self._token, [item.id for item in items])
            for channel, result in sorted(self._broken.items()):
                log.warning("channel %s does not work: %s", channel, result.detail)
                await channel_down(connection, channel, result.detail, now, result.rest, self._attempts.retry_scale)
            for channel in sorted(self._working - self._broken.keys()):
                await channel_up(connection, channel, now)
            await raise_alarms(connection, self._alarms, now)

    async def _settle(self, items: Sequence[Claimed]) -> int:
        of_month: dict[date, set[UUID]] = {}
        for item in items:
            of_month.setdefault(item.month, set()).add(item.notice_id)
        async with self._engine.begin() as connection:
            settled = [await pages.settle(connection, *each, self._clock.now()) for each in sorted(of_month.items())]
        return sum(settled)


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
