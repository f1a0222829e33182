"""Takes in what comes to the mailbox, by whichever way: delivery reports, replies with a report, everything else.

Everything is settled and committed before the caller may let go of the message; what cannot be settled now raises, and
the message comes again. Repeating any of it changes nothing: plan-api takes a mail once, a reply is recorded once.
"""

import logging
from typing import Any, Final

import httpx
from cascade_contracts.replies import MailReply, ReplyFile, ReplyTaken
from cascade_servicekit.clock import Clock
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.channels.email.attachments import MOST_FILES
from notifier.channels.email.bounces import Bounce
from notifier.channels.email.incoming import Incoming, Kind, read_incoming
from notifier.facts_client import BatchGone, FactsClient, Refused
from notifier.keys import Keyring
from notifier.reporting import Reporter
from notifier.store import replies
from notifier.store.channels import suppress_addresses
from notifier.store.pages import settle

log = logging.getLogger(__name__)

NOT_AWAITED: Final = "not_the_recipient"
TOO_LARGE: Final = "too_large"
TOO_MANY: Final = "too_many_files"

_FAIL = text(
    """
    update delivery set state = 'failed', detail = :detail, finished_at = :now
    where (id = :id or message_id = (select message_id from delivery where id = :id))
      and state in ('accepted', 'unknown', 'transmitting')
    returning month, batch_id, notice_id, channel, address_index
    """
)


class Intake:
    """The one way in for messages."""

    def __init__(
        self, engine: AsyncEngine, facts: FactsClient, reporter: Reporter, keyring: Keyring, clock: Clock
    ) -> None:
        self._engine = engine
        self._facts = facts
        self._reporter = reporter
        self._keyring = keyring
        self._clock = clock

    async def take(self, raw: bytes, *, whole: bool = True) -> Kind:
        """Settle a message and return what it was; `whole` is False where only the header of a large one is given.

        Raises:
            httpx.HTTPError | sqlalchemy.exc.SQLAlchemyError | OSError: not now, nothing is recorded.
        """
        message = read_incoming(self._keyring, raw, whole=whole)
        if message.bounce is not None:
            await self.bounced(message.bounce)
        elif message.kind is Kind.REPLY:
            return await self._replied(message)
        log.info("a message of the mailbox was taken as %s", message.kind)
        return message.kind

    async def bounced(self, bounce: Bounce) -> bool:
        """Fail a delivery finally, and all that its digest told; return whether any still counted as sent.

        A dead address is suppressed.
        """
        if not bounce.failed:
            return False
        now = self._clock.now()
        async with self._engine.begin() as connection:
            parameters = {"id": bounce.delivery_id, "detail": bounce.detail, "now": now}
            rows = (await connection.execute(_FAIL, parameters)).all()
            if rows and bounce.dead:
                await suppress_addresses(connection, [(rows[0].address_index, rows[0].channel, bounce.detail)], now)
            for month in {row.month for row in rows}:
                told = [row.notice_id for row in rows if row.month == month]
                await settle(connection, month, told, now, correct=True)
        for batch_id in {row.batch_id for row in rows}:
            try:
                await self._reporter.report(batch_id)
            except (httpx.HTTPError, BatchGone) as error:
                log.warning("a bounce of batch %s waits to be reported: %s", batch_id, error)
        return bool(rows)

    async def _replied(self, message: Incoming) -> Kind:
        assert message.delivery_id is not None  # noqa: S101 - a reply names its delivery
        async with self._engine.connect() as connection:
            if await replies.known(connection, message.mail_id):
                return Kind.REPLY
            told = await replies.told(connection, message.delivery_id)
        if told is None:
            return Kind.OTHER
        verdict, said = await self._verdict(message, told)
        log.info("a reply to delivery %s: %s", message.delivery_id, verdict)
        row = {
            "mail_id": message.mail_id,
            "delivery_id": message.delivery_id,
            "verdict": verdict,
            "state": "to_answer" if message.sender else "quiet",
            "answer_to_enc": message.sender or None,
            "message_id": message.message_id or None,
            "said": said,
            "received_at": self._clock.now(),
            "attempts": 0,
            "detail": None,
        }
        async with self._engine.begin() as connection:
            await replies.record(connection, row)
        return Kind.REPLY

    async def _verdict(self, message: Incoming, told: replies.Told) -> tuple[str, dict[str, Any]]:
        """Return what becomes of a reply, as a code and what is said about it."""
        if not message.sender or self._keyring.index(told.channel, message.sender) != told.address_index:
            return NOT_AWAITED, {}
        if not message.whole:
            return TOO_LARGE, {}
        if len(message.files) > MOST_FILES:
            return TOO_MANY, {}
        if told.link_hash is None:
            return "reply_to_several", {}
        english = told.recipient.get("language") == "en"
        try:
            taken = await self._bring(message, told.link_hash, "en" if english else "vi")
        except Refused as refused:
            return refused.code, {"detail": refused.detail, "faults": refused.faults[:10]}
        return "taken", {"receipt": taken.model_dump(mode="json"), "files": [file.name for file in message.files]}

    async def _bring(self, message: Incoming, link_hash: bytes, language: str) -> ReplyTaken:
        kept = [
            ReplyFile(sha256=await self._facts.store_file(file.name, file.content, language), name=file.name)
            for file in message.files
        ]
        reply = MailReply(mail_id=message.mail_id, link_sha256=link_hash.hex(), text=message.text or None, files=kept)
        return await self._facts.bring_reply(reply, language)
