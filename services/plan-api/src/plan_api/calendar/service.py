"""The working calendar of this installation: the published one with an administrator's overrides.

A process keeps the calendar for five seconds and rebuilds it only when the overrides changed.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from cascade_contracts.ids import new_id
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar.models import CalendarOverride
from plan_api.calendar.schemas import OverrideGiven, OverrideList, OverrideView
from plan_api.requests import Act
from plan_api.rules.calendar import DayOverride, WorkCalendar
from plan_api.services import Services

OVERRIDE: Final = CalendarOverride.__table__  # type: ignore[attr-defined]
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
    stamp = tuple((await connection.execute(select(func.count(), func.max(OVERRIDE.c.created_at)))).one())
    if isinstance(kept, _Kept) and kept.stamp == stamp:
        calendar = kept.calendar
    else:
        calendar = _build(await _all(connection), services)
    services.cache[_CACHE_KEY] = _Kept(time.monotonic() + CALENDAR_SECONDS, stamp, calendar)
    return calendar


def forget_calendar(services: Services) -> None:
    """Read the overrides again on next use: this process has just changed them."""
    services.cache.pop(_CACHE_KEY, None)


def _build(rows: Iterable[Row[Any]], services: Services) -> WorkCalendar:
    overrides = [DayOverride(row.on_date, row.working, row.legal_reference, row.note or "") for row in rows]
    return WorkCalendar(overrides, culture_day=services.settings.culture_day)


async def _all(connection: AsyncConnection, first: date | None = None, last: date | None = None) -> list[Row[Any]]:
    statement = select(OVERRIDE).order_by(OVERRIDE.c.on_date)
    if first is not None:
        statement = statement.where(OVERRIDE.c.on_date >= first)
    if last is not None:
        statement = statement.where(OVERRIDE.c.on_date <= last)
    return list((await connection.execute(statement)).all())


def _view(row: Any) -> OverrideView:
    return OverrideView(
        on_date=row.on_date,
        working=row.working,
        legal_reference=row.legal_reference,
        note=row.note,
        created_at=row.created_at,
    )


async def overrides(connection: AsyncConnection, first: date | None, last: date | None) -> OverrideList:
    """Return overrides from a day to a day, both included."""
    return OverrideList(items=[_view(row) for row in await _all(connection, first, last)])


async def put_override(doing: Act, on_date: date, given: OverrideGiven) -> OverrideView:
    """Set the working status of a day; putting the same again changes nothing but who did it and when."""
    values = {
        "on_date": on_date,
        **given.model_dump(),
        "account_id": doing.caller.account_id,
        "created_at": doing.now,
    }
    await doing.connection.execute(
        upsert(OVERRIDE).values(values).on_conflict_do_update(index_elements=[OVERRIDE.c.on_date], set_=values)
    )
    doing.record("override_day", "calendar", new_id(), on=on_date, **given.model_dump())
    return OverrideView(on_date=on_date, created_at=doing.now, **given.model_dump())


async def delete_override(doing: Act, on_date: date) -> OverrideView:
    """Let the published calendar decide about a day again; return what was deleted.

    Raises:
        NotFound: the day has no override.
    """
    statement = delete(OVERRIDE).where(OVERRIDE.c.on_date == on_date).returning(*OVERRIDE.c)
    row = (await doing.connection.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what="calendar override")
    doing.record("delete_override", "calendar", new_id(), on=on_date)
    return _view(row)
