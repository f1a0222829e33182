"""Mail as it arrived at a real SMTP server, with the notice each one came from.

Instants are the scenario's: a mail's own `Date` header.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from cascade_contracts.vocabulary import Audience, NewsKind, StepKind
from cascade_local.mailbox.store import MailStore, Summary
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_LINK = re.compile(r"https?://\S+/l/\S+")

_NOTICES = text(
    """
    select d.message_id, n.id, n.facts from delivery d join notice n on n.month = d.month and n.id = d.notice_id
    where d.message_id = any(cast(:references as text[]))
    """
)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: what it says, to whom, when, and about which units' obligations.

    `notices` counts what it tells; of a digest everything else is its first notice's.
    """

    to: str
    at: datetime
    step: StepKind | NewsKind
    audience: Audience
    document: str
    round: str
    about: tuple[str, ...]
    notice_id: str
    notices: int
    subject: str
    text: str
    html: str

    @property
    def link(self) -> str | None:
        """The link to the page of the duty, if there is one."""
        found = _LINK.search(self.text)
        return found[0] if found else None


class _Keep:
    """Keeps what is sent before it is answered with 250."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's
        """Take one mail."""
        content = envelope.content or b""
        name = self._store.add(content if isinstance(content, bytes) else content.encode(), envelope.rcpt_tos)
        return f"250 OK kept as {name}"


@dataclass(slots=True)
class Mailroom:
    """Every mail of a scenario, oldest first."""

    store: MailStore
    port: int = 0
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator[Self]:
        """Serve SMTP on a free port; mails are kept in the folder."""
        mailroom = cls(MailStore(folder))
        await mailroom.reopen()
        try:
            yield mailroom
        finally:
            await mailroom.close()

    async def close(self) -> None:
        """Break every connection and refuse new ones, as a mail server that is away."""
        if self._server is not None:
            self._server.close()
            for session in self._sessions:
                if isinstance(session.transport, asyncio.Transport):
                    session.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def reopen(self) -> None:
        """Serve again, on the same port."""
        self._sessions.clear()
        self._server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _session(self) -> SMTP:
        session = SMTP(_Keep(self.store), enable_SMTPUTF8=True, hostname="mailroom.example")
        self._sessions.append(session)
        return session

    async def mails(self, notifier: AsyncEngine, recipient: str = "") -> list[Mail]:
        """Return the mails to an address (all of them by default), oldest first; answers to replies are no notices."""
        found = list(self.store.find(recipient=recipient))[::-1]
        summaries = [summary for summary in found if not _reference(summary).startswith("answer-")]
        references = [_reference(summary) for summary in summaries]
        async with notifier.connect() as connection:
            rows = await connection.execute(_NOTICES, {"references": references})
            notices: dict[str, list[Any]] = {}
            for row in rows:
                notices.setdefault(row.message_id, []).append(row)
        return [
            self._mail(summary, notices[reference]) for summary, reference in zip(summaries, references, strict=True)
        ]

    def _mail(self, summary: Summary, told: list[Any]) -> Mail:
        notice = told[0]
        whole = BytesParser(EmailMessage, policy=default).parsebytes(self.store.raw(summary.id) or b"")
        plain, html = self.store.bodies(summary.id) or ("", "")
        facts = notice.facts
        news = "news" in facts
        items = [item for part in facts["sections"] for item in part["items"]] if news else facts["items"]
        return Mail(
            to=summary.recipients[0],
            at=parsedate_to_datetime(str(whole["Date"])).astimezone(UTC),
            step=NewsKind(facts["news"]) if news else StepKind(facts["step"]),
            audience=Audience.CONTACT if news else Audience(facts["audience"]),
            document=facts["basis" if news else "document_reference"],
            round=facts["about" if news else "round_title"],
            about=tuple(item["unit_name"] for item in items),
            notice_id=str(notice.id),
            notices=len(told),
            subject=summary.subject,
            text=plain,
            html=html,
        )


def _reference(summary: Summary) -> str:
    return summary.message_id.strip("<>").partition("@")[0]
