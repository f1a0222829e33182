"""`/v1/notices`: what was sent to whom about what, what became of it, and sending it again."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from cascade_contracts.vocabulary import Channel, NewsKind, NoticeState, StepKind
from fastapi import APIRouter, Depends, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.escalation import resending
from plan_api.notices import service
from plan_api.notices.schemas import NoticeCounts, NoticeLog, NoticeWhole, ResendIn
from plan_api.read.notice_log import Filters
from plan_api.requests import Act, Answer, ServicesOf, act_once, reachable_database
from plan_api.rules.vietnamese import fold

router = APIRouter(prefix="/v1/notices", tags=["notices"])


async def _filters(
    document: UUID | None = None,
    unit: UUID | None = None,
    kind: StepKind | NewsKind | None = None,
    state: NoticeState | None = None,
    channel: Channel | None = None,
    since: Annotated[datetime | None, Query(description="made at this instant or later")] = None,
    until: Annotated[datetime | None, Query(description="made before this instant")] = None,
    q: Annotated[str | None, Query(max_length=200, description="in the unit's name, marks may be left out")] = None,
) -> Filters:
    return Filters(
        document_id=document,
        unit_id=unit,
        kind=kind,
        state=state,
        channel=channel,
        since=since,
        until=until,
        words=fold(q) if q else None,
    )


Narrowed = Annotated[Filters, Depends(_filters)]


@router.get("", summary="List notices")
async def page(
    services: ServicesOf,
    caller: CallerOf,
    filters: Narrowed,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NoticeLog:
    """Return notices to units below the caller, or about what these issued, newest first."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.page(connection, caller, filters, cursor, limit)


@router.get("/counts", summary="Count notices")
async def counts(services: ServicesOf, caller: CallerOf, filters: Narrowed) -> NoticeCounts:
    """Return how many notices there are by kind, channel, state and reason, what waits, and the last hour's rate."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.counts(connection, caller, filters, services.clock.now())


@router.get("/{notice_id}", summary="Read one notice")
async def whole(services: ServicesOf, caller: CallerOf, notice_id: UUID) -> NoticeWhole:
    """Return a notice with each attempt and what the channel answered."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.whole(connection, services, caller, notice_id)


@router.post("/{notice_id}/resend", status_code=201, response_model=NoticeWhole, summary="Send a notice again")
async def resend(request: Request, caller: CallerOf, notice_id: UUID, body: ResendIn) -> Response:
    """Say it again to who answers for the seat now, if it is still owed; the reason is kept."""

    async def action(doing: Act) -> Answer:
        await service.visible(doing.connection, caller, notice_id)
        again = await resending.resend(doing, notice_id, body.reason)
        whole = await service.whole(doing.connection, doing.services, caller, again)
        return Answer(whole, 201, location=f"/v1/notices/{again}")

    return await act_once(request, caller, action)
