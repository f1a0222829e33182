"""What a person put into a reply: files and own words, without the notice quoted below and pictures of signatures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from html import unescape
from typing import Final

MOST_FILES: Final = 20
LARGEST_DECORATION: Final = 100_000
"""Bytes below which a picture shown inside the text is part of a signature, not a photographed paper."""

_NO_FILES: Final = frozenset(
    {"text/calendar", "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_QUOTE: Final = re.compile(
    r"^(>|-{3,} ?(original message|thư gốc|tin nhắn gốc|forwarded)|on .{5,200} wrote:$|vào .{5,200} (đã )?viết:$"
    r"|(từ|from): .+@|_{10,}$|-- $)",
    re.IGNORECASE,
)
_LONGEST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a mail."""

    name: str
    content: bytes


def attached(message: Message) -> tuple[Attached, ...]:
    """Return the files a person attached, in their order; at most one more than are taken, so that it can be told."""
    shown = set(re.findall(r"cid:([^\"'\s>]+)", _text(message, "html")))
    found: list[Attached] = []
    for part in _parts(message):
        if part.get_content_type() in _NO_FILES:
            continue
        name = decoded(part.get_filename())
        if not name and part.get_content_disposition() != "attachment":
            continue
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes) or not content:
            continue
        decorates = decoded(part["Content-ID"]).strip("<> ") in shown
        if part.get_content_maintype() == "image" and decorates and len(content) < LARGEST_DECORATION:
            continue
        found.append(Attached(name or "tep", content))
        if len(found) > MOST_FILES:
            break
    return tuple(found)


def own_words(message: Message) -> str:
    """Return what the sender wrote above the quoted notice, at most 10,000 characters."""
    said = _text(message, "plain") or _plain(_text(message, "html"))
    lines: list[str] = []
    for line in said.replace("\r\n", "\n").split("\n"):
        if _QUOTE.match(line if line == "-- " else line.strip()):
            break
        lines.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).replace("\0", "")).strip()[:_LONGEST]


def decoded(value: object) -> str:
    """Return a header's value as text on one line, whatever it was encoded as."""
    try:
        return " ".join(str(make_header(decode_header(str(value or "")))).split())
    except (LookupError, ValueError):
        return " ".join(str(value).split())


def _parts(message: Message) -> Iterator[Message]:
    """Yield the leaves of a message; messages attached whole are not opened."""
    if message.get_content_maintype() == "message":
        return
    payload = message.get_payload()
    if message.is_multipart() and isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _parts(part)
    else:
        yield message


def _text(message: Message, subtype: str) -> str:
    """Return the first text of a kind that is no file."""
    for part in _parts(message):
        if part.get_content_type() != f"text/{subtype}" or part.get_content_disposition() == "attachment":
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            try:
                return content.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                return content.decode("utf-8", "replace")
    return ""


def _plain(html: str) -> str:
    marked = re.sub(r"(?is)<(style|script|blockquote).*?</\1>", "", html)
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"(?i)<br\s*/?>|</p>|</div>", "\n", marked)))
