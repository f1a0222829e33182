"""REST of documents that change after their issue: extend as a whole."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.documents import extending
from plan_api.documents.change_schemas import DocumentExtended, ExtendIn
from plan_api.requests import Act, Answer, ServicesOf, act_in_vain, act_once, if_match, respond

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
