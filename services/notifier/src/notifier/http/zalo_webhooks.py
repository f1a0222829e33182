"""Where Zalo's webhooks arrive: checked, recorded, answered; worked on afterwards.

Nobody but Zalo knows the secret of the signature. What is forged, altered or too old is refused and leaves one line in
the log, without anything of its content; what is repeated is answered as the first time and changes nothing.
"""

import logging
import re
from typing import ClassVar

from cascade_servicekit.problems import Refusal, Unavailable
from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from notifier.channels.zalo.signatures import LARGEST_BODY, NotSigned, check, identity
from notifier.http.zalo_grant import Office
from notifier.store.zalo_events import Event, record

log = logging.getLogger(__name__)
router = APIRouter(prefix="/zalo", tags=["zalo"])

_NAME = re.compile(r"[a-z0-9_]{1,60}")


class WebhookForged(Refusal):
    """The signature of a webhook matches no configured candidate: it is not Zalo's, or was altered."""

    code: ClassVar[str] = "zalo_webhook_forged"
    status: ClassVar[int] = 403
    title: ClassVar[tuple[str, str]] = ("Chữ ký webhook không hợp lệ", "Webhook not signed by Zalo")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị kiểm tra NOTIFIER_ZALO_OA_SECRET và NOTIFIER_ZALO_WEBHOOK_SIGNATURES nếu webhook do Zalo gửi.",
        "If Zalo sent it, check NOTIFIER_ZALO_OA_SECRET and NOTIFIER_ZALO_WEBHOOK_SIGNATURES.",
    )


class WebhookStale(Refusal):
    """A webhook's signed timestamp lies outside of the window: a recording may have been played again."""

    code: ClassVar[str] = "zalo_webhook_stale"
    status: ClassVar[int] = 403
    title: ClassVar[tuple[str, str]] = ("Webhook quá cũ", "Webhook too old")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị kiểm tra đồng hồ máy chủ; thời hạn nhận là NOTIFIER_ZALO_WEBHOOK_WINDOW_MINUTES.",
        "Check the machine's clock; the window is NOTIFIER_ZALO_WEBHOOK_WINDOW_MINUTES.",
    )


class WebhookTaken(BaseModel):
    """`new` says that it was not known before."""

    taken: bool = True
    new: bool


async def _raw(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_BODY:
            log.warning("zalo: a webhook was refused: too large")
            raise WebhookForged
    return bytes(raw)


@router.post("/webhooks")
async def take_webhook(request: Request, zalo: Office) -> WebhookTaken:
    """Record what Zalo says and answer at once."""
    raw = await _raw(request)
    headers = request.headers
    try:
        signed = check(zalo.secrets, raw, headers.get("x-zevent-signature", ""), headers.get("x-zevent-timestamp", ""))
    except NotSigned as error:
        log.warning("zalo: a webhook of %s bytes was refused: %s", len(raw), error)
        raise WebhookForged from error
    now = request.app.state.clock.now()
    if abs(now - signed.at) > zalo.window:
        log.warning("zalo: a webhook was refused: signed %s s from now", int((now - signed.at).total_seconds()))
        raise WebhookStale
    name = str(signed.body.get("event_name", ""))
    name = name if _NAME.fullmatch(name) else "unnamed"
    event = Event(identity(signed.body), name, signed.at, now, 0, raw.decode())
    try:
        async with request.app.state.engine.begin() as connection:
            new = await record(connection, event, signed.by)
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(seconds=5, headers={"retry-after": "5"}) from error
    log.info("zalo: webhook %s signed as %s, %s", name, signed.by, "new" if new else "known")
    if new:
        request.app.state.zalo_desk.wake()
    return WebhookTaken(new=new)
