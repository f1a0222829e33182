"""`/v1/seats/{id}/zalo-code` and `/v1/seats/{id}/zalo-unlink`, and notifier's side of it under `/internal/v1/zalo`."""

from uuid import UUID

from cascade_contracts.zalo import ZaloLeft, ZaloLinked, ZaloSaid, ZaloUnlinked
from fastapi import APIRouter, Depends, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.internal import internal_caller
from plan_api.organizations import zalo
from plan_api.organizations.schemas import ZaloCodeView, ZaloLinkView
from plan_api.requests import SUPERVISION, Act, Answer, ServicesOf, act, act_once, respond

router = APIRouter(tags=["units"])
internal = APIRouter(prefix="/internal/v1/zalo", dependencies=[Depends(internal_caller)], include_in_schema=False)


@router.post(
    "/v1/seats/{seat_id}/zalo-code", status_code=201, summary="Make a code to link Zalo", response_model=ZaloCodeView
)
async def issue(request: Request, caller: CallerOf, seat_id: UUID) -> Response:
    """Make a one-time code for the holder of a seat, who sends it to the Official Account within half an hour."""

    async def make(doing: Act) -> Answer:
        return Answer(await zalo.issue(doing, seat_id), status=201)

    return await act_once(request, caller, make)


@router.post("/v1/seats/{seat_id}/zalo-unlink", summary="Unlink Zalo", response_model=ZaloLinkView)
async def unlink(request: Request, caller: CallerOf, seat_id: UUID) -> Response:
    """Forget the Zalo of a seat's holder; notices go by telephone number or e-mail again."""

    async def forget(doing: Act) -> Answer:
        return Answer(await zalo.unlink(doing, seat_id))

    return await act_once(request, caller, forget)


@internal.post("/links", response_model=ZaloLinked)
async def said(services: ServicesOf, body: ZaloSaid) -> Response:
    """Link who wrote a code to the account."""

    async def link(doing: Act) -> Answer:
        return Answer(ZaloLinked(outcome=await zalo.link(doing, body)))

    return respond(await act(services, SUPERVISION, link))


@internal.post("/unlinks", response_model=ZaloUnlinked)
async def left(services: ServicesOf, body: ZaloLeft) -> Response:
    """Unlink who left the account."""

    async def forget(doing: Act) -> Answer:
        return Answer(ZaloUnlinked(holders=await zalo.left(doing, body)))

    return respond(await act(services, SUPERVISION, forget))
