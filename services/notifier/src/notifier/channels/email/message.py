"""The wire format of a notice: headers by `email.message.EmailMessage`, both bodies base64 UTF-8.

No header can be smuggled in: an address that is not one plain mailbox is refused, a line break in a subject or a name
becomes a space. Folding a header costs more than the rest of a message; subjects and senders repeat within a batch and
are folded once.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from typing import Final

from notifier.channels.base import FinishedMessage
from notifier.channels.email.ics import calendar

_MAILBOX: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.-]{1,100}")
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,240}>")
_UNSUBSCRIBE: Final = re.compile(r"https://[A-Za-z0-9.:/?&=_~%+-]{1,500}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail is from; `domain` stands in message ids, `bounce_domain` in envelope senders.

    Replies to notices go to `reply_domain`, where the mailbox is read; empty: to `reply_to`, where people read them.
    """

    mail_from: str
    reply_to: str
    domain: str
    bounce_domain: str
    reply_domain: str = ""


def is_mailbox(address: str) -> bool:
    """Return whether `address` is one plain ASCII mailbox (RFC 5321 dot-string; other domains as A-labels)."""
    return len(address) <= 254 and len(address.partition("@")[0]) <= 64 and _MAILBOX.fullmatch(address) is not None


def is_message_id(value: str) -> bool:
    """Return whether `value` is one Message-ID that can stand in a header."""
    return _MESSAGE_ID.fullmatch(value) is not None


@lru_cache(maxsize=512)
def _folded(name: str, value: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message[name] = value
    return message.as_bytes().partition(b"\r\n\r\n")[0].rstrip(b"\r\n") + b"\r\n"


@lru_cache(maxsize=512)
def _words(name: str, value: str) -> bytes:
    """Return a folded header of words; `EmailMessage` loses the space where it splits encoded words, `Header` not."""
    text = plain(value)
    charset = "us-ascii" if text.isascii() else "utf-8"
    folded = Header(text, charset, header_name=name).encode(linesep="\r\n")
    return f"{name}: {folded}\r\n".encode("ascii")


@lru_cache(maxsize=512)
def _from(display: str, mail_from: str) -> bytes:
    """Return the From header: the address is always the installation's own, the name is who speaks."""
    display, address = plain(display), parseaddr(mail_from)[1]
    if not display:
        return _folded("From", mail_from)
    if display.isascii():
        return _folded("From", formataddr((display, address)))
    return _words("From", display)[:-2] + f"\r\n <{address}>\r\n".encode("ascii")


def plain(value: str) -> str:
    """Return words on one line: what would break a line, or turn the direction of writing, becomes a space."""
    return " ".join(_CONTROL.sub(" ", value).split())


def _part(subtype: str, content: str) -> bytes:
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head.encode() + base64.encodebytes(content.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")


def compose(sender: Sender, message: FinishedMessage, reply_to: str = "") -> bytes:
    """Return the message as sent after DATA, before dot-stuffing; base64 lines never begin with a dot.

    Raises:
        ValueError: the address is not a plain mailbox, or what stands in a header unfolded is no token.
    """
    if not is_mailbox(message.address):
        raise ValueError("not a mailbox")
    boundary = f"=_{hashlib.sha256(message.reference.encode()).hexdigest()[:32]}"
    headers = (
        _from(message.sender_name, sender.mail_from),
        f"Reply-To:\r\n {reply_to}\r\n".encode()
        if reply_to
        else _folded("Reply-To", sender.reply_to or sender.mail_from),
        f"To: {message.address}\r\n".encode(),
        _words("Subject", message.subject),
        f"Date: {format_datetime(message.at)}\r\n".encode(),
        f"Message-ID: {message_id(sender, message)}\r\n".encode(),
        *_threading(sender, message),
        f"Content-Language: {'en' if message.language == 'en' else 'vi'}\r\n".encode(),
        b"Auto-Submitted: auto-generated\r\n" if message.answers is None else b"Auto-Submitted: auto-replied\r\n",
        *_unsubscribing(message.unsubscribe),
        b"MIME-Version: 1.0\r\n",
    )
    body = _multipart("alternative", boundary, _part("plain", message.text), _part("html", message.html))
    if message.entries:
        display = message.sender_name or parseaddr(sender.mail_from)[0]
        due = _due_times(calendar(message.entries, display, parseaddr(sender.mail_from)[1]))
        body = _multipart("mixed", f"{boundary}_", body, due)
    return b"".join(headers) + body


def _multipart(subtype: str, boundary: str, *parts: bytes) -> bytes:
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()
    fence = f"--{boundary}\r\n".encode()
    return head + b"".join(fence + part for part in parts) + f"--{boundary}--\r\n".encode()


def _due_times(content: str) -> bytes:
    head = (
        'Content-Type: text/calendar; charset="utf-8"; method=PUBLISH\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="thoi-han.ics"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content.encode()).replace(b"\n", b"\r\n")


def _threading(sender: Sender, message: FinishedMessage) -> tuple[bytes, ...]:
    """Return In-Reply-To and References: beginnings nobody has to have got, the same for all that belongs together."""
    if not all(_TOKEN.fullmatch(thread) for thread in message.threads):
        raise ValueError("not a thread")
    if message.answers and not is_message_id(message.answers):
        raise ValueError("not a Message-ID")
    ids = [f"<{thread}@{sender.domain}>" for thread in message.threads] + ([message.answers] if message.answers else [])
    if not ids:
        return ()
    references = "\r\n ".join(ids)
    return (f"In-Reply-To:\r\n {ids[-1]}\r\n".encode(), f"References: {references}\r\n".encode())


def _unsubscribing(address: str) -> tuple[bytes, ...]:
    """Return the headers of RFC 8058, for digests only."""
    if not address:
        return ()
    if not _UNSUBSCRIBE.fullmatch(address):
        raise ValueError("not an address to unsubscribe at")
    return (
        f"List-Unsubscribe:\r\n <{address}>\r\n".encode(),
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
    )


def message_id(sender: Sender, message: FinishedMessage) -> str:
    """Return the Message-ID: the same for every attempt at one notice and address."""
    return f"<{message.reference}@{sender.domain}>"
