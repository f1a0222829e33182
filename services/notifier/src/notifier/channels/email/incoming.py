"""Tells what came back apart: a delivery report, a person's reply to a notice, what a machine sent, anything else.

Replies go to `tra-loi+<delivery id>.<signature>@…`; the token shows that whoever writes has got the notice. Machines
(RFC 3834: auto-replies, lists, out-of-office) are neither taken in nor ever answered, so that no two machines talk.
"""

import email
import hashlib
import hmac
import re
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum
from typing import Final
from uuid import UUID

from notifier.channels.email.attachments import Attached, attached, decoded, own_words
from notifier.channels.email.bounces import Bounce, NotAReport, NotOurs, Signer, read_bounce
from notifier.channels.email.message import is_mailbox, is_message_id

_TOKEN: Final = re.compile(r"tra-loi\+([0-9a-f]{32})\.([0-9a-f]{20})@", re.IGNORECASE)
_BOUNCED: Final = re.compile(rb"bounces\+[0-9a-f]{32}\.", re.IGNORECASE)
_ADDRESSED: Final = ("To", "Cc", "X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To")
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"})
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_OF_MACHINES: Final = ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Loop")


class Kind(StrEnum):
    """What a message in the mailbox is."""

    BOUNCE = "bounce"
    REPLY = "reply"
    MACHINE = "machine"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message read. `mail_id` is the SHA-256 of its Message-ID; `sender` one plain mailbox or empty."""

    kind: Kind
    mail_id: str = ""
    message_id: str = ""
    delivery_id: UUID | None = None
    bounce: Bounce | None = None
    sender: str = ""
    subject: str = ""
    text: str = ""
    files: tuple[Attached, ...] = ()
    whole: bool = True


def reply_address(signer: Signer, delivery_id: UUID, domain: str) -> str:
    """Return where replies to one delivery go; its local part has 61 characters of the 64 allowed."""
    return f"tra-loi+{delivery_id.hex}.{signer.sign('reply', delivery_id.bytes)}@{domain}"


def read_incoming(signer: Signer, raw: bytes, *, whole: bool = True) -> Incoming:
    """Read a message of the mailbox; `whole` is False where only the header of a too large one was fetched."""
    message = email.message_from_bytes(raw)  # the old policy: it reads whatever people's programmes write
    if _BOUNCED.search(raw):
        try:
            bounce = read_bounce(signer, raw)
            return Incoming(Kind.BOUNCE, delivery_id=bounce.delivery_id, bounce=bounce)
        except NotAReport:
            return Incoming(Kind.MACHINE)  # came to a bounce address and reports nothing: somebody is out of office
        except NotOurs:
            pass
    delivery_id = _replied_to(signer, message)
    if _is_of_a_machine(message):
        return Incoming(Kind.MACHINE, delivery_id=delivery_id)
    if delivery_id is None:
        return Incoming(Kind.OTHER)
    message_id = " ".join(decoded(message["Message-ID"]).split())
    named = message_id.encode() if message_id else raw
    return Incoming(
        Kind.REPLY,
        mail_id=hashlib.sha256(delivery_id.bytes + named).hexdigest(),
        message_id=message_id if is_message_id(message_id) else "",
        delivery_id=delivery_id,
        sender=_sender(message),
        subject=decoded(message["Subject"])[:200],
        text=own_words(message),
        files=attached(message),
        whole=whole,
    )


def _replied_to(signer: Signer, message: Message) -> UUID | None:
    for value in (decoded(value) for name in _ADDRESSED for value in message.get_all(name, [])):
        for found in _TOKEN.finditer(value):
            delivery_id = UUID(hex=found.group(1))
            if hmac.compare_digest(found.group(2).lower(), signer.sign("reply", delivery_id.bytes)):
                return delivery_id
    return None


def _is_of_a_machine(message: Message) -> bool:
    submitted = (decoded(message["Auto-Submitted"]) or "no").partition(";")[0].strip().lower()
    precedence = decoded(message["Precedence"]).strip().lower()
    return (
        submitted != "no"
        or precedence in _BULK
        or any(message[name] is not None for name in _OF_MACHINES)
        or decoded(message["Return-Path"]).strip() == "<>"
        or message.get_content_type() == "multipart/report"
        or _sender(message).partition("@")[0].lower() in _MACHINES
        or _TOKEN.search(_sender(message)) is not None
    )


def _sender(message: Message) -> str:
    """Return the one address of From; nothing where there are several, or none that is a plain mailbox."""
    found = [
        address for _, address in getaddresses([decoded(value) for value in message.get_all("From", [])]) if address
    ]
    return found[0] if len(found) == 1 and is_mailbox(found[0]) else ""
