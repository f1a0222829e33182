"""Measures that are fair: shares of what was expected, who used up a deadline, lateness net of delay from above.

Days are working days, the first one not counted. Every division sums exactly: to the days there were, to the delay
there is, to a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import accumulate, pairwise

from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.timeliness import Tally

WHOLE = 1000
"""Shares are told in thousandths."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Thousandths of what was expected: handed in at all, and in time; None ("không áp dụng") where nothing was."""

    completeness: int | None
    timeliness: int | None


def measure(tally: Tally) -> Measure:
    """Return the shares of a tally, rounded down: only a whole thing is 1000."""
    if not tally.expected:
        return Measure(None, None)
    return Measure(
        WHOLE * (tally.on_time + tally.late) // tally.expected,
        WHOLE * tally.on_time // tally.expected,
    )


@dataclass(frozen=True, slots=True)
class Erosion:
    """Where the working days between the first issue and a due day went.

    `used`: by each level before it passed the task on; `left`: what remained for those who must answer; `over`: days
    the last level passed it on after the due day. `sum(used) + left = total`.
    """

    total: int
    used: tuple[int, ...]
    left: int
    over: int

    @property
    def shares(self) -> tuple[int, ...]:
        """Thousandths of the total by level, what was left last; their sum is exactly 1000 (all 0 without a day)."""
        return shares((*self.used, self.left))


def erosion(issued_on: Sequence[date], due_on: date, calendar: WorkCalendar) -> Erosion:
    """Return how a deadline eroded over a chain of documents, the root first, each implementing the one before.

    The n-th level used the days between the n-th issue and the next; a document dated before its parent used none.

    Raises:
        ValueError: there is no document.
    """
    if not issued_on:
        raise ValueError("a chain has a document")
    passed = list(accumulate(issued_on, max))
    total = max(calendar.working_days_between(passed[0], due_on), 0)
    reached = [calendar.working_days_between(passed[0], day) for day in passed]
    gone = [min(day, total) for day in reached]
    used = tuple(later - earlier for earlier, later in pairwise(gone))
    return Erosion(total, used, total - gone[-1], max(reached[-1] - total, 0))


def shares(parts: Sequence[int]) -> tuple[int, ...]:
    """Divide a thousand as parts divide their sum; what rounding leaves goes to the largest remainders, in their order.

    All 0 where there is nothing to divide.
    """
    whole = sum(parts)
    if not whole:
        return (0,) * len(parts)
    exact = [Fraction(WHOLE * part, whole) for part in parts]
    floors = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (floors[place] - exact[place], place))
    raised = set(by_remainder[: WHOLE - sum(floors)])
    return tuple(floor + (place in raised) for place, floor in enumerate(floors))


def net_delays(delays: Sequence[int | None]) -> tuple[int, ...]:
    """Return what each level of a chain, the top first, added to the delay that had reached it, in working days.

    A delay is how late a level was by its own due time (None: it had none); what came late from above is not its own.
    The net delays sum exactly to the greatest delay of the chain.
    """
    reached = list(accumulate((max(delay or 0, 0) for delay in delays), max, initial=0))
    return tuple(later - earlier for earlier, later in pairwise(reached))
