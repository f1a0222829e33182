"""The scenario clock: facts, workflows and people share one time, which passes only when a test says so.

Facts' time = engine's time + a constant offset, so a document of 2019 runs with its own dates and weekdays. Between two
moves both tick at the wall's pace, from the instant last reached. Time never goes back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from cascade_servicekit.clock import SystemClock

from harness.engine import Engine

PATIENCE = timedelta(seconds=90)
"""Wall time in which what is due at one instant must be done."""


SOON = timedelta(milliseconds=250)
"""Wall time in which a workflow usually does what is due; after it, its move is looked into."""


class ClockStuckError(AssertionError):
    """What is due was not done in the time a test is ready to wait; the message says what is under way."""


@dataclass(frozen=True, slots=True)
class Due:
    """An instant of the facts at which a workflow has something to do."""

    at: datetime
    workflow_id: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead, and how many messages still wait for the relay."""

    upcoming: Sequence[Due] = ()
    unsent: int = 0


class Facts(Protocol):
    """What the clock asks of the facts."""

    async def outlook(self) -> Outlook:
        """Return, in any order, at least the earliest instant of each open workflow at which something will be due.

        What was done is no longer returned: an instant that stays in the past is waited for, then reported as stuck.
        """
        ...


@dataclass(frozen=True, slots=True)
class Nothing:
    """Facts of tests that only translate time."""

    async def outlook(self) -> Outlook:
        """Return nothing."""
        return Outlook()


class ScenarioClock:
    """The one injected clock of a scenario (`cascade_servicekit.clock.Clock`), and the way to let time pass."""

    def __init__(self, engine: Engine, *, at: datetime, facts: Facts | None = None) -> None:
        """Begin at `at`, which is the engine's and the wall's present."""
        self.engine = engine
        self.facts: Facts = facts or Nothing()
        self.patience = PATIENCE
        self._engine_time = SystemClock(offset=at.astimezone(UTC) - datetime.now(UTC))
        self._reached = at.astimezone(UTC)
        self._reached_on_the_wall = time.monotonic()
        self._pressed_for: list[Due] = []
        self._pressed_on_the_wall = time.monotonic()

    def now(self) -> datetime:
        """Return the present of the facts, UTC."""
        return self._reached + timedelta(seconds=time.monotonic() - self._reached_on_the_wall)

    def to_engine(self, at: datetime) -> datetime:
        """Return the engine's instant of a fact's instant."""
        return self._engine_time.to_engine(at)

    def from_engine(self, at: datetime) -> datetime:
        """Return the fact's instant of an engine's instant."""
        return self._engine_time.from_engine(at)

    def jump(self, instant: datetime) -> None:
        """Let time pass for the facts alone, as if every worker were away; `settle` or `until` catches up."""
        instant = instant.astimezone(UTC)
        if instant < self._reached:
            raise ValueError(f"time does not go back: {instant} is before {self._reached}")
        self._reached = max(instant, self.now())
        self._reached_on_the_wall = time.monotonic()

    async def until(self, instant: datetime) -> None:
        """Let time pass up to `instant`, stopping wherever something is due until it is done.

        Raises:
            ClockStuckError: something due was not done within `patience` of wall time.
            ValueError: the instant is in the past.
        """
        await self.settle()
        while (upcoming := await self._next_until(instant)) is not None:
            self.jump(max(upcoming, self._reached))
            await self.settle()
        self.jump(instant)
        await self.settle()

    async def _next_until(self, instant: datetime) -> datetime | None:
        upcoming = (await self.facts.outlook()).upcoming
        return min((due.at for due in upcoming if due.at <= instant), default=None)

    async def settle(self) -> None:
        """Wait until nothing is under way: everything due done, every message sent, every workflow only waiting.

        Raises:
            ClockStuckError: this did not come about within `patience` of wall time.
        """
        if not await eventually(self._settled, self.patience):
            raise ClockStuckError(await self._complaint())

    async def _settled(self) -> bool:
        """Look once, cheapest first; bring forward who is behind.

        Sound because each look comes after what could undo the one before: a workflow at rest stirs only by a signal
        or its hour, a signal is sent before its message leaves the outbox, and is counted.
        """
        stirrings = self.engine.stirrings
        due, unsent = await self._look()
        if due:
            await self._press(due)
        if due or unsent:
            return False
        reached = self.to_engine(self._reached)
        behind = [each.id for each in self.engine.open.values() if each.is_delivery and each.now() < reached]
        await self.engine.bring(dict.fromkeys(behind, reached))
        if not await self.engine.at_rest() or any(await self._look()):
            return False
        return stirrings == self.engine.stirrings

    async def _press(self, due: list[Due]) -> None:
        """Bring those with something due to it; if that did not help soon, see first what became of the move."""
        if due != self._pressed_for:
            self._pressed_for, self._pressed_on_the_wall = due, time.monotonic()
        elif time.monotonic() - self._pressed_on_the_wall > SOON.total_seconds():
            await self.engine.at_rest()
        latest_last = sorted(due, key=lambda each: each.at)
        await self.engine.bring({each.workflow_id: self.to_engine(each.at) for each in latest_last})

    async def _look(self) -> tuple[list[Due], int]:
        """Return what is due by now, and how many messages wait."""
        outlook, now = await self.facts.outlook(), self.now()
        return [due for due in outlook.upcoming if due.at <= now], outlook.unsent

    async def _complaint(self) -> str:
        due, unsent = await self._look()
        lines = [f"the clock is stuck at {self.now():%Y-%m-%d %H:%M:%S}Z after {self.patience.total_seconds():.0f} s"]
        lines += [f"due since {each.at:%Y-%m-%d %H:%M:%S}Z: {each.workflow_id}" for each in due[:10]]
        lines += (await self.engine.restless())[:10]
        if unsent:
            lines.append(f"{unsent} messages wait in the outbox")
        return "\n  ".join(lines)


async def eventually(look: Callable[[], Awaitable[bool]], patience: timedelta = PATIENCE) -> bool:
    """Look again and again, ever less often (5 to 50 ms), until it is so or `patience` of wall time is over."""
    deadline, pause = time.monotonic() + patience.total_seconds(), 0.005
    while not await look():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True
