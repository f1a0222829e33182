"""Reporting periods as Decree 09/2019/NĐ-CP cuts them: data up to the 14th of its last month, then the report."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Self

from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.due import Due, DueRule, OnDate, WithinPeriod, derive_due
from plan_api.rules.vietnamese import format_date

FIRST_DAY: Final = 15
"""Data of a period begin on this day of the month before it (Art. 12)."""
LAST_SENDING_DAY: Final = 25
"""Ministries and provinces report by this day of the last month (Art. 13); lower tiers by days of their own."""


class Every(StrEnum):
    """How often a report returns."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_MONTHS: Final = {Every.MONTH: 1, Every.QUARTER: 3, Every.HALF_YEAR: 6, Every.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """One reporting period: `number` counts within its year from 1; data from and until are both included."""

    every: Every
    year: int
    number: int

    @property
    def last_month(self) -> int:
        """The month the period ends with."""
        return self.number * _MONTHS[self.every]

    @property
    def code(self) -> str:
        """How a round names it: `2026-03`, `2026-Q1`, `2026-H1`, `2026`."""
        match self.every:
            case Every.MONTH:
                return f"{self.year}-{self.number:02}"
            case Every.QUARTER:
                return f"{self.year}-Q{self.number}"
            case Every.HALF_YEAR:
                return f"{self.year}-H{self.number}"
            case _:
                return str(self.year)

    @property
    def title(self) -> str:
        """How a document names it, in Vietnamese."""
        match self.every:
            case Every.MONTH:
                return f"tháng {self.number} năm {self.year}"
            case Every.QUARTER:
                return f"quý {('I', 'II', 'III', 'IV')[self.number - 1]} năm {self.year}"
            case Every.HALF_YEAR:
                return f"6 tháng {('đầu', 'cuối')[self.number - 1]} năm {self.year}"
            case _:
                return f"năm {self.year}"

    @property
    def first_day(self) -> date:
        """The first day of its first month."""
        return date(self.year, self.last_month - _MONTHS[self.every] + 1, 1)

    def after(self) -> Self:
        """Return the period that follows."""
        last = self.last_month == 12
        return replace(self, year=self.year + last, number=1 if last else self.number + 1)

    def before(self) -> Self:
        """Return the period before."""
        first = self.number == 1
        return replace(self, year=self.year - first, number=12 // _MONTHS[self.every] if first else self.number - 1)

    @property
    def data_from(self) -> date:
        """The first day of its data."""
        before = self.last_month - _MONTHS[self.every]
        return date(self.year, before, FIRST_DAY) if before else date(self.year - 1, 12, FIRST_DAY)

    @property
    def data_until(self) -> date:
        """The last day of its data."""
        return date(self.year, self.last_month, FIRST_DAY - 1)

    def due_rule(self, day: int = LAST_SENDING_DAY) -> OnDate:
        """Return the rule of a report due on a day of the period's last month, `day` from 15 on, no later than its end.

        Rolled to a working day it always leaves one working day after the data's end (Art. 8.5).
        """
        following = date(self.year + self.last_month // 12, self.last_month % 12 + 1, 1)
        return OnDate(date=min(date(self.year, self.last_month, 1) + timedelta(days=day - 1), following - timedelta(1)))


def period_on(every: Every, day: date) -> Period:
    """Return the period whose months a day lies in."""
    return Period(every, day.year, (day.month - 1) // _MONTHS[every] + 1)


_CODES: Final = {
    Every.MONTH: re.compile(r"(\d{4})-(0[1-9]|1[0-2])"),
    Every.QUARTER: re.compile(r"(\d{4})-Q([1-4])"),
    Every.HALF_YEAR: re.compile(r"(\d{4})-H([12])"),
    Every.YEAR: re.compile(r"(\d{4})()"),
}


def read_period(every: Every, code: str) -> Period | None:
    """Return the period a code names, or None where it names none of this length."""
    match = _CODES[every].fullmatch(code)
    return None if match is None else Period(every, int(match[1]), int(match[2] or 1))


def recurring_due(period: Period, day: int | None, *, following: bool) -> DueRule:
    """Return when the report of a period is due: on a day of its last month, or of the month after; within it without.

    A day past the month's end is its last day.
    """
    if day is None:
        match period.every:
            case Every.MONTH:
                return WithinPeriod(year=period.year, month=period.number)
            case Every.QUARTER:
                return WithinPeriod(year=period.year, quarter=period.number)
            case Every.HALF_YEAR:
                return WithinPeriod(year=period.year, half=period.number)
            case _:
                return WithinPeriod(year=period.year)
    if not following:
        return period.due_rule(day)
    first = period.after().first_day
    last = period_on(Every.MONTH, first).after().first_day - timedelta(days=1)
    return OnDate(date=min(first + timedelta(days=day - 1), last))


def periods(every: Every, year: int) -> tuple[Period, ...]:
    """Return the periods of a year in order."""
    return tuple(Period(every, year, number) for number in range(1, 12 // _MONTHS[every] + 1))


def derive_period(period: Period, day: int, calendar: WorkCalendar) -> Due:
    """Derive when the report of a period is due; the derivation begins with its data's days."""
    due = derive_due(period.due_rule(day), calendar)
    told = (
        f"số liệu {period.title} tính từ {format_date(period.data_from)} đến {format_date(period.data_until)} "
        "(Nghị định 09/2019/NĐ-CP, Điều 12)"
    )
    return Due(due.due_at, due.due_on, due.last_working_on, (told, *due.reasons))
