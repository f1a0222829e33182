"""REST of adopting running documents from the office's tracking sheet."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from plan_api.auth.endpoints import CallerOf
from plan_api.documents import adopting
from plan_api.documents.adopting_schemas import SheetAdopted
from plan_api.organizations.schemas import CodeSystem
from plan_api.requests import Act, Answer, ServicesOf, act_in_vain, act_once, respond

router = APIRouter(prefix="/v1/documents", tags=["documents"])


@router.post("/adopt", response_model=SheetAdopted, summary="Adopt running documents from a tracking sheet")
async def adopt(
    request: Request,
    services: ServicesOf,
    caller: CallerOf,
    file: Annotated[UploadFile, File(description="CSV or XLSX: a row a unit and thing asked of it")],
    mode: Annotated[Literal["preview", "apply"], Form(description="preview changes nothing")] = "preview",
    code_system: Annotated[CodeSystem | None, Form(description="of units written as a bare code")] = None,
) -> Response:
    """Take over documents, assignees and what was answered on paper and when; the same sheet again changes nothing.

    Nobody is told. Steps whose time has passed are written off. Refused rows are reported singly and hold up no other.
    """
    content = await file.read()

    async def action(doing: Act) -> Answer:
        return Answer(await adopting.adopt(doing, content, code_system))

    if mode == "preview":
        return respond(await act_in_vain(services, caller, action))
    digest = hashlib.sha256(content).hexdigest()
    return await act_once(request, caller, action, f"{code_system} {digest}".encode())
