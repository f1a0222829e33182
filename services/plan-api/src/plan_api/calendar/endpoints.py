"""`/v1/calendar`: overrides (swap days, make-up Saturdays, storms) with legal reference, and reporting periods."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import require
from plan_api.calendar import reprojecting, service
from plan_api.calendar.schemas import (
    ImportGiven,
    OverrideChanged,
    OverrideGiven,
    OverrideList,
    PeriodList,
    PreviewGiven,
    Reprojection,
)
from plan_api.requests import (
    Act,
    Action,
    Answer,
    ServicesOf,
    act,
    act_once,
    reachable_database,
    respond,
    services_of,
)
from plan_api.rules.access import Verb
from plan_api.rules.periods import FIRST_DAY, LAST_SENDING_DAY, Every

router = APIRouter(prefix="/v1/calendar", tags=["calendar"])


@router.get("/overrides", summary="List calendar overrides")
async def list_overrides(
    services: ServicesOf, caller: CallerOf, first: date | None = None, last: date | None = None
) -> OverrideList:
    """Return overrides from `first` to `last`, both included; any account may read them."""
    del caller
    async with reachable_database(), services.engine.connect() as connection:
        return await service.overrides(connection, first, last)


@router.post("/overrides/preview", summary="See what days would move")
async def preview(services: ServicesOf, caller: CallerOf, given: PreviewGiven) -> Reprojection:
    """Return the rounds and steps that setting and deleting these days would move; nothing is changed."""
    async with reachable_database(), services.engine.connect() as connection:
        await require(connection, caller, Verb.MANAGE_CALENDAR, None)
        return await reprojecting.preview(connection, services, given)


@router.post("/overrides/import", summary="Fix many days at once", response_model=Reprojection)
async def import_overrides(request: Request, caller: CallerOf, given: ImportGiven) -> Response:
    """Set days together, all or none; what they move is moved once."""

    async def put(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await reprojecting.put_overrides(doing, given.given()))

    response = await act_once(request, caller, put)
    service.forget_calendar(services_of(request))
    return response


@router.put("/overrides/{on_date}", summary="Fix whether a day is worked", response_model=OverrideChanged)
async def put_override(request: Request, caller: CallerOf, on_date: date, given: OverrideGiven) -> Response:
    """Set a day's working status and move what it moves; repeating it is harmless."""

    async def put(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await reprojecting.put_override(doing, on_date, given))

    return await _change(request, caller, put)


@router.delete(
    "/overrides/{on_date}", summary="Let the published calendar decide again", response_model=OverrideChanged
)
async def delete_override(request: Request, caller: CallerOf, on_date: date) -> Response:
    """Delete a day's override and move what that moves; answers what was deleted."""

    async def delete(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await reprojecting.delete_override(doing, on_date))

    return await _change(request, caller, delete)


@router.get("/periods", summary="Reporting periods of a year")
async def list_periods(
    services: ServicesOf,
    caller: CallerOf,
    every: Every,
    year: Annotated[int, Query(ge=1976, le=2199)],
    day: Annotated[int, Query(ge=FIRST_DAY, le=31)] = LAST_SENDING_DAY,
) -> PeriodList:
    """Return a year's periods as Decree 09/2019/NĐ-CP cuts them, each with the `due` a round may take over as it is.

    `day` is the day of the period's last month the report is due on; any account may read them.
    """
    del caller
    async with reachable_database(), services.engine.connect() as connection:
        return await service.reporting_periods(connection, services, every, year, day)


async def _change(request: Request, caller: CallerOf, action: Action) -> Response:
    services = services_of(request)
    answer = await act(services, caller, action)
    service.forget_calendar(services)
    return respond(answer)
