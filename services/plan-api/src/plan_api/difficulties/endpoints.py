"""REST of difficulties and proposals: raise, list on either side, read, answer one or several at once."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.difficulties import service
from plan_api.difficulties.schemas import (
    DifficultyAnswered,
    DifficultyAnswerIn,
    DifficultyIn,
    DifficultyOut,
    DifficultyPage,
    DifficultyState,
    Side,
)
from plan_api.requests import Act, Answer, ServicesOf, act_once, reachable_database

router = APIRouter(prefix="/v1", tags=["difficulties"])


@router.post(
    "/documents/{document_id}/difficulties",
    status_code=201,
    response_model=DifficultyOut,
    summary="Raise a difficulty or proposal",
)
async def raise_(request: Request, caller: CallerOf, document_id: UUID, body: DifficultyIn) -> Response:
    """Tell the issuer's side what hinders a unit, or what it proposes; nothing owed changes."""

    async def action(doing: Act) -> Answer:
        raised = await service.raise_(doing, document_id, body)
        return Answer(raised, 201, location=f"/v1/difficulties/{raised.id}")

    return await act_once(request, caller, action)


@router.post(
    "/documents/{document_id}/difficulties/answer",
    response_model=DifficultyAnswered,
    summary="Answer one or several at once",
)
async def answer(request: Request, caller: CallerOf, document_id: UUID, body: DifficultyAnswerIn) -> Response:
    """Give one answer to all who asked the same; it stands as given."""

    async def action(doing: Act) -> Answer:
        return Answer(await service.answer(doing, document_id, body))

    return await act_once(request, caller, action)


@router.get("/difficulties", summary="List difficulties and proposals")
async def page(
    services: ServicesOf,
    caller: CallerOf,
    side: Annotated[Side | None, Query(description="raised below the caller, or received there to answer")] = None,
    document: UUID | None = None,
    unit: UUID | None = None,
    state: DifficultyState | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DifficultyPage:
    """Return what units below the caller raised or have to answer, newest first."""
    async with reachable_database(), services.engine.connect() as connection:
        return await service.page(connection, caller, side, document, unit, state, cursor, limit)


@router.get("/difficulties/{difficulty_id}", summary="Read a difficulty or proposal")
async def read(services: ServicesOf, caller: CallerOf, difficulty_id: UUID) -> DifficultyOut:
    """Return what was raised, with its answer."""
    async with reachable_database(), services.engine.connect() as connection:
        return await service.whole(connection, caller, difficulty_id)
