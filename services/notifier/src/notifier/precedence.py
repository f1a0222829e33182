"""Lets work that must not wait go before work that may: taking batches over goes before sending.

A notice that is taken over will be sent whatever happens next; one that is not depends on the services around. So when
everything falls due at once, batches are recorded first and the mail follows; nothing is put off for longer than
`AT_MOST`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

LULL: Final = 0.25
"""Seconds without the first kind of work after which the second kind goes on: in a burst it comes in drops."""

AT_MOST: Final = 10.0
"""Seconds the second kind of work is put off."""


class Precedence:
    """Says how long the first kind of work has been quiet; of one event loop."""

    def __init__(self, *, lull: float = LULL, at_most: float = AT_MOST) -> None:
        self._lull = lull
        self._at_most = at_most
        self._under_way = 0
        self._last_seen = float("-inf")

    @asynccontextmanager
    async def first(self) -> AsyncIterator[None]:
        """Do work of the first kind."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._last_seen = asyncio.get_running_loop().time()

    async def passed_by(self) -> None:
        """Wait for a lull, at most so long."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._at_most
        # A lull is time passing: there is no event to wait for.
        while (self._under_way or loop.time() - self._last_seen < self._lull) and loop.time() < ends:  # noqa: ASYNC110
            await asyncio.sleep(self._lull / 5)
