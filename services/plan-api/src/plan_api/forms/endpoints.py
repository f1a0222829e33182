"""REST of report forms: the form of a round, and the workbook it is filled in by."""

import hashlib
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from plan_api.auth.endpoints import CallerOf
from plan_api.forms import reading
from plan_api.forms.schemas import FormOut
from plan_api.obligations import by_sheet
from plan_api.obligations.schemas import HandInOut
from plan_api.requests import Act, Answer, ServicesOf, act_in_vain, act_once, reachable_database, respond

router = APIRouter(prefix="/v1", tags=["forms"])


@router.get("/rounds/{round_id}/form", summary="Read the form of a round")
async def form(services: ServicesOf, caller: CallerOf, round_id: UUID) -> FormOut:
    """Return the fields a round asks for, as frozen; 404 where it takes free text and figures."""
    async with reachable_database(), services.engine.connect() as connection:
        return await reading.form_of_round(connection, services, caller, round_id)


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "/obligations/{obligation_id}/form.xlsx",
    summary="Download the workbook to fill in",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
async def template(services: ServicesOf, caller: CallerOf, obligation_id: UUID) -> Response:
    """Return the form of what a unit owes as a workbook, with what it handed in before."""
    async with reachable_database(), services.engine.connect() as connection:
        made = await by_sheet.template(connection, services, caller, obligation_id)
    disposition = f'attachment; filename="{made.name}"'
    return Response(made.content, media_type=XLSX, headers={"content-disposition": disposition})


@router.post(
    "/obligations/{obligation_id}/form.xlsx",
    status_code=201,
    response_model=HandInOut,
    summary="Hand a filled workbook in",
)
async def upload(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    obligation_id: UUID,
    file: Annotated[UploadFile, File(description="the workbook downloaded before, filled in (.xlsx)")],
    mode: Annotated[Literal["apply", "preview"], Form(description="preview checks and changes nothing")] = "apply",
) -> Response:
    """Hand in what the workbook says; each wrong cell is named by its address and nothing changes. Repeatable."""
    content = await file.read()

    async def action(doing: Act) -> Answer:
        return Answer(await by_sheet.hand_in(doing, obligation_id, content), 201)

    if mode == "preview":
        return respond(await act_in_vain(services, caller, action))
    return await act_once(request, caller, action, hashlib.sha256(content).digest())
