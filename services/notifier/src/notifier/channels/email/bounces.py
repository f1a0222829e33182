"""Bounce addresses and the reports that come back to them.

Envelope senders are `bounces+<delivery id>.<signature>@…` (VERP); a report is believed only with a valid signature, so
nobody can silence an address by inventing a bounce.
"""

import email
import hmac
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.policy import default
from typing import Final, Protocol
from uuid import UUID

from notifier.channels.email.outcomes import scrub

_VERP: Final = re.compile(r"bounces\+([0-9a-f]{32})\.([0-9a-f]{20})@", re.IGNORECASE)
_ADDRESSED: Final = ("X-Original-To", "Delivered-To", "Envelope-To", "To", "X-Envelope-To")
_DEAD: Final = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


class Signer(Protocol):
    """Signs ids; `notifier.keys.Keyring` does."""

    def sign(self, purpose: str, *parts: bytes, length: int = 20) -> str:
        """Return a hexadecimal signature."""
        ...


class NotOurs(ValueError):
    """The report names no bounce address of ours, or one whose signature is wrong."""


class NotAReport(ValueError):
    """The message is no delivery status notification."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says: `failed` finally or not; `dead`: the address itself does not exist any more."""

    delivery_id: UUID
    failed: bool
    dead: bool
    detail: str


def bounce_address(signer: Signer, delivery_id: UUID, domain: str) -> str:
    """Return the envelope sender of one delivery; its local part has 61 characters of the 64 allowed."""
    return f"bounces+{delivery_id.hex}.{signer.sign('verp', delivery_id.bytes)}@{domain}"


def read_bounce(signer: Signer, raw: bytes) -> Bounce:
    """Read a `multipart/report` message (RFC 3464).

    Raises:
        NotOurs: no validly signed bounce address among its recipients.
        NotAReport: it has no delivery status.
    """
    message: EmailMessage = email.message_from_bytes(raw, policy=default)
    delivery_id = _delivery_of(signer, message)
    statuses = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    if not statuses:
        raise NotAReport("the message has no message/delivery-status part")
    fields = [block for part in statuses for block in _blocks(part)]
    recipients = [block for block in fields if block["Action"]]
    if not recipients:
        raise NotAReport("the delivery status names no recipient")
    block = recipients[0]
    action = str(block["Action"]).strip().lower()
    status = str(block["Status"] or "").strip().partition(" ")[0]
    detail = scrub(f"bounce: {action} {status} {block['Diagnostic-Code'] or ''}")
    failed = action == "failed"
    return Bounce(delivery_id, failed=failed, dead=failed and status in _DEAD, detail=detail)


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _delivery_of(signer: Signer, message: EmailMessage) -> UUID:
    for name in _ADDRESSED:
        for value in message.get_all(name, []):
            for found in _VERP.finditer(str(value)):
                delivery_id = UUID(hex=found.group(1))
                if hmac.compare_digest(found.group(2).lower(), signer.sign("verp", delivery_id.bytes)):
                    return delivery_id
    raise NotOurs("the report was not sent to a bounce address of this installation")
