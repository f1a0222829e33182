"""Zalo's webhooks: signed, on time, late, twice, forged or altered, as ordered; receipts by themselves.

Sending is tried again after 30 seconds, 5 minutes … by the real Zalo; here as soon as told, with a short pause.
"""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import httpx
from fastapi import APIRouter, Body, Request
from pydantic import BaseModel

from cascade_local.zalo import identity
from cascade_local.zalo.oauth import APP_ID, OA_ID
from cascade_local.zalo.state import Message, State

router = APIRouter(prefix="/control/webhooks")

OA_SECRET: Final = identity.OA_SECRET
_TRIES: Final = 3
_PATIENCE: Final = 2.0
"""Zalo waits two seconds for an answer."""


class Order(BaseModel):
    """What to send: an event's own fields, and how.

    `mode`: ok, duplicate (twice), forged (signed with another secret), altered (changed after signing), unsigned.
    `age_seconds`: how old its timestamp is; `slow_seconds`: how long it waits before it leaves.
    """

    event_name: str
    fields: dict[str, Any] = {}
    mode: str = "ok"
    age_seconds: float = 0.0
    slow_seconds: float = 0.0


@dataclass(slots=True)
class Sender:
    """Where webhooks go; `log` has a line for every one sent and the status it was answered with."""

    state: State
    url: str | None = None
    log: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, order: Order) -> list[int]:
        """Send what is ordered; return the statuses of the answers, 0 where there was none."""
        await asyncio.sleep(order.slow_seconds)
        stamp = str(int(self.state.now_ms() - order.age_seconds * 1000))
        event = {"app_id": APP_ID, "oa_id": OA_ID, "event_name": order.event_name, "timestamp": stamp, **order.fields}
        raw = json.dumps(event, ensure_ascii=False).encode()
        signature = sign(raw, stamp, OA_SECRET if order.mode != "forged" else "another secret")
        if order.mode == "altered":
            raw = raw[:-1] + b', "extra": "1"}'
        headers = {"content-type": "application/json", "X-ZEvent-Timestamp": stamp}
        if order.mode != "unsigned":
            headers["X-ZEvent-Signature"] = f"mac={signature}"
        return [await self._post(order, raw, headers) for _ in range(2 if order.mode == "duplicate" else 1)]

    async def delivered(self, message: Message) -> None:
        """Tell of a message's delivery, again while it is not answered with 200."""
        body = {"msg_id": message.msg_id, "delivery_time": str(message.delivery_time)}
        if message.tracking_id:
            body["tracking_id"] = message.tracking_id
        fields = {"sender": {"id": OA_ID}, "recipient": {"id": message.to}, "message": body}
        for _ in range(_TRIES if self.url else 0):
            if await self.send(Order(event_name="user_received_message", fields=fields)) == [200]:
                return
            await asyncio.sleep(0.5)

    async def _post(self, order: Order, raw: bytes, headers: dict[str, str]) -> int:
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
                status = (await client.post(f"{self.url}/zalo/webhooks", content=raw, headers=headers)).status_code
        except httpx.HTTPError:
            status = 0
        self.log.append({"event_name": order.event_name, "mode": order.mode, "status": status})
        return status


def sign(raw: bytes, stamp: str, secret: str) -> str:
    """Return the signature of a body."""
    return hashlib.sha256(APP_ID.encode() + raw + stamp.encode() + secret.encode()).hexdigest()


def _sender(request: Request) -> Sender:
    sender: Sender = request.app.state.zalo_webhooks
    return sender


@router.put("")
async def direct(request: Request, url: Annotated[str, Body(embed=True)]) -> dict[str, str]:
    """Say where webhooks go: notifier's public address."""
    sender = _sender(request)
    if sender.url is None:
        sender.state.on_delivered.append(sender.delivered)
    sender.url = url.rstrip("/")
    return {"url": sender.url}


@router.post("")
async def send(request: Request, order: Order) -> dict[str, list[int]]:
    """Send one webhook as ordered."""
    return {"answers": await _sender(request).send(order)}


@router.get("")
async def told(request: Request) -> dict[str, Any]:
    """Return what was sent and answered."""
    return {"log": _sender(request).log}
