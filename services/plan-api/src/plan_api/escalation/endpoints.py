"""`/v1/policies` and `/v1/documents/{id}/rearm`: how units are chased, in versions."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.escalation import policies
from plan_api.escalation.rearming import rearm as arm_again
from plan_api.escalation.schemas import Code, PolicyGiven, PolicyList, PolicyView, RearmIn, Rearming
from plan_api.requests import (
    Act,
    Answer,
    ServicesOf,
    act_in_vain,
    act_once,
    reachable_database,
    respond,
)

router = APIRouter(prefix="/v1", tags=["policies"])


@router.get("/policies", summary="List escalation policies")
async def listing(services: ServicesOf, caller: CallerOf, code: Code | None = None) -> PolicyList:
    """Return every version of every policy (of one, with `code`), the newest of each first."""
    del caller
    async with reachable_database(), services.reading.connect() as connection:
        return await policies.listing(connection, code)


@router.post(
    "/policies/{code}/versions", status_code=201, summary="Add a version of a policy", response_model=PolicyView
)
async def add_version(request: Request, caller: CallerOf, code: Code, given: PolicyGiven) -> Response:
    """Add the next version of a policy, or the first of a new one; what is armed keeps the version it has."""

    async def add(doing: Act) -> Answer:
        return Answer(await policies.add_version(doing, code, given), status=201)

    return await act_once(request, caller, add)


@router.post("/documents/{document_id}/rearm/preview", summary="Preview arming again", response_model=Rearming)
async def preview(services: ServicesOf, caller: CallerOf, document_id: UUID, given: RearmIn) -> Response:
    """Tell which steps would fire when, which have spoken already and which fall away; nothing changes."""

    async def try_out(doing: Act) -> Answer:
        return Answer(await arm_again(doing, document_id, given))

    return respond(await act_in_vain(services, caller, try_out))


@router.post("/documents/{document_id}/rearm", summary="Arm a document again", response_model=Rearming)
async def rearm(request: Request, caller: CallerOf, document_id: UUID, given: RearmIn) -> Response:
    """Let a policy version take over a document's unsettled rounds; no step speaks twice, none that is due is lost."""

    async def arm(doing: Act) -> Answer:
        return Answer(await arm_again(doing, document_id, given))

    return await act_once(request, caller, arm)
