"""Send prebuilt requests: as fast as answers come (closed loop), or at fixed times whatever happens (open loop).

Open-loop latency counts from the scheduled time, so that a server that stalls cannot hide the requests it delayed.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.wire import Refused, Wire

UNAVAILABLE = 503


@dataclass(slots=True)
class Run:
    """What was answered: (scheduled, latency in ms) of each, on the loop's clock, and how long it all took.

    A request the server was too busy for counts as never answered: its latency is infinite.
    """

    samples: list[tuple[float, float]] = field(default_factory=list)
    seconds: float = 0.0
    refused: int = 0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return (len(self.samples) - self.refused) / self.seconds if self.seconds else 0.0

    @property
    def overload(self) -> str:
        """Words on requests the server was too busy for, for the end of a note; empty if there were none."""
        return f"; {self.refused} of {len(self.samples)} REFUSED as overloaded (503)" if self.refused else ""

    def percentile(self, share: float, begin: float = -math.inf, end: float = math.inf) -> float:
        """Return the latency that `share` of the answers scheduled in a time do not exceed (nearest rank)."""
        ordered = sorted(latency for scheduled, latency in self.samples if begin <= scheduled <= end)
        if not ordered:
            return math.nan
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


async def _send(wire: Wire, request: bytes, scheduled: float, run: Run, status: int) -> None:
    answer = await wire.ask(request)
    if answer.status == UNAVAILABLE:
        run.refused += 1
        run.samples.append((scheduled, math.inf))
        return
    if answer.status != status:
        raise Refused(f"{answer.status}: {answer.body[:500].decode(errors='replace')}")
    run.samples.append((scheduled, (asyncio.get_running_loop().time() - scheduled) * 1000))


async def closed_loop(wire: Wire, requests: Iterable[bytes], *, at_once: int, status: int = 201) -> Run:
    """Send all requests, each of `at_once` senders the next one as soon as its last is answered.

    Raises:
        Refused: an answer of another status.
    """
    loop, run, left = asyncio.get_running_loop(), Run(), iter(requests)

    async def sender() -> None:
        for request in left:
            await _send(wire, request, loop.time(), run, status)

    begun = loop.time()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(sender())
    run.seconds = loop.time() - begun
    return run


async def open_loop(
    wire: Wire,
    requests: Sequence[bytes],
    *,
    per_second: float,
    stop: asyncio.Event | None = None,
    status: int = 201,
) -> Run:
    """Send requests at fixed times until they or the patience of `stop` end; latency counts from the scheduled time.

    Raises:
        Refused: an answer of another status.
    """
    loop, run = asyncio.get_running_loop(), Run()
    begun = loop.time()
    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            scheduled = begun + number / per_second
            if (wait := scheduled - loop.time()) > 0:
                await asyncio.sleep(wait)
            if stop is not None and stop.is_set():
                break
            group.create_task(_send(wire, request, scheduled, run, status))
    run.seconds = loop.time() - begun
    return run
