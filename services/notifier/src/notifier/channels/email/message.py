"""The wire format of a notice: headers by `email.message.EmailMessage`, both bodies base64 UTF-8.

Header values never reach the wire unparsed, so a line break in a subject or name is refused, not sent. Folding a header
costs more than the rest of a message; subjects and senders repeat within a batch and are folded once.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from typing import Final

from notifier.channels.base import FinishedMessage

_MAILBOX: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail is from; `domain` stands in message ids, `bounce_domain` in envelope senders."""

    mail_from: str
    reply_to: str
    domain: str
    bounce_domain: str


def is_mailbox(address: str) -> bool:
    """Return whether `address` is one plain ASCII mailbox (RFC 5321 dot-string; other domains as A-labels)."""
    return len(address) <= 254 and len(address.partition("@")[0]) <= 64 and _MAILBOX.fullmatch(address) is not None


@lru_cache(maxsize=512)
def _folded(name: str, value: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message[name] = value
    return message.as_bytes().partition(b"\r\n\r\n")[0].rstrip(b"\r\n") + b"\r\n"


@lru_cache(maxsize=512)
def _subject(value: str) -> bytes:
    """Return the folded subject; `EmailMessage` loses the space where it splits encoded words, `Header` does not."""
    text = _CONTROL.sub(" ", value).strip()
    charset = "us-ascii" if text.isascii() else "utf-8"
    return b"Subject: " + Header(text, charset, header_name="Subject").encode(linesep="\r\n").encode("ascii") + b"\r\n"


def _part(subtype: str, content: str) -> bytes:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + base64.encodebytes(content.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")


def compose(sender: Sender, message: FinishedMessage) -> bytes:
    """Return the message as sent after DATA, before dot-stuffing; base64 lines never begin with a dot.

    Raises:
        ValueError: the address is not a plain mailbox.
    """
    if not is_mailbox(message.address):
        raise ValueError("not a mailbox")
    boundary = f"=_{hashlib.sha256(message.reference.encode()).hexdigest()[:32]}"
    headers = (
        _folded("From", sender.mail_from),
        _folded("Reply-To", sender.reply_to or sender.mail_from),
        f"To: {message.address}\r\n".encode(),
        _subject(message.subject),
        f"Date: {format_datetime(message.at)}\r\n".encode(),
        f"Message-ID: {message_id(sender, message)}\r\n".encode(),
        f"Content-Language: {'en' if message.language == 'en' else 'vi'}\r\n".encode(),
        b"Auto-Submitted: auto-generated\r\n",
        b"MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode(),
    )
    fence = f"--{boundary}\r\n".encode()
    parts = (fence, _part("plain", message.text), fence, _part("html", message.html), f"--{boundary}--\r\n".encode())
    return b"".join(headers) + b"".join(parts)


def message_id(sender: Sender, message: FinishedMessage) -> str:
    """Return the Message-ID: the same for every attempt at one notice and address."""
    return f"<{message.reference}@{sender.domain}>"
