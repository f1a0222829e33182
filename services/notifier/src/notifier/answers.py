"""Answers replies to notices: a receipt, or what to do so that the report comes in. Each at most once.

An answer is a machine's (`Auto-Submitted: auto-replied`, null return path), so that no machine answers it.
"""

import logging
from datetime import timedelta
from typing import Final

from cascade_contracts.delivery import AnyFacts, NoticeRecipient
from cascade_servicekit.clock import Clock
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.attempts import retry_after
from notifier.channels.base import Channel, FinishedMessage, SendResult, SendState
from notifier.rendering import envelope
from notifier.rendering.answer import AnswerRenderer
from notifier.store import replies

log = logging.getLogger(__name__)

AT_ONCE: Final = 50
GIVE_UP: Final = 20
"""Attempts after which an answer that is only ever put off is given up."""

_FACTS: Final[TypeAdapter[AnyFacts]] = TypeAdapter(AnyFacts)
_PAUSE: Final = timedelta(minutes=1)


class Answers:
    """Sends what `intake` recorded as to be answered."""

    def __init__(self, engine: AsyncEngine, channel: Channel, clock: Clock) -> None:
        self._engine = engine
        self._channel = channel
        self._clock = clock
        self._renderer = AnswerRenderer()

    async def send_all(self) -> int:
        """Send the answers owed now, one after the other; return how many the relay took."""
        async with self._engine.begin() as connection:
            owed = await replies.owed(connection, self._clock.now(), AT_ONCE)
        return sum([await self._send(answer) for answer in owed])

    async def _send(self, answer: replies.Owed) -> bool:
        async with self._engine.connect() as connection:
            told = await replies.told(connection, answer.delivery_id)
        if told is None:
            return False
        recipient, facts = NoticeRecipient.model_validate(told.recipient), _FACTS.validate_python(told.facts)
        rendered = self._renderer.render(answer.verdict, answer.said, recipient, facts)
        message = FinishedMessage(
            delivery_id=answer.delivery_id,
            reference=f"answer-{answer.mail_id}",
            address=answer.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            language=recipient.language,
            at=self._clock.now(),
            sender_name=envelope.sender_name(facts),
            replyable=True,
            answers=answer.message_id or "",
        )

        async def commit() -> bool:
            async with self._engine.begin() as connection:
                return await replies.begin(connection, answer.mail_id, self._clock.now())

        result = await self._channel.send(message, commit)
        await self._end(answer, result)
        return result.state is SendState.ACCEPTED

    async def _end(self, answer: replies.Owed, result: SendResult) -> None:
        if result.state is SendState.LOST:
            return
        state, retry_at = str(result.state), None
        if result.state is SendState.ACCEPTED:
            state = "answered"
        elif result.state is SendState.HELD and answer.attempts < GIVE_UP:
            state, retry_at = "to_answer", self._clock.now() + max(retry_after(answer.attempts + 1), _PAUSE)
        elif result.state is SendState.HELD:
            state = "failed"
        async with self._engine.begin() as connection:
            await replies.end(connection, answer.mail_id, state, result.detail, retry_at)
        log.info("answer about delivery %s: %s", answer.delivery_id, state)
