"""The internal HTTP API notifier pulls notices from and reports to; bearer internal token, never public."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from cascade_contracts.delivery import Clearance, ClearanceRequest, HandedOver, Handover, Outcomes
from fastapi import APIRouter, Depends, Query, Response

from plan_api.auth.internal import internal_caller
from plan_api.escalation import handover
from plan_api.read.notices import SUSPENDED
from plan_api.requests import ServicesOf, reachable_database

router = APIRouter(prefix="/internal/v1/batches", dependencies=[Depends(internal_caller)], include_in_schema=False)


@router.get("/{batch_id}/notices", response_model=Handover)
async def notices(
    services: ServicesOf,
    batch_id: UUID,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = handover.PAGE,
) -> Response:
    """Return a page of a batch's notices and what else waits, serialised once: hand-ins share this process's loop."""
    async with reachable_database(), services.reading.connect() as connection:
        pages = await handover.hand_over(connection, services, batch_id, after, limit)
    return Response(pages.model_dump_json().encode(), media_type="application/json")


@router.post("/handed", status_code=204)
async def handed(services: ServicesOf, body: HandedOver) -> None:
    """Record that notifier has these batches."""
    async with reachable_database(), services.engine.begin() as connection:
        await handover.handed(connection, body.notices, services.clock.now())


@router.post("/{batch_id}/clearance")
async def clearance(services: ServicesOf, batch_id: UUID, body: ClearanceRequest) -> Clearance:
    """Say which notices may still be sent."""
    async with reachable_database(), services.reading.connect() as connection:
        answer = await handover.clearance(connection, services, batch_id, body)
    if any(each.reason == SUSPENDED for each in answer.clearance.withheld):
        async with reachable_database(), services.engine.begin() as connection:
            settled = await handover.withhold_suspended(connection, services, batch_id, answer.clearance)
        answer = replace(answer, clearance=settled)
    if answer.changed:
        async with reachable_database(), services.engine.begin() as connection:
            notices = await handover.readdressed(connection, services, batch_id, answer.changed)
        return answer.clearance.model_copy(update={"readdressed": notices})
    return answer.clearance


@router.post("/{batch_id}/outcomes", status_code=204)
async def outcomes(services: ServicesOf, batch_id: UUID, body: Outcomes) -> None:
    """Record outcomes."""
    async with reachable_database(), services.engine.begin() as connection:
        await handover.outcomes(connection, batch_id, body, services.clock.now())
