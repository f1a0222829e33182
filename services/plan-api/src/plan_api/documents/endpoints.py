"""REST of documents: create, read, edit, issue, suspend, resume, recall."""

from typing import Annotated
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState
from fastapi import APIRouter, Query, Request, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.documents import asking, drafting, issuing, reading, selecting, stopping
from plan_api.documents.schemas import (
    AssigneePage,
    AssigneesIn,
    DocumentIn,
    DocumentOut,
    DocumentPage,
    IssueIn,
    ReasonIn,
    RoundAskedIn,
    RoundAskedOut,
    Wanted,
)
from plan_api.requests import Act, Answer, ServicesOf, act, act_once, if_match, reachable_database, respond
from plan_api.rules.calendar import local_date

router = APIRouter(prefix="/v1/documents", tags=["documents"])
assignees_router = APIRouter(prefix="/v1/assignees", tags=["documents"])


@assignees_router.post("/preview", summary="Preview whom a document would bind")
async def preview_assignees(
    services: ServicesOf,
    caller: CallerOf,
    body: AssigneesIn,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AssigneePage:
    """Return those a draft's list and selectors reach today, each unit once, in Vietnamese order; changes nothing."""
    async with reachable_database(), services.engine.connect() as connection:
        today = local_date(services.clock.now())
        return await selecting.preview(connection, caller, body, today, cursor, limit)


async def _whole(doing: Act, document_id: UUID, status: int = 200) -> Answer:
    body = await reading.whole(doing.connection, doing.caller, document_id)
    return Answer(body, status, etag=body.row_version, location=f"/v1/documents/{document_id}")


@router.post("", status_code=201, response_model=DocumentOut, summary="Create a draft")
async def create(request: Request, caller: CallerOf, body: DocumentIn) -> Response:
    """Create a draft; nothing is owed before it is issued."""

    async def action(doing: Act) -> Answer:
        return await _whole(doing, await drafting.create(doing, body), 201)

    return await act_once(request, caller, action)


@router.get("", summary="List documents")
async def page(
    services: ServicesOf,
    caller: CallerOf,
    state: DocumentState | None = None,
    cascade: Annotated[UUID | None, Query(description="id of the root document")] = None,
    reference: Annotated[
        str | None, Query(max_length=100, description="number and notation as cited: `18/KH-SGDĐT`")
    ] = None,
    roots: Annotated[bool, Query(description="only documents at the top of their cascade")] = False,
    told: Annotated[
        bool, Query(description="those that only tell the caller's unit: a recipient, or bound for information")
    ] = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DocumentPage:
    """Return documents issued in the caller's subtree, or those that tell the caller's unit, newest first."""
    wanted = Wanted(state, cascade, reference, roots, told)
    async with reachable_database(), services.engine.connect() as connection:
        return await reading.page(connection, caller, wanted, cursor, limit)


@router.get("/{document_id}", response_model=DocumentOut, summary="Read a document")
async def read(services: ServicesOf, caller: CallerOf, document_id: UUID) -> Response:
    """Return a document with its rounds and content; its ETag is needed to edit a draft."""
    async with reachable_database(), services.engine.connect() as connection:
        body = await reading.whole(connection, caller, document_id)
    return respond(Answer(body, etag=body.row_version))


@router.put("/{document_id}", response_model=DocumentOut, summary="Replace a draft")
async def edit(
    request: Request, services: ServicesOf, caller: CallerOf, document_id: UUID, body: DocumentIn
) -> Response:
    """Replace a draft's content under If-Match."""
    row_version = if_match(request)

    async def action(doing: Act) -> Answer:
        await drafting.edit(doing, document_id, body, row_version)
        return await _whole(doing, document_id)

    return respond(await act(services, caller, action))


@router.post("/{document_id}/issue", response_model=DocumentOut, summary="Issue a draft")
async def issue(request: Request, caller: CallerOf, document_id: UUID, body: IssueIn) -> Response:
    """Issue a draft: freeze it, bind its assignees, open what they owe, arm what chases them."""

    async def action(doing: Act) -> Answer:
        await issuing.issue(doing, document_id, body)
        return await _whole(doing, document_id)

    return await act_once(request, caller, action)


@router.post("/{document_id}/rounds", status_code=201, response_model=RoundAskedOut, summary="Ask for a report now")
async def ask(request: Request, caller: CallerOf, document_id: UUID, body: RoundAskedIn) -> Response:
    """Open a round on an issued document for all or some of its assignees; they are told at once."""

    async def action(doing: Act) -> Answer:
        return Answer(await asking.ask(doing, document_id, body), 201, location=f"/v1/documents/{document_id}")

    return await act_once(request, caller, action)


@router.post("/{document_id}/suspend", response_model=DocumentOut, summary="Stop chasing for a while")
async def suspend(request: Request, caller: CallerOf, document_id: UUID, body: ReasonIn) -> Response:
    """Suspend: nothing is chased until resumed; answers are still taken."""

    async def action(doing: Act) -> Answer:
        await stopping.suspend(doing, document_id, body.reason)
        return await _whole(doing, document_id)

    return await act_once(request, caller, action)


@router.post("/{document_id}/resume", response_model=DocumentOut, summary="Go on chasing")
async def resume(request: Request, caller: CallerOf, document_id: UUID) -> Response:
    """Resume: of the steps that passed meanwhile only the latest of each ladder speaks."""

    async def action(doing: Act) -> Answer:
        await stopping.resume(doing, document_id)
        return await _whole(doing, document_id)

    return await act_once(request, caller, action)


@router.post("/{document_id}/recall", response_model=DocumentOut, summary="Recall a document")
async def recall(request: Request, caller: CallerOf, document_id: UUID, body: ReasonIn) -> Response:
    """Recall: what is still owed is withdrawn, no message goes out any more."""

    async def action(doing: Act) -> Answer:
        await stopping.recall(doing, document_id, body.reason)
        return await _whole(doing, document_id)

    return await act_once(request, caller, action)
