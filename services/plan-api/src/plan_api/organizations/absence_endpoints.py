"""`/v1/seats/{id}/absences` and `/v1/absences`: who is away, and who answers meanwhile."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.organizations import absences
from plan_api.organizations.schemas import AbsenceEnd, AbsenceGiven, AbsenceList, AbsenceView
from plan_api.requests import Act, Answer, ServicesOf, act, act_once, respond

router = APIRouter(tags=["units"])


@router.get("/v1/seats/{seat_id}/absences", summary="List a seat's absences", response_model=AbsenceList)
async def of_seat(services: ServicesOf, caller: CallerOf, seat_id: UUID) -> Response:
    """Return the absences of a seat's holder that are under way or to come."""

    async def read(doing: Act) -> Answer:
        return Answer(await absences.of_seat(doing, seat_id))

    return respond(await act(services, caller, read))


@router.post("/v1/seats/{seat_id}/absences", status_code=201, summary="Record an absence", response_model=AbsenceList)
async def declare(request: Request, caller: CallerOf, seat_id: UUID, given: AbsenceGiven) -> Response:
    """Record that the holder of a seat is away for a span and who answers meanwhile."""

    async def away(doing: Act) -> Answer:
        return Answer(await absences.declare(doing, seat_id, given), status=201)

    return await act_once(request, caller, away)


@router.post("/v1/absences/{absence_id}/end", summary="End an absence", response_model=AbsenceView)
async def end(request: Request, caller: CallerOf, absence_id: UUID, given: AbsenceEnd) -> Response:
    """Set the first day back; from then on messages go to the holder again and the substitute's links open nothing."""

    async def back(doing: Act) -> Answer:
        return Answer(await absences.end(doing, absence_id, given))

    return await act_once(request, caller, back)
