"""The one injected source of the present, and its relation to the workflow engine's time.

Facts may live at an offset from the engine's clock (rehearsals of other days, scenarios of other years): the offset is
applied here and where instants cross to Temporal, nowhere else. It can be set when a process starts, never over HTTP.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the present of the facts and translates instants to and from the engine."""

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        ...

    def to_engine(self, at: datetime) -> datetime:
        """Return the engine's instant of a fact's instant."""
        ...

    def from_engine(self, at: datetime) -> datetime:
        """Return the fact's instant of an engine's instant."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock, shifted by a constant offset (facts = engine + offset)."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the machine's present plus the offset."""
        return datetime.now(UTC) + self.offset

    def to_engine(self, at: datetime) -> datetime:
        """Return `at` without the offset."""
        return at - self.offset

    def from_engine(self, at: datetime) -> datetime:
        """Return `at` with the offset."""
        return at + self.offset
