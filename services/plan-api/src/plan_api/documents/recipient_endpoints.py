"""REST of recipients: whom a document would tell, whom it tells, and who has read it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.documents import recipients
from plan_api.documents.recipient_schemas import ReadOut, RecipientPage, RecipientsIn, RecipientStates
from plan_api.requests import Act, Answer, ServicesOf, act_once, reachable_database
from plan_api.rules.calendar import local_date

router = APIRouter(prefix="/v1", tags=["documents"])


@router.post("/recipients/preview", summary="Preview whom a document would tell")
async def preview(
    services: ServicesOf,
    caller: CallerOf,
    body: RecipientsIn,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RecipientPage:
    """Return those a draft would tell today, each once, in Vietnamese order; changes nothing."""
    async with reachable_database(), services.engine.connect() as connection:
        today = local_date(services.clock.now())
        return await recipients.preview(connection, caller, body, today, cursor, limit)


@router.get("/documents/{document_id}/recipients", summary="List whom a document tells")
async def states(
    services: ServicesOf,
    caller: CallerOf,
    document_id: UUID,
    read: Annotated[bool | None, Query(description="only units that have (or have not) confirmed reading")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RecipientStates:
    """Return recipients and units bound for information, with when each confirmed having read the document."""
    async with reachable_database(), services.engine.connect() as connection:
        return await recipients.states(connection, caller, document_id, read, cursor, limit)


@router.post("/documents/{document_id}/read", response_model=ReadOut, summary="Confirm having read a document")
async def confirm_read(request: Request, caller: CallerOf, document_id: UUID) -> Response:
    """Record a read receipt of the caller's unit; again it answers the same."""

    async def action(doing: Act) -> Answer:
        return Answer(await recipients.confirm_read(doing, document_id))

    return await act_once(request, caller, action)
