"""Tells the operator by e-mail that escalation does not work; needs neither Temporal nor the database.

Nothing is kept of an alarm: whoever raises it hears whether the relay took it, and may raise it again.
"""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from notifier.alarming import tell_operator
from notifier.assembly import email_channel

router = APIRouter(tags=["operations"])


class Alarm(BaseModel):
    """What is wrong, in Vietnamese: one line, and what to look at."""

    subject: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=5000)


class AlarmTaken(BaseModel):
    """Whether the relay took the message; `detail` says why not (`no_operator`: no address is configured)."""

    sent: bool
    detail: str = ""


@router.post("/alarms")
async def take_alarm(request: Request, alarm: Alarm) -> AlarmTaken:
    """Send an alarm to the operator's address."""
    settings = request.app.state.settings
    channel = email_channel(settings, request.app.state.keyring)
    clock = request.app.state.clock
    failed = await tell_operator(channel, settings.operator_email, clock, alarm.subject, alarm.text)
    return AlarmTaken(sent=failed is None, detail=failed or "")
