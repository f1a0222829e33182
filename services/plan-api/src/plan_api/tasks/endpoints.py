"""REST of tasks: a draft's list, what a plan leaves uncovered, progress in reports."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from plan_api.auth.endpoints import CallerOf
from plan_api.requests import Act, Answer, ServicesOf, act, reachable_database, respond
from plan_api.tasks import coverage as covering
from plan_api.tasks import funding, service
from plan_api.tasks.schemas import Coverage, FundingList, TaskList, TaskProgressIn, TaskProgressOut, TasksIn

router = APIRouter(prefix="/v1", tags=["tasks"])


@router.get("/documents/{document_id}/tasks", summary="Tasks of a document")
async def tasks(services: ServicesOf, caller: CallerOf, document_id: UUID) -> TaskList:
    """Return a document's tasks with what units reported about them and what derives from them."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.tasks(connection, caller, document_id)


@router.put("/documents/{document_id}/tasks", summary="Write a draft's tasks", response_model=TaskList)
async def put_tasks(services: ServicesOf, caller: CallerOf, document_id: UUID, body: TasksIn) -> Response:
    """Let these tasks take the place of a draft's; with the issue they are frozen."""

    async def put(doing: Act) -> Answer:
        return Answer(await service.put_tasks(doing, document_id, body))

    return respond(await act(services, caller, put))


@router.get("/documents/{document_id}/tasks/coverage", summary="Does a plan cover its parents' tasks")
async def coverage(services: ServicesOf, caller: CallerOf, document_id: UUID) -> Coverage:
    """Return what a plan, or a draft of one, leaves uncovered of the tasks its parents give its issuer."""
    async with reachable_database(), services.reading.connect() as connection:
        return await covering.coverage(connection, caller, document_id)


@router.get("/documents/{document_id}/funding", summary="What a document is paid from", response_model=FundingList)
async def list_funding(
    services: ServicesOf,
    caller: CallerOf,
    document_id: UUID,
    format: Annotated[Literal["json", "csv"], Query(description="csv: as spreadsheets open it")] = "json",  # noqa: A002
) -> Response:
    """Return sources and amounts as the document and its tasks state them; nothing is added up."""
    async with reachable_database(), services.reading.connect() as connection:
        found = await funding.funding(connection, caller, document_id)
    if format == "json":
        return respond(Answer(found))
    headers = {"content-disposition": f'attachment; filename="kinh-phi-{document_id}.csv"'}
    return Response(funding.as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


@router.put(
    "/obligations/{obligation_id}/task-progress", summary="Report progress on tasks", response_model=TaskProgressOut
)
async def report_progress(
    services: ServicesOf, caller: CallerOf, obligation_id: UUID, body: TaskProgressIn
) -> Response:
    """Say, as part of a report a unit owes, how far it is with tasks; said again, the last word counts."""

    async def report(doing: Act) -> Answer:
        return Answer(await service.report_progress(doing, obligation_id, body))

    return respond(await act(services, caller, report))
