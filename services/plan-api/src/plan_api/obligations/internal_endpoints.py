"""`/internal/v1/replies`: notifier brings in what came as a reply to a notice; bearer internal token, never public."""

from typing import Annotated

from cascade_contracts.replies import MailReply, ReplyFileStored, ReplyTaken
from fastapi import APIRouter, Depends, Query, Request, Response

from plan_api.auth.internal import internal_caller
from plan_api.documents import files
from plan_api.obligations import by_mail
from plan_api.requests import Act, Answer, ServicesOf, act, reachable_database, respond
from plan_api.rules.receipts import receipt_number

router = APIRouter(prefix="/internal/v1/replies", dependencies=[Depends(internal_caller)], include_in_schema=False)


@router.put("/files")
async def store(
    request: Request, services: ServicesOf, name: Annotated[str, Query(max_length=1000)] = ""
) -> ReplyFileStored:
    """Keep a file of a reply (the body, as it is); the same content again is the same file."""
    content = await request.body()
    async with reachable_database(), services.engine.begin() as connection:
        stored = await files.store(connection, services, content, services.clock.now(), files.plain_name(name))
    return ReplyFileStored(sha256=stored.sha256)


@router.post("", response_model=ReplyTaken)
async def take(services: ServicesOf, body: MailReply) -> Response:
    """Hand in what a reply brings along, once for its Message-ID, which stands for an Idempotency-Key."""
    link = await by_mail.link_of(services, body)
    named = [file.model_copy(update={"name": files.plain_name(file.name)}) for file in body.files]
    given = body.model_copy(update={"files": named})

    async def action(doing: Act) -> Answer:
        receipt = await by_mail.hand_in(doing, link, given)
        number = receipt_number(receipt.submission_id)
        return Answer(ReplyTaken.model_validate({**receipt.model_dump(), "number": number}))

    return respond(await act(services, link.caller, action))
