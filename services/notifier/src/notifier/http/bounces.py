"""Takes delivery reports (RFC 3464) as the mail system pipes them in.

Only a report sent to a validly signed bounce address counts. Repeating a report changes nothing.
"""

import logging
from typing import ClassVar, Final
from uuid import UUID

from cascade_servicekit.problems import Refusal
from fastapi import APIRouter, Request
from pydantic import BaseModel

from notifier.channels.email.bounces import NotAReport, NotOurs, read_bounce

log = logging.getLogger(__name__)
router = APIRouter(tags=["bounces"])

LARGEST_REPORT: Final = 1_000_000


class BounceForged(Refusal):
    """The report was not sent to a bounce address of ours."""

    code: ClassVar[str] = "bounce_forged"
    status: ClassVar[int] = 403
    title: ClassVar[tuple[str, str]] = ("Báo trả thư không hợp lệ", "Bounce not ours")
    remedy: ClassVar[tuple[str, str]] = (
        "Không có địa chỉ trả thư do hệ thống này cấp trong báo cáo. Kính đề nghị chuyển tiếp nguyên văn báo cáo.",
        "The report names no bounce address issued here. Forward the report unchanged.",
    )


class BounceUnreadable(Refusal):
    """The body is no delivery report."""

    code: ClassVar[str] = "bounce_unreadable"
    status: ClassVar[int] = 422
    title: ClassVar[tuple[str, str]] = ("Không đọc được báo trả thư", "Bounce unreadable")
    remedy: ClassVar[tuple[str, str]] = (
        "Nội dung không phải báo cáo chuyển thư (multipart/report). Kính đề nghị gửi nguyên văn thư, tối đa 1 MB.",
        "The body is no multipart/report message. Send the raw message, at most 1 MB.",
    )


class BounceTaken(BaseModel):
    """What the report changed: the delivery is failed, its address suppressed."""

    delivery_id: UUID
    failed: bool
    suppressed: bool


@router.post("/bounces")
async def take_bounce(request: Request) -> BounceTaken:
    """Take a raw delivery report; a final failure fails the delivery, a dead address is suppressed."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_REPORT:
            raise BounceUnreadable
    try:
        bounce = read_bounce(request.app.state.keyring, bytes(raw))
    except NotOurs as error:
        raise BounceForged from error
    except NotAReport as error:
        raise BounceUnreadable from error
    failed = await request.app.state.intake.bounced(bounce)
    return BounceTaken(delivery_id=bounce.delivery_id, failed=failed, suppressed=bounce.dead and failed)
