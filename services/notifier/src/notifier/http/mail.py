"""Takes any message of the mailbox as the mail system pipes it in: replies, delivery reports, whatever comes.

Answers 200 once it is settled, so that the pipe may let go of it; 503 asks the pipe to come again (`EX_TEMPFAIL`).
"""

from typing import ClassVar, Final

import httpx
from cascade_servicekit.problems import Refusal, Unavailable
from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from notifier.channels.email.incoming import Kind

router = APIRouter(tags=["mail"])

LARGEST: Final = 30_000_000
_HEADER: Final = 200_000


class MailTaken(BaseModel):
    """What the message was: `reply`, `bounce`, `machine` or `other`; the last answers no notice of ours."""

    kind: Kind


class MailEmpty(Refusal):
    """The body holds no message."""

    code: ClassVar[str] = "mail_empty"
    status: ClassVar[int] = 422
    title: ClassVar[tuple[str, str]] = ("Không có nội dung thư", "No message")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị gửi nguyên văn thư (message/rfc822) trong phần nội dung.",
        "Send the raw message (message/rfc822) as the body.",
    )


@router.post("/mail")
async def take_mail(request: Request) -> MailTaken:
    """Take a raw message; of one larger than 30 MB the header is read, so that its sender hears of it."""
    raw = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LARGEST:
            raw += chunk
    if not raw.strip():
        raise MailEmpty
    whole = size <= LARGEST
    content = bytes(raw) if whole else bytes(raw[:_HEADER]).replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
    try:
        return MailTaken(kind=await request.app.state.intake.take(content, whole=whole))
    except (httpx.HTTPError, SQLAlchemyError, OSError) as error:
        raise Unavailable(seconds=30, headers={"Retry-After": "30"}) from error
