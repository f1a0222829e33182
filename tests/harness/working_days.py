"""Working days of Viet Nam for expectations, on purpose not plan-api's own calendar: a test must not ask what it tests.

A rung speaks at 08:00 of its day; a due day is the last day on which a hand-in is in time.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

import holidays

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE_OPENS: Final = time(8)


@cache
def _published(year: int) -> Any:
    return holidays.country_holidays("VN", years=year)


def is_working(day: date) -> bool:
    """Return whether offices work on a day."""
    return bool(_published(day.year).is_working_day(day))


def shifted(day: date, days: int) -> date:
    """Return the working day so many working days after (before, if negative); 0: the day itself or the last before."""
    step = timedelta(days=1 if days > 0 else -1)
    left = abs(days)
    while left:
        day += step
        left -= is_working(day)
    while not is_working(day):
        day += step
    return day


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A distance in working days."""

    count: int

    def __neg__(self) -> Self:
        return type(self)(-self.count)


def working_days(count: int) -> WorkingDays:
    """Return a distance, to add to a due day or to take from it."""
    return WorkingDays(count)


@dataclass(frozen=True, slots=True)
class DueDay:
    """The last day in time; `due + working_days(2)` is 08:00 two working days after it."""

    day: date

    @classmethod
    def of(cls, due_at: datetime) -> Self:
        """Return the last day before the first instant too late."""
        return cls((due_at - timedelta(microseconds=1)).astimezone(VIETNAM).date())

    def __add__(self, distance: WorkingDays) -> datetime:
        return datetime.combine(shifted(self.day, distance.count), OFFICE_OPENS, VIETNAM)

    def __sub__(self, distance: WorkingDays) -> datetime:
        return self + -distance
