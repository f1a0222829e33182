"""The working calendar of this installation: the published one with an administrator's overrides.

A process keeps the calendar for five seconds and rebuilds it only when the overrides changed. Whoever derives instants
that are kept (issue, hand-in, return, extension) holds the calendar still meanwhile and asks whether it is the newest,
so that a change finds all of them either not yet there or committed.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar import repository
from plan_api.calendar.schemas import OverrideList, OverrideView, PeriodList, PeriodOut
from plan_api.rules.calendar import DayOverride, WorkCalendar
from plan_api.rules.periods import Every, Period, derive_period, periods
from plan_api.services import Services

CALENDAR_SECONDS: Final = 5.0
_CACHE_KEY: Final = "calendar.work_calendar"


@dataclass(frozen=True, slots=True)
class _Kept:
    until: float
    stamp: tuple[int, datetime | None]
    calendar: WorkCalendar


async def work_calendar(connection: AsyncConnection, services: Services) -> WorkCalendar:
    """Return the calendar; overrides entered by another process count within five seconds, our own at once."""
    kept = services.cache.get(_CACHE_KEY)
    if isinstance(kept, _Kept) and kept.until > time.monotonic():
        return kept.calendar
    stamp = await repository.stamp(connection)
    if isinstance(kept, _Kept) and kept.stamp == stamp:
        calendar = kept.calendar
    else:
        calendar = build(map(day_override, await repository.overrides(connection)), services)
    services.cache[_CACHE_KEY] = _Kept(time.monotonic() + CALENDAR_SECONDS, stamp, calendar)
    return calendar


async def held_calendar(connection: AsyncConnection, services: Services) -> WorkCalendar:
    """Return the calendar as it is now, unchanged until the transaction ends; to be asked before any row is locked."""
    await repository.hold_still(connection)
    return await settled_calendar(connection, services)


async def alone(connection: AsyncConnection) -> None:
    """Wait for whoever arms or answers and keep the others waiting until the transaction ends: for who moves ladders.

    What they put on a ladder is then found, and what comes later reads what was changed. To be asked before any row is
    locked.
    """
    await repository.hold_for_change(connection)


async def settled_calendar(connection: AsyncConnection, services: Services) -> WorkCalendar:
    """Return the calendar as it is now, for who holds it still already (as `read.standing.lock_standing` does)."""
    kept = services.cache.get(_CACHE_KEY)
    if isinstance(kept, _Kept) and kept.stamp != await repository.stamp(connection):
        forget_calendar(services)
    return await work_calendar(connection, services)


def forget_calendar(services: Services) -> None:
    """Read the overrides again on next use: this process has just changed them."""
    services.cache.pop(_CACHE_KEY, None)


def build(overrides: Iterable[DayOverride], services: Services) -> WorkCalendar:
    """Return the calendar of some overrides."""
    return WorkCalendar(overrides, culture_day=services.settings.culture_day)


def day_override(row: Row[Any]) -> DayOverride:
    """Return an override as the rules know it."""
    return DayOverride(row.on_date, row.working, row.legal_reference, row.note or "", bool(row.estimate))


def view(row: Row[Any]) -> OverrideView:
    """Return an override as the API shows it."""
    return OverrideView(
        on_date=row.on_date,
        working=row.working,
        legal_reference=row.legal_reference,
        note=row.note,
        estimate=bool(row.estimate),
        created_at=row.created_at,
    )


async def overrides(connection: AsyncConnection, first: date | None, last: date | None) -> OverrideList:
    """Return overrides from a day to a day, both included."""
    return OverrideList(items=[view(row) for row in await repository.overrides(connection, first, last)])


async def reporting_periods(
    connection: AsyncConnection, services: Services, every: Every, year: int, day: int
) -> PeriodList:
    """Return the reporting periods of a year with the due time of their reports on a day of their last month."""
    days = await work_calendar(connection, services)
    return PeriodList(items=[_period_out(period, day, days) for period in periods(every, year)])


def _period_out(period: Period, day: int, days: WorkCalendar) -> PeriodOut:
    due = derive_period(period, day, days)
    return PeriodOut(
        period=period.code,
        title=period.title,
        data_from=period.data_from,
        data_until=period.data_until,
        due=period.due_rule(day),
        due_at=due.due_at,
        due_on=due.due_on,
        due_reasons=list(due.reasons),
    )
