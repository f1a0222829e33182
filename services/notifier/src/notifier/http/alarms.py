"""Tells the operator by e-mail that escalation does not work; needs neither Temporal nor the database.

Nothing is kept of an alarm: whoever raises it hears whether the relay took it, and may raise it again.
"""

import html

from cascade_contracts.ids import new_id
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from notifier.assembly import email_channel
from notifier.channels.base import FinishedMessage, SendState

router = APIRouter(tags=["operations"])


class Alarm(BaseModel):
    """What is wrong, in Vietnamese: one line, and what to look at."""

    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=5000)


class AlarmTaken(BaseModel):
    """Whether the relay took the message; `detail` says why not (`no_operator`: no address is configured)."""

    sent: bool
    detail: str = ""


async def _at_once() -> bool:
    return True


@router.post("/alarms")
async def take_alarm(request: Request, alarm: Alarm) -> AlarmTaken:
    """Send an alarm to the operator's address."""
    settings = request.app.state.settings
    if not settings.operator_email:
        return AlarmTaken(sent=False, detail="no_operator")
    channel = email_channel(settings, request.app.state.keyring)
    alarm_id = new_id()
    message = FinishedMessage(
        delivery_id=alarm_id,
        reference=f"alarm-{alarm_id.hex}",
        address=settings.operator_email,
        subject=alarm.subject,
        text=alarm.text,
        html=f"<p>{html.escape(alarm.text)}</p>",
        language="vi",
        at=request.app.state.clock.now(),
    )
    try:
        result = await channel.send(message, _at_once)
    finally:
        await channel.close()
    return AlarmTaken(sent=result.state is SendState.ACCEPTED, detail=result.detail)
