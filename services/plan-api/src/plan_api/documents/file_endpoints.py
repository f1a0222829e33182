"""`POST /v1/files`: store a file before naming it in a document or a submission by its SHA-256."""

import hashlib
from typing import Annotated

from cascade_servicekit.problems import Forbidden
from fastapi import APIRouter, File, Request, Response, UploadFile

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import allows
from plan_api.documents.files import plain_name, store
from plan_api.documents.schemas import FileOut
from plan_api.requests import Act, Answer, act_once
from plan_api.rules.access import Verb

router = APIRouter(prefix="/v1/files", tags=["documents"])


async def _require_author(doing: Act) -> None:
    """Refuse callers that neither hand in nor write documents: they have nothing to attach a file to."""
    for verb in (Verb.HAND_IN, Verb.CREATE_DOCUMENT):
        if await allows(doing.connection, doing.caller, verb, doing.caller.unit_id):
            return
    raise Forbidden(role=doing.caller.role.value, verb="store_file")


@router.post("", status_code=201, response_model=FileOut, summary="Store a file")
async def create(
    request: Request,
    caller: CallerOf,
    file: Annotated[UploadFile, File(description="PDF, PNG, JPEG, DOCX, XLSX or ZIP, judged by content")],
) -> Response:
    """Store a file and return its SHA-256; storing the same content again returns the same."""
    content = await file.read()
    name = plain_name(file.filename)

    async def action(doing: Act) -> Answer:
        await _require_author(doing)
        stored = await store(doing.connection, doing.services, content, doing.now, name)
        return Answer(FileOut(sha256=stored.sha256, size=stored.size, media_type=stored.media_type), 201)

    return await act_once(request, caller, action, hashlib.sha256(content).digest())
