"""REST of documents that go on after their issue: extended, amended, recurring; periods that do not apply."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.documents import amending, exempting, extending
from plan_api.documents.amending_schemas import Amended, AmendIn
from plan_api.documents.change_schemas import DocumentExtended, ExtendIn
from plan_api.documents.recurring_schemas import Exempted, ExemptIn, RecurrenceList
from plan_api.requests import Act, Answer, ServicesOf, act_in_vain, act_once, if_match, reachable_database, respond

router = APIRouter(prefix="/v1/documents", tags=["documents"])


@router.post("/{document_id}/extend", response_model=DocumentExtended, summary="Give everybody more time")
async def extend(request: Request, caller: CallerOf, document_id: UUID, body: ExtendIn) -> Response:
    """Move the due times of open rounds to a later day for all who owe them, under If-Match; they are told at once."""
    row_version = if_match(request)

    async def action(doing: Act) -> Answer:
        extended = await extending.extend(doing, document_id, body, row_version)
        return Answer(extended, etag=extended.row_version)

    return await act_once(request, caller, action)


@router.post("/{document_id}/extend/preview", response_model=DocumentExtended, summary="See what more time changes")
async def preview_extension(services: ServicesOf, caller: CallerOf, document_id: UUID, body: ExtendIn) -> Response:
    """Return exactly what extending would answer now; nothing is changed and nobody is told."""

    async def action(doing: Act) -> Answer:
        return Answer(await extending.extend(doing, document_id, body, None))

    return respond(await act_in_vain(services, caller, action))


@router.get("/{document_id}/recurring", summary="List a document's recurring reports")
async def list_recurring(services: ServicesOf, caller: CallerOf, document_id: UUID) -> RecurrenceList:
    """Return what returns every period: the opened periods, the next one, and the periods that do not apply."""
    async with reachable_database(), services.engine.connect() as connection:
        return await exempting.recurrences(connection, caller, document_id)


@router.post("/{document_id}/not-applicable", response_model=Exempted, summary="Declare a period not applicable")
async def exempt(request: Request, caller: CallerOf, document_id: UUID, body: ExemptIn) -> Response:
    """Let everybody, or some units, off a period: nothing is expected of it, now or when it opens; answers stand."""

    async def action(doing: Act) -> Answer:
        return Answer(await exempting.exempt(doing, document_id, body))

    return await act_once(request, caller, action)


@router.post("/{document_id}/amend", response_model=Amended, summary="Amend a document")
async def amend(request: Request, caller: CallerOf, document_id: UUID, body: AmendIn) -> Response:
    """Put a new version into force under If-Match; those it concerns are told, what was answered stays answered."""
    row_version = if_match(request)

    async def action(doing: Act) -> Answer:
        amended = await amending.amend(doing, document_id, body, row_version)
        return Answer(amended, etag=amended.row_version)

    return await act_once(request, caller, action)


@router.post("/{document_id}/amend/preview", response_model=Amended, summary="See what an amendment changes")
async def preview_amendment(services: ServicesOf, caller: CallerOf, document_id: UUID, body: AmendIn) -> Response:
    """Return the difference and whom it concerns, as amending would answer now; nothing changes."""

    async def action(doing: Act) -> Answer:
        return Answer(await amending.amend(doing, document_id, body, None))

    return respond(await act_in_vain(services, caller, action))
