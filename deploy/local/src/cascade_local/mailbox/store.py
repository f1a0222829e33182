"""Mails as .eml files in one folder, with an index in memory that is rebuilt from the files at start.

A file appears whole or not at all (written under a dot name, then renamed); its name begins with the instant of
receipt, so names sort by time. Nothing is synced: these mails are for reading on this machine.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from itertools import count, islice
from pathlib import Path

_ENVELOPE = "X-Mailbox-Recipients"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list shows of one mail; `headers` are the mail's own X- headers, names in lower case."""

    id: str
    received_at: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    size: int
    headers: dict[str, str]

    def as_json(self) -> dict[str, object]:
        """Return the summary as JSON types."""
        return asdict(self)


def _decoded(value: object) -> str:
    try:
        return " ".join(str(make_header(decode_header(str(value or "")))).split())
    except (LookupError, ValueError):
        return str(value)


def _summary(name: str, content: bytes, headers: Message) -> Summary:
    received = datetime.fromtimestamp(int(name.split("-", 1)[0]) / 1_000_000, UTC)
    recipients = json.loads(str(headers[_ENVELOPE] or "[]"))
    extra = {
        key.lower(): _decoded(value)
        for key, value in headers.items()
        if key.lower().startswith("x-") and key != _ENVELOPE
    }
    return Summary(
        id=name,
        received_at=received.isoformat(),
        sender=_decoded(headers["From"]),
        recipients=tuple(recipients),
        subject=_decoded(headers["Subject"]),
        message_id=str(headers["Message-ID"] or "").strip(),
        size=len(content),
        headers=extra,
    )


class MailStore:
    """The mails of one folder. Not for several processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._parser = BytesHeaderParser(policy=policy.compat32)
        self._serial = count()
        self._summaries: dict[str, Summary] = {}
        for path in sorted(folder.glob("*.eml")):
            content = path.read_bytes()
            self._summaries[path.stem] = _summary(path.stem, content, self._parser.parsebytes(content))

    def add(self, content: bytes, recipients: list[str]) -> str:
        """Keep a mail and return its id; the envelope's recipients are written as a first header."""
        name = f"{time.time_ns() // 1000:017d}-{next(self._serial) % 1_000_000:06d}"
        whole = f"{_ENVELOPE}: {json.dumps(recipients)}\r\n".encode() + content
        draft = self.folder / f".{name}"
        draft.write_bytes(whole)
        draft.rename(self.folder / f"{name}.eml")
        self._summaries[name] = _summary(name, whole, self._parser.parsebytes(whole))
        return name

    def find(self, *, recipient: str = "", subject: str = "", before: str = "", after: str = "") -> Iterator[Summary]:
        """Yield mails newest first; filters match parts, case-folded; `before` and `after` are ids, exclusive."""
        recipient, subject = recipient.casefold(), subject.casefold()
        for name in reversed(self._summaries):
            if before and name >= before:
                continue
            if after and name <= after:
                return
            summary = self._summaries[name]
            if recipient and not any(recipient in address.casefold() for address in summary.recipients):
                continue
            if subject and subject not in summary.subject.casefold():
                continue
            yield summary

    def page(self, limit: int, **filters: str) -> tuple[list[Summary], bool]:
        """Return at most `limit` mails and whether more follow."""
        found = list(islice(self.find(**filters), limit + 1))
        return found[:limit], len(found) > limit

    def count(self, **filters: str) -> int:
        """Return how many mails match."""
        if not any(filters.values()):
            return len(self._summaries)
        return sum(1 for _ in self.find(**filters))

    def summary(self, name: str) -> Summary | None:
        """Return one mail's summary."""
        return self._summaries.get(name)

    def raw(self, name: str) -> bytes | None:
        """Return one mail as it came, with the envelope header on top; None for an unknown id."""
        if name not in self._summaries:
            return None
        return (self.folder / f"{name}.eml").read_bytes()

    def bodies(self, name: str) -> tuple[str, str] | None:
        """Return the text and HTML parts of one mail, empty where missing."""
        content = self.raw(name)
        if content is None:
            return None
        message = BytesParser(EmailMessage, policy=policy.default).parsebytes(content)
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        return (str(plain.get_content()) if plain else "", str(html.get_content()) if html else "")
