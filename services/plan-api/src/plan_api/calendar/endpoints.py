"""`/v1/calendar/overrides`: swap days, make-up Saturdays and storm days, each with its legal reference."""

from datetime import date

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import require
from plan_api.calendar import reprojecting, service
from plan_api.calendar.schemas import (
    ImportGiven,
    OverrideChanged,
    OverrideGiven,
    OverrideList,
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

router = APIRouter(prefix="/v1/calendar/overrides", tags=["calendar"])


@router.get("", summary="List calendar overrides")
async def list_overrides(
    services: ServicesOf, caller: CallerOf, first: date | None = None, last: date | None = None
) -> OverrideList:
    """Return overrides from `first` to `last`, both included; any account may read them."""
    del caller
    async with reachable_database(), services.engine.connect() as connection:
        return await service.overrides(connection, first, last)


@router.post("/preview", summary="See what days would move")
async def preview(services: ServicesOf, caller: CallerOf, given: PreviewGiven) -> Reprojection:
    """Return the rounds and steps that setting and deleting these days would move; nothing is changed."""
    async with reachable_database(), services.engine.connect() as connection:
        await require(connection, caller, Verb.MANAGE_CALENDAR, None)
        return await reprojecting.preview(connection, services, given)


@router.post("/import", summary="Fix many days at once", response_model=Reprojection)
async def import_overrides(request: Request, caller: CallerOf, given: ImportGiven) -> Response:
    """Set days together, all or none; what they move is moved once."""

    async def put(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await reprojecting.put_overrides(doing, given.given()))

    response = await act_once(request, caller, put)
    service.forget_calendar(services_of(request))
    return response


@router.put("/{on_date}", summary="Fix whether a day is worked", response_model=OverrideChanged)
async def put_override(request: Request, caller: CallerOf, on_date: date, given: OverrideGiven) -> Response:
    """Set a day's working status and move what it moves; repeating it is harmless."""

    async def put(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await reprojecting.put_override(doing, on_date, given))

    return await _change(request, caller, put)


@router.delete("/{on_date}", summary="Let the published calendar decide again", response_model=OverrideChanged)
async def delete_override(request: Request, caller: CallerOf, on_date: date) -> Response:
    """Delete a day's override and move what that moves; answers what was deleted."""

    async def delete(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await reprojecting.delete_override(doing, on_date))

    return await _change(request, caller, delete)


async def _change(request: Request, caller: CallerOf, action: Action) -> Response:
    services = services_of(request)
    answer = await act(services, caller, action)
    service.forget_calendar(services)
    return respond(answer)
