"""`/v1/calendar/overrides`: swap days, make-up Saturdays and storm days, each with its legal reference."""

from datetime import date

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import require
from plan_api.calendar import service
from plan_api.calendar.schemas import OverrideGiven, OverrideList, OverrideView
from plan_api.requests import Act, Action, Answer, ServicesOf, act, reachable_database, respond, services_of
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


@router.put("/{on_date}", summary="Fix whether a day is worked", response_model=OverrideView)
async def put_override(request: Request, caller: CallerOf, on_date: date, given: OverrideGiven) -> Response:
    """Set a day's working status; repeating it is harmless. Armed ladders follow a calendar change separately."""

    async def put(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await service.put_override(doing, on_date, given))

    return await _change(request, caller, put)


@router.delete("/{on_date}", summary="Let the published calendar decide again", response_model=OverrideView)
async def delete_override(request: Request, caller: CallerOf, on_date: date) -> Response:
    """Delete a day's override; answers what was deleted."""

    async def delete(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.MANAGE_CALENDAR, None)
        return Answer(await service.delete_override(doing, on_date))

    return await _change(request, caller, delete)


async def _change(request: Request, caller: CallerOf, action: Action) -> Response:
    services = services_of(request)
    answer = await act(services, caller, action)
    service.forget_calendar(services)
    return respond(answer)
