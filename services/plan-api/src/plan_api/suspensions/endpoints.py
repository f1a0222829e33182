"""`/v1/units/{id}`: suspend and resume a unit, or a commune with everything under it; each with its preview."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.requests import Act, Answer, ServicesOf, act_in_vain, act_once, reachable_database, respond
from plan_api.suspensions import service
from plan_api.suspensions.schemas import ResumeIn, SuspendIn, SuspensionPage, UnitsResumed, UnitsSuspended

router = APIRouter(prefix="/v1/units", tags=["units"])


@router.post("/{unit_id}/suspend", response_model=UnitsSuspended, summary="Leave a unit alone for a while")
async def suspend(request: Request, caller: CallerOf, unit_id: UUID, body: SuspendIn) -> Response:
    """Suspend a unit, or it and everything under it: nobody chases them until resumed; answers are still taken."""

    async def action(doing: Act) -> Answer:
        return Answer(await service.suspend(doing, unit_id, body))

    return await act_once(request, caller, action)


@router.post("/{unit_id}/suspend/preview", response_model=UnitsSuspended, summary="See what would stand still")
async def preview_suspension(services: ServicesOf, caller: CallerOf, unit_id: UUID, body: SuspendIn) -> Response:
    """Return what suspending would answer now; nothing changes."""

    async def action(doing: Act) -> Answer:
        return Answer(await service.suspend(doing, unit_id, body))

    return respond(await act_in_vain(services, caller, action))


@router.post("/{unit_id}/resume", response_model=UnitsResumed, summary="Let a unit go on")
async def resume(request: Request, caller: CallerOf, unit_id: UUID, body: ResumeIn) -> Response:
    """Resume a unit and those suspended with it; due days move by the working days lost, or stay."""

    async def action(doing: Act) -> Answer:
        return Answer(await service.resume(doing, unit_id, body))

    return await act_once(request, caller, action)


@router.post("/{unit_id}/resume/preview", response_model=UnitsResumed, summary="See what would go on, and when")
async def preview_resumption(services: ServicesOf, caller: CallerOf, unit_id: UUID, body: ResumeIn) -> Response:
    """Return what resuming would answer now; nothing changes and nobody is told."""

    async def action(doing: Act) -> Answer:
        return Answer(await service.resume(doing, unit_id, body))

    return respond(await act_in_vain(services, caller, action))


@router.get("/{unit_id}/suspensions", summary="List a unit's suspensions")
async def list_suspensions(
    services: ServicesOf,
    caller: CallerOf,
    unit_id: UUID,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SuspensionPage:
    """Return when a unit was left alone and why, the newest first."""
    async with reachable_database(), services.engine.connect() as connection:
        return await service.page(connection, caller, unit_id, cursor, limit)
