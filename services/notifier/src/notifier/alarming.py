"""Tells the operator by e-mail what no retry will mend; needs neither Temporal nor the database."""

import html

from cascade_contracts.ids import new_id
from cascade_servicekit.clock import Clock

from notifier.channels.base import FinishedMessage, SendState
from notifier.channels.email import EmailChannel

NO_OPERATOR = "no_operator"


async def _at_once() -> bool:
    return True


async def tell_operator(channel: EmailChannel, address: str, clock: Clock, subject: str, text: str) -> str | None:
    """Send an alarm to the operator's address and close the channel; return why it did not leave, None when it did."""
    if not address:
        return NO_OPERATOR
    alarm_id = new_id()
    message = FinishedMessage(
        delivery_id=alarm_id,
        reference=f"alarm-{alarm_id.hex}",
        address=address,
        subject=subject,
        text=text,
        html=f"<p>{html.escape(text)}</p>",
        language="vi",
        at=clock.now(),
    )
    try:
        result = await channel.send(message, _at_once)
    finally:
        await channel.close()
    return None if result.state is SendState.ACCEPTED else result.detail
