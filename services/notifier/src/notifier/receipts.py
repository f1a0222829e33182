"""Waits for receipts: asks for those that do not come by themselves, takes those that do, and knows when to give up.

A message accepted is not delivered. Without a receipt by its time the next channel takes over; a receipt that comes
later still is recorded, and reported as a correction.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from cascade_contracts.vocabulary import Channel as ChannelName
from cascade_servicekit.clock import Clock
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.channels.registry import ChannelRegistry
from notifier.facts_client import BatchGone
from notifier.reporting import Reporter
from notifier.store import receipts
from notifier.store.batches import KnownBatch
from notifier.store.pages import settle
from notifier.store.receipts import Owed, Receipt

log = logging.getLogger(__name__)

LOOKS: Final = 64
"""Receipts asked for by one page."""

AT_ONCE: Final = 8
SECONDS: Final = 3.0
"""How long one page asks."""


class ReceiptDesk:
    """Asks channels for receipts of one batch; `pause` is the shortest time between two looks at one message."""

    def __init__(self, engine: AsyncEngine, registry: ChannelRegistry, clock: Clock, pause: timedelta) -> None:
        self._engine = engine
        self._registry = registry
        self._clock = clock
        self._pause = pause

    async def look(self, batch: KnownBatch) -> int:
        """Ask for receipts that are due; expire what had its time; return how many notices that settled."""
        async with self._engine.begin() as connection:
            owed = await receipts.take_up(connection, batch.id, self._clock.now(), self._pause, LOOKS)
        if not owed:
            return 0
        heard = await self._ask(owed)
        delivered = [Receipt(each.id, at) for each, at in heard if at is not None]
        now = self._clock.now()
        late = [each.id for each, at in heard if at is None and each.receipt_by <= now]
        async with self._engine.begin() as connection:
            changed = await receipts.mark_delivered(connection, delivered)
            given_up = await receipts.mark_expired(connection, late, now)
            notices = {each.notice_id for each in changed} | set(given_up)
            return await settle(connection, batch.month, notices, now)

    async def _ask(self, owed: Sequence[Owed]) -> list[tuple[Owed, datetime | None]]:
        """Return what was heard of each in time; who was not asked any more is asked next time."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def ask(each: Owed) -> tuple[Owed, datetime | None]:
            if each.vendor_id is None:
                return each, None
            async with slots:
                return each, await self._registry.receipt(ChannelName(each.channel), each.vendor_id, self._clock.now())

        tasks = [asyncio.create_task(ask(each)) for each in owed]
        done, waiting = await asyncio.wait(tasks, timeout=SECONDS)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [task.result() for task in done]


async def take_receipt(
    engine: AsyncEngine,
    reporter: Reporter,
    clock: Clock,
    channel: ChannelName,
    *,
    vendor_id: str,
    tracking_id: str = "",
    at: datetime | None = None,
) -> bool:
    """Record a receipt that came by itself, and report it; return whether the message is one of ours.

    False may mean that the receipt was faster than the answer that names the message: whoever brought it may try again,
    else the message is asked about later. Repeating a receipt changes nothing.
    """
    now = clock.now()
    async with engine.begin() as connection:
        found = await receipts.find(connection, channel, vendor_id, tracking_id)
        delivered = [Receipt(each, (at or now).astimezone(UTC), vendor_id) for each in found]
        changed = await receipts.mark_delivered(connection, delivered)
        for each in changed:
            await settle(connection, each.month, [each.notice_id], now, correct=True)
    for batch_id in {each.batch_id for each in changed}:
        try:
            await reporter.report(batch_id)
        except (httpx.HTTPError, BatchGone) as error:
            log.warning("a receipt of batch %s waits to be reported: %s", batch_id, error)
    return bool(found)
