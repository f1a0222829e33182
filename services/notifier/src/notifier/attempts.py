"""One attempt at one delivery: render, mark, send, record — and what its result means for the row.

The mark `transmitting` is committed before anything leaves; if that cannot be written nothing is sent, and if the
result cannot be written the lease makes it `unknown`. An attempt once begun is carried to its end, whoever stops
waiting for it. No database connection is held while a channel works.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cascade_contracts.vocabulary import Channel as ChannelName
from cascade_servicekit.clock import Clock
from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.channels.base import FinishedMessage, Retry, SendResult, SendState
from notifier.channels.registry import ChannelRegistry
from notifier.keys import Keyring
from notifier.models import DeliveryState
from notifier.rendering import Renderer, Told, envelope
from notifier.rendering.phrases import phrases_of
from notifier.store.channels import suppress_addresses
from notifier.store.journal import Attempt, Journal, Mark
from notifier.store.pages import Claimed

log = logging.getLogger(__name__)

_FIRST_RETRY: Final = timedelta(seconds=60)
_LONGEST_RETRY: Final = timedelta(minutes=30)
_PATIENCE: Final = (0.2, 0.5, 1.0, *(2.0,) * 30)
"""Pauses between tries to write a result down: a minute, for a crashed database recovers before it takes anybody in."""


def retry_after(attempts: int) -> timedelta:
    """Return the wait after so many temporary refusals of one recipient (RFC 5321 §4.5.4.1, shorter at first)."""
    return min(_FIRST_RETRY * (1 << min(max(attempts, 1) - 1, 10)), _LONGEST_RETRY)


def conclude(
    result: SendResult,
    claimed: Claimed,
    now: datetime,
    give_up: timedelta,
    first_look: timedelta = timedelta(minutes=1),
    retry_scale: float = 1.0,
) -> tuple[DeliveryState, datetime | None]:
    """Return the delivery's next state and, when it waits for its own retry or its receipt, until when. Pure.

    A temporarily refused address is given up after `give_up`; a receipt is first asked for after `first_look`. Waits
    between tries last `retry_scale` times as long as in life.
    """
    if result.state is SendState.ACCEPTED:
        if result.receipt_within is None:
            return DeliveryState.ACCEPTED, None
        return DeliveryState.AWAITING, now + min(first_look, result.receipt_within)
    if result.state is SendState.HELD and result.retry is Retry.RECIPIENT:
        worn_out = result.at_most is not None and claimed.attempts >= result.at_most
        if worn_out or now - claimed.created_at >= give_up:
            return DeliveryState.FAILED, None
        return DeliveryState.PENDING, result.not_before or now + retry_after(claimed.attempts) * retry_scale
    if result.state is SendState.HELD:
        return DeliveryState.PENDING, None
    return (DeliveryState.UNKNOWN if result.state is SendState.UNKNOWN else DeliveryState.FAILED), None


class Attempts:
    """Carries out attempts; all that are under way can be waited for with `drain`."""

    def __init__(
        self,
        engine: AsyncEngine,
        registry: ChannelRegistry,
        renderer: Renderer,
        keyring: Keyring,
        clock: Clock,
        give_up: timedelta,
        first_look: timedelta,
        retry_scale: float = 1.0,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._renderer = renderer
        self._keyring = keyring
        self._clock = clock
        self._give_up = give_up
        self._first_look = first_look
        self.retry_scale = retry_scale
        self._journal = Journal(engine)
        self._under_way: set[asyncio.Task[SendResult]] = set()

    async def attempt(self, parts: Sequence[Claimed], token: UUID) -> SendResult:
        """Carry out one attempt, several notices as one digest; cancelling the caller does not stop it.

        What is true of the message is true of each of its notices.
        """
        task = asyncio.create_task(self._carry_out(parts, token))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait for attempts whose caller has left."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _carry_out(self, parts: Sequence[Claimed], token: UUID) -> SendResult:
        first = parts[0]
        notices = sorted(part.notice_id.bytes for part in parts)
        reference = self._keyring.sign("message-id", *notices, first.address_index, length=40)
        attempts = [Attempt(part.month, part.id, token, reference) for part in parts]
        try:
            message = self._message(first, reference) if len(parts) == 1 else self._digest(parts, reference)
        except (TemplateError, LookupError, TypeError, ValueError):
            log.exception("notices %s cannot be rendered", [str(part.notice_id) for part in parts])
            result = SendResult(SendState.FAILED, "template")
            await self._record(parts, attempts, result)
            return result
        in_doubt = False

        async def commit() -> bool:
            nonlocal in_doubt
            now = self._clock.now()
            try:
                ours = await self._journal.write(
                    [Mark(attempt, DeliveryState.TRANSMITTING, now) for attempt in attempts]
                )
            except (SQLAlchemyError, OSError):
                ours, in_doubt = False, True
            in_doubt |= not ours and len(attempts) > 1
            return ours

        result = await self._registry[ChannelName(first.channel)].send(message, commit)
        if in_doubt:  # the mark may stand, of some notices or of all, but nothing left: take it back
            now = self._clock.now()
            await self._write([Mark(attempt, DeliveryState.PENDING, now) for attempt in attempts])
        elif result.state is not SendState.LOST:
            await self._record(parts, attempts, result)
        return result

    def _digest(self, parts: Sequence[Claimed], reference: str) -> FinishedMessage:
        at, first = self._clock.now(), parts[0]
        rendered = self._renderer.render_digest(
            [Told(part.template, part.template_version, part.recipient, part.facts) for part in parts], at
        )
        return FinishedMessage(
            delivery_id=first.id,
            reference=reference,
            address=first.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            language=first.recipient.language,
            at=at,
            unsubscribe=envelope.unsubscribing([part.facts for part in parts]),
            entries=envelope.all_entries([(part.recipient, part.facts) for part in parts]),
        )

    def _message(self, claimed: Claimed, reference: str) -> FinishedMessage:
        rendered = self._renderer.render(claimed.template, claimed.template_version, claimed.recipient, claimed.facts)
        return FinishedMessage(
            delivery_id=claimed.id,
            reference=reference,
            address=claimed.address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            language=claimed.recipient.language,
            at=self._clock.now(),
            sender_name=envelope.sender_name(claimed.facts),
            threads=envelope.threads(self._keyring, claimed.facts),
            entries=envelope.entries(claimed.recipient, claimed.facts),
            template=claimed.template,
            template_version=claimed.template_version,
            phrases=phrases_of(claimed.recipient, claimed.facts) if claimed.channel == ChannelName.ZALO else {},
            replyable=True,
        )

    async def _write(self, marks: Sequence[Mark]) -> bool:
        """Write a result down, waiting out a database that restarts: an answer already heard is worth it."""
        for delay in _PATIENCE:
            try:
                return await self._journal.write(marks)
            except (SQLAlchemyError, OSError):
                await asyncio.sleep(delay)
        return await self._journal.write(marks)

    async def _record(self, parts: Sequence[Claimed], attempts: Sequence[Attempt], result: SendResult) -> None:
        now, first = self._clock.now(), parts[0]
        marks = []
        for part, attempt in zip(parts, attempts, strict=True):
            state, retry_at = conclude(result, part, now, self._give_up, self._first_look, self.retry_scale)
            mark = Mark(attempt, state, now, result.detail or None, retry_at, result.vendor_id or None)
            if result.receipt_within is not None:
                mark = replace(mark, receipt_by=now + result.receipt_within)
            marks.append(mark)
        if not await self._write(marks):
            log.warning("attempt at delivery %s ended as %s after its claim was given up", first.id, result.state)
        if result.suppress:
            async with self._engine.begin() as connection:
                entry = (first.address_index, first.channel, result.detail)
                await suppress_addresses(connection, [entry], now)
