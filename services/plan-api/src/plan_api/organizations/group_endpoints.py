"""`/v1/groups`: named groups of units, used by the selectors of documents."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.organizations import groups
from plan_api.organizations.group_schemas import GroupChange, GroupEdit, GroupGiven, GroupPage, GroupView
from plan_api.requests import (
    Act,
    Answer,
    ServicesOf,
    act,
    act_once,
    if_match,
    reachable_database,
    respond,
    services_of,
)
from plan_api.rules.calendar import local_date

router = APIRouter(prefix="/v1/groups", tags=["units"])


async def _answer(doing: Act, group_id: UUID, status: int = 200) -> Answer:
    view = await groups.view(doing.connection, doing.caller, group_id, local_date(doing.now))
    return Answer(view, status=status, etag=view.row_version)


@router.get("", summary="List groups of units")
async def page(
    services: ServicesOf, caller: CallerOf, cursor: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> GroupPage:
    """Return a page of groups in Vietnamese order of their names."""
    async with reachable_database(), services.reading.connect() as connection:
        return await groups.page(connection, caller, cursor, limit)


@router.post("", status_code=201, summary="Create a group of units", response_model=GroupView)
async def create(request: Request, caller: CallerOf, given: GroupGiven) -> Response:
    """Create a group with its first members."""

    async def make(doing: Act) -> Answer:
        return await _answer(doing, await groups.create(doing, given), 201)

    return await act_once(request, caller, make)


@router.get("/{group_id}", summary="Read a group of units", response_model=GroupView)
async def read(services: ServicesOf, caller: CallerOf, group_id: UUID, on: date | None = None) -> Response:
    """Return a group with the units it means on a day (default today): successors stand for ended members."""
    async with reachable_database(), services.reading.connect() as connection:
        view = await groups.view(connection, caller, group_id, on or local_date(services.clock.now()))
    return respond(Answer(view, etag=view.row_version))


@router.patch("/{group_id}", summary="Rename a group of units", response_model=GroupView)
async def rename(request: Request, caller: CallerOf, group_id: UUID, edit: GroupEdit) -> Response:
    """Give a group another name."""
    version = if_match(request)

    async def change(doing: Act) -> Answer:
        await groups.rename(doing, group_id, version, edit)
        return await _answer(doing, group_id)

    return respond(await act(services_of(request), caller, change))


@router.post("/{group_id}/members", summary="Change a group's members", response_model=GroupView)
async def change_members(request: Request, caller: CallerOf, group_id: UUID, given: GroupChange) -> Response:
    """Take units in and out from a day."""

    async def change(doing: Act) -> Answer:
        await groups.change_members(doing, group_id, given)
        return await _answer(doing, group_id)

    return await act_once(request, caller, change)


@router.delete("/{group_id}", status_code=204, summary="Dissolve a group of units")
async def dissolve(request: Request, caller: CallerOf, group_id: UUID) -> Response:
    """End a group; what was issued to it stays."""

    async def end(doing: Act) -> Answer:
        view = await _answer(doing, group_id)
        await groups.dissolve(doing, group_id)
        return view

    await act(services_of(request), caller, end)
    return Response(status_code=204)
