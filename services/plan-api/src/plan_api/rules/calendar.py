"""The working calendar of Vietnamese offices, and the passage between local dates and UTC instants.

Days are local dates in Asia/Ho_Chi_Minh, instants aware UTC datetimes. Public holidays, swap days and make-up Saturdays
come from `holidays` (Labour Code 2019, Art. 112); overrides entered by an administrator win over them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from plan_api.rules.vietnamese import format_date, weekday_name

TIME_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_ONE_DAY: Final = timedelta(days=1)
_PUBLISHED: Final = version("holidays")
_CULTURE_DAY: Final = "Ngày Văn hóa Việt Nam"


def local_instant(on: date, at_time: time) -> datetime:
    """Return the UTC instant of a local wall-clock time."""
    return datetime.combine(on, at_time, TIME_ZONE).astimezone(UTC)


def start_of_day(on: date) -> datetime:
    """Return the UTC instant at which a local day begins."""
    return local_instant(on, time.min)


def local_date(at: datetime) -> date:
    """Return the local date of an aware instant."""
    if at.tzinfo is None:
        raise ValueError("an instant must be aware")
    return at.astimezone(TIME_ZONE).date()


def format_instant(at: datetime) -> str:
    """Return an aware instant as local "HH:MM ngày dd/mm/yyyy"."""
    local = at.astimezone(TIME_ZONE)
    return f"{local.hour:02}:{local.minute:02} ngày {format_date(local.date())}"


@dataclass(frozen=True, slots=True)
class DayOverride:
    """A day whose working status an administrator fixed, with the text it rests on; `estimate`: not yet announced."""

    on_date: date
    working: bool
    legal_reference: str = ""
    note: str = ""
    estimate: bool = False


@lru_cache(maxsize=128)
def _published_year(year: int) -> tuple[dict[date, str], frozenset[date]]:
    published = holidays.country_holidays("VN", years=year, language="vi")
    published.expand = False
    return dict(published.items()), frozenset(day for day in published.weekend_workdays if day.year == year)


class WorkCalendar:
    """Which days offices work.

    Immutable. `culture_day` says whether 24/11 (from 2026; NQ 80-NQ/TW) is a day off, its legal basis being unsettled.
    Two calendars of the same content have the same `version`, so it tells when armed ladders rest on an older one.
    """

    __slots__ = ("_culture_day", "_known", "_overrides", "version")

    def __init__(self, overrides: Iterable[DayOverride] = (), culture_day: bool = True) -> None:
        self._overrides: dict[date, DayOverride] = {}
        for override in overrides:
            if override.on_date in self._overrides:
                raise ValueError(f"two overrides for {override.on_date.isoformat()}")
            self._overrides[override.on_date] = override
        self._culture_day = culture_day
        self._known: dict[date, bool] = {}
        content = ";".join(f"{on}={day.working:d}" for on, day in sorted(self._overrides.items()))
        self.version: str = sha256(f"{_PUBLISHED}|{culture_day:d}|{content}".encode()).hexdigest()[:16]

    def is_working_day(self, on: date) -> bool:
        """Return whether offices work on this day."""
        known = self._known.get(on)
        if known is None:
            known = self._known[on] = self._find(on)
        return known

    def _find(self, on: date) -> bool:
        override = self._overrides.get(on)
        if override is not None:
            return override.working
        if self._holiday(on) is not None:
            return False
        return on.weekday() < 5 or on in _published_year(on.year)[1]

    def _holiday(self, on: date) -> str | None:
        name = _published_year(on.year)[0].get(on)
        if name is None or (not self._culture_day and name.startswith(_CULTURE_DAY)):
            return None
        return name

    def reason(self, on: date) -> str | None:
        """Return in Vietnamese why a day is off, or why a weekend day is worked; None for what needs no reason."""
        override = self._overrides.get(on)
        if override is not None:
            head = "ngày làm việc" if override.working else "ngày nghỉ"
            detail = ", ".join(part for part in (override.note, override.legal_reference) if part)
            basis = "ước tính, chưa có thông báo" if override.estimate else "theo thông báo"
            return f"{head} {basis} ({detail})" if detail else f"{head} {basis}"
        holiday = self._holiday(on)
        if holiday is not None:
            return holiday
        if on.weekday() < 5:
            return None
        return "ngày làm bù" if self.is_working_day(on) else f"{weekday_name(on)}, ngày nghỉ hằng tuần"

    def working_day_on_or_after(self, on: date) -> date:
        """Return the day itself if it is worked, else the next working day."""
        while not self.is_working_day(on):
            on += _ONE_DAY
        return on

    def working_day_on_or_before(self, on: date) -> date:
        """Return the day itself if it is worked, else the last working day before it."""
        while not self.is_working_day(on):
            on -= _ONE_DAY
        return on

    def shift(self, on: date, days: int) -> date:
        """Return the n-th working day after (n > 0) or before (n < 0) a day; 0 gives the day itself, worked or not."""
        step = _ONE_DAY if days > 0 else -_ONE_DAY
        for _ in range(abs(days)):
            on += step
            while not self.is_working_day(on):
                on += step
        return on

    def working_days_between(self, first: date, last: date) -> int:
        """Count the working days after `first` up to and including `last`; negative when `last` is earlier.

        The first day is not counted (Civil Code 2015, Art. 147).
        """
        if last < first:
            return -self.working_days_between(last, first)
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(1 for day in days if self.is_working_day(day))
