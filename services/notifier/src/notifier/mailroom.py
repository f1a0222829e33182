"""Reads the mailbox and sends the answers that are owed, round after round; outages are waited out."""

import asyncio
import logging
from typing import Final

import httpx
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.answers import Answers
from notifier.channels.email.incoming import Kind
from notifier.channels.email.mailbox import FAILURES, Account, Letter, Mailbox
from notifier.intake import Intake

log = logging.getLogger(__name__)

AT_ONCE: Final = 50
"""Messages of one round: a session does not stay open for long."""


class Mailroom:
    """One mailbox, or none: the answers to what the hook took in are sent here as well."""

    def __init__(
        self, engine: AsyncEngine, intake: Intake, answers: Answers, account: Account | None, pause: float
    ) -> None:
        self._engine = engine
        self._intake = intake
        self._answers = answers
        self._account = account
        self._pause = pause

    async def read(self) -> int:
        """Settle what lies in the mailbox and file it away, each message after its own commit; return how many.

        While plan-api or the database is away everything stays where it is.
        """
        if self._account is None:
            return 0
        mailbox = Mailbox(self._account)
        await asyncio.to_thread(mailbox.__enter__)
        try:
            letters = mailbox.letters(AT_ONCE)
            settled = 0
            while (letter := await asyncio.to_thread(_next, letters)) is not None:
                kind = await self._take(letter)
                if kind is not None:
                    await asyncio.to_thread(mailbox.file_away, letter.uid, done=kind is not Kind.OTHER)
                settled += 1
            return settled
        finally:
            await asyncio.to_thread(mailbox.__exit__)

    async def _take(self, letter: Letter) -> Kind | None:
        """Settle a message; None leaves it where it is, and one that trips a defect is left to people."""
        try:
            return await self._intake.take(letter.raw, whole=letter.whole)
        except httpx.HTTPStatusError as error:
            if error.response.status_code == 503:
                raise
            log.warning("a message waits: plan-api answered %s", error.response.status_code)
            return None
        except (httpx.HTTPError, SQLAlchemyError, OSError):
            raise
        except Exception:
            log.exception("a message cannot be read and is left to people")
            return Kind.OTHER

    async def round(self) -> int:
        """Read, then answer; return how many messages were settled."""
        settled = 0
        try:
            settled = await self.read()
        except (*FAILURES, httpx.HTTPError, SQLAlchemyError) as error:
            log.warning("the mailbox waits to be read: %s", type(error).__name__)
        try:
            await self._answers.send_all()
        except (SQLAlchemyError, OSError) as error:
            log.warning("answers to replies wait to be sent: %s", type(error).__name__)
        return settled

    async def run_forever(self) -> None:
        """Go round until cancelled; a full mailbox is read without pause."""
        while True:
            if await self.round() < AT_ONCE:
                await asyncio.sleep(self._pause)


def _next(letters: object) -> Letter | None:
    return next(letters, None)  # type: ignore[call-overload, no-any-return]
