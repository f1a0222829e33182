"""Tasks of plans: the time frame as documents state it, and whether a lower plan takes its parents' tasks up.

A frame is a quarter, a year, days, or none (a standing task). A lower task derives from tasks of a parent; what the
issuer leads itself has to be taken up, what it only coordinates is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

K = TypeVar("K")


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QuarterFrame(_Frame):
    """Within a quarter (quý III năm 2026)."""

    form: Literal["quarter"]
    year: int = Field(ge=2000, le=2200)
    quarter: int = Field(ge=1, le=4)


class YearFrame(_Frame):
    """During a year (trong năm 2026)."""

    form: Literal["year"]
    year: int = Field(ge=2000, le=2200)


class DaysFrame(_Frame):
    """From a day (open when not given) until the last day in time."""

    form: Literal["dates"]
    from_on: date | None = None
    until_on: date

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.from_on is not None and self.until_on < self.from_on:
            raise ValueError("until_on lies before from_on")
        return self


class StandingFrame(_Frame):
    """A standing task (thường xuyên): no dates."""

    form: Literal["standing"]


Frame = Annotated[QuarterFrame | YearFrame | DaysFrame | StandingFrame, Field(discriminator="form")]

Span = tuple[date | None, date | None]
"""First and last day; None: open on that side."""

_MONTHS: Final = 3


def span(frame: QuarterFrame | YearFrame | DaysFrame | StandingFrame) -> Span:
    """Return the first and the last day of a frame."""
    match frame:
        case QuarterFrame(year=year, quarter=quarter):
            first = date(year, (quarter - 1) * _MONTHS + 1, 1)
            following = date(year + 1, 1, 1) if quarter == 4 else date(year, quarter * _MONTHS + 1, 1)
            return first, following - timedelta(days=1)
        case YearFrame(year=year):
            return date(year, 1, 1), date(year, 12, 31)
        case DaysFrame():
            return frame.from_on, frame.until_on
        case StandingFrame():
            return None, None


def ends_after(lower: Span, upper: Span) -> bool:
    """Return whether a derived task may still be under way when the task it derives from must be done."""
    if upper[1] is None:
        return False
    return lower[1] is None or lower[1] > upper[1]


class GapKind(StrEnum):
    """Why a parent's task is not covered by a plan."""

    NOT_TAKEN_UP = "not_taken_up"
    QUANTITY_SHORT = "quantity_short"
    ENDS_LATER = "ends_later"


@dataclass(frozen=True, slots=True)
class Above(Generic[K]):
    """A parent's task; `required`: the plan's issuer leads it (or every assignee does)."""

    key: K
    required: bool
    span: Span
    quantity: Decimal | None = None
    measure: str | None = None
    shared: bool = False
    """Every assignee does its part: the quantity is that of all together."""


@dataclass(frozen=True, slots=True)
class Below(Generic[K]):
    """A task of the plan and the parents' tasks it derives from."""

    derives_from: frozenset[K]
    span: Span
    quantity: Decimal | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class Gap(Generic[K]):
    """A parent's task the plan does not cover; `short_by` in the task's measure."""

    key: K
    kind: GapKind
    required: bool
    short_by: Decimal | None = None


def gaps(above: Iterable[Above[K]], below: Iterable[Below[K]]) -> list[Gap[K]]:
    """Return what a plan leaves uncovered of its parents' tasks, in their order; one gap a task, the gravest first."""
    taken = list(below)
    found = []
    for task in above:
        derived = [lower for lower in taken if task.key in lower.derives_from]
        if not derived:
            found.append(Gap(task.key, GapKind.NOT_TAKEN_UP, task.required))
        elif short := _short(task, derived):
            found.append(Gap(task.key, GapKind.QUANTITY_SHORT, task.required, short))
        elif any(ends_after(lower.span, task.span) for lower in derived):
            found.append(Gap(task.key, GapKind.ENDS_LATER, task.required))
    return found


def _short(task: Above[K], derived: Iterable[Below[K]]) -> Decimal | None:
    """Return how much of the expected quantity is missing; only like is compared with like."""
    if task.quantity is None or task.shared or not task.required:
        return None
    alike = [lower.quantity for lower in derived if lower.quantity is not None and lower.measure == task.measure]
    missing = task.quantity - sum(alike, Decimal(0))
    return missing if alike and missing > 0 else None
