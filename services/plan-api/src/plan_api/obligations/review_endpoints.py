"""REST around a review: hold a submission still, take down what a unit says, note calls, confirm."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.obligations import reviewing, speaking_for
from plan_api.obligations.endpoints import once
from plan_api.obligations.schemas import CallIn, CallOut, HandInOut, ObligationOut, OnBehalfIn

router = APIRouter(prefix="/v1/obligations/{obligation_id}", tags=["obligations"])


@router.post("/freeze", response_model=ObligationOut, summary="Hold a submission still")
async def freeze(request: Request, caller: CallerOf, obligation_id: UUID) -> Response:
    """Take no other version while what was handed in is read; accepting, returning or letting go ends it."""
    return await once(request, caller, lambda doing: reviewing.freeze(doing, obligation_id))


@router.post("/unfreeze", response_model=ObligationOut, summary="Let a submission go")
async def unfreeze(request: Request, caller: CallerOf, obligation_id: UUID) -> Response:
    """Take other versions again."""
    return await once(request, caller, lambda doing: reviewing.unfreeze(doing, obligation_id))


@router.post("/submissions/on-behalf", status_code=201, response_model=HandInOut, summary="Enter for a unit")
async def on_behalf(request: Request, caller: CallerOf, obligation_id: UUID, body: OnBehalfIn) -> Response:
    """Take down what a unit says by telephone: who said it, who typed it; the unit confirms later."""
    return await once(request, caller, lambda doing: speaking_for.hand_in(doing, obligation_id, body), 201)


@router.post("/confirm", response_model=HandInOut, summary="Confirm what was entered for the unit")
async def confirm(request: Request, caller: CallerOf, obligation_id: UUID) -> Response:
    """Confirm, as the unit, the version somebody typed for it."""
    return await once(request, caller, lambda doing: speaking_for.confirm(doing, obligation_id))


@router.post("/calls", status_code=201, response_model=CallOut, summary="Note a telephone call")
async def call(request: Request, caller: CallerOf, obligation_id: UUID, body: CallIn) -> Response:
    """Note whom the reviewing side spoke with about what is still owed, and what was promised."""
    return await once(request, caller, lambda doing: speaking_for.call(doing, obligation_id, body), 201)
