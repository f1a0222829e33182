"""A diary: acts to be done at instants of the event loop's clock, at most so many at a time.

Thousands of units wait in one heap; only acts under way are tasks. An act that fails ends `keep` with its error.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from itertools import count

Action = Callable[[], Awaitable[None]]


class Diary:
    """Acts by instant."""

    def __init__(self, at_once: int) -> None:
        self._entries: list[tuple[float, int, Action]] = []
        self._serial = count()
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._under_way = 0
        self._free = asyncio.Semaphore(at_once)

    def note(self, seconds: float, action: Action) -> None:
        """Do an act so many seconds from now (at once when negative)."""
        moment = asyncio.get_running_loop().time() + seconds
        heapq.heappush(self._entries, (moment, next(self._serial), action))
        self._idle.clear()
        self._changed.set()

    async def done(self) -> None:
        """Wait until nothing is noted and nothing under way."""
        await self._idle.wait()

    async def keep(self) -> None:
        """Do the acts as their time comes, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._wait_for_the_next()
                _, _, action = heapq.heappop(self._entries)
                self._under_way += 1
                await self._free.acquire()
                group.create_task(self._do(action))

    async def _wait_for_the_next(self) -> None:
        while True:
            self._changed.clear()
            left = self._entries[0][0] - asyncio.get_running_loop().time() if self._entries else None
            if left is not None and left <= 0:
                return
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                return

    async def _do(self, action: Action) -> None:
        try:
            await action()
        finally:
            self._free.release()
            self._under_way -= 1
            if not self._entries and not self._under_way:
                self._idle.set()
