"""`/v1/reorganisations`: preview, carry out, read, undo."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import forget_callers, require
from plan_api.reorganisations import service
from plan_api.reorganisations.carrying_out import carry_out
from plan_api.reorganisations.schemas import ReorganisationIn, ReorganisationPage, ReorganisationReport
from plan_api.reorganisations.undoing import undo as take_back
from plan_api.requests import Act, Answer, ServicesOf, act_in_vain, act_once, reachable_database, respond, services_of
from plan_api.rules.access import Verb

router = APIRouter(prefix="/v1/reorganisations", tags=["reorganisations"])


@router.post("/preview", summary="Preview a reorganisation", response_model=ReorganisationReport)
async def preview(services: ServicesOf, caller: CallerOf, body: ReorganisationIn) -> Response:
    """Tell exactly what an order would change, and which operations are refused; nothing changes."""

    async def try_out(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.REORGANISE, None)
        return Answer(await carry_out(doing, body, preview=True))

    return respond(await act_in_vain(services, caller, try_out))


@router.post("", status_code=201, summary="Reorganise units", response_model=ReorganisationReport)
async def reorganise(request: Request, caller: CallerOf, body: ReorganisationIn) -> Response:
    """Carry an order out in one transaction: units, lines, seats, and what they owe in documents in force."""

    async def carry(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.REORGANISE, None)
        report = await carry_out(doing, body, preview=False)
        return Answer(report, status=201, location=f"/v1/reorganisations/{report.id}")

    answer = await act_once(request, caller, carry)
    forget_callers(services_of(request))
    return answer


@router.get("", summary="List reorganisations")
async def list_reorganisations(
    services: ServicesOf,
    caller: CallerOf,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReorganisationPage:
    """Return reorganisations, the newest first."""
    async with reachable_database(), services.reading.connect() as connection:
        await require(connection, caller, Verb.REORGANISE, None)
        return await service.page(connection, cursor, limit)


@router.get("/{reorganisation_id}", summary="Read a reorganisation")
async def get_reorganisation(services: ServicesOf, caller: CallerOf, reorganisation_id: UUID) -> ReorganisationReport:
    """Return what a reorganisation changed."""
    async with reachable_database(), services.reading.connect() as connection:
        await require(connection, caller, Verb.REORGANISE, None)
        return await service.one(connection, reorganisation_id)


@router.post("/{reorganisation_id}/undo", summary="Undo a reorganisation", response_model=ReorganisationReport)
async def undo(request: Request, caller: CallerOf, reorganisation_id: UUID) -> Response:
    """Restore what was before; refused, naming what, when something was built on it."""

    async def carry(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.REORGANISE, None)
        return Answer(await take_back(doing, reorganisation_id))

    return await act_once(request, caller, carry)
