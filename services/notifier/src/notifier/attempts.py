"""One attempt at one delivery: render, mark, send, record — and what its result means for the row.

The mark `transmitting` is committed before anything leaves; if that cannot be written nothing is sent, and if the
result cannot be written the lease makes it `unknown`. An attempt once begun is carried to its end, whoever stops
waiting for it. No database connection is held while a channel works.
"""

import asyncio
import logging
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
from notifier.rendering import Renderer, envelope
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
) -> tuple[DeliveryState, datetime | None]:
    """Return the delivery's next state and, when it waits for its own retry or its receipt, until when. Pure.

    A temporarily refused address is given up after `give_up`; a receipt is first asked for after `first_look`.
    """
    if result.state is SendState.ACCEPTED:
        if result.receipt_within is None:
            return DeliveryState.ACCEPTED, None
        return DeliveryState.AWAITING, now + min(first_look, result.receipt_within)
    if result.state is SendState.HELD and result.retry is Retry.RECIPIENT:
        worn_out = result.at_most is not None and claimed.attempts >= result.at_most
        if worn_out or now - claimed.created_at >= give_up:
            return DeliveryState.FAILED, None
        return DeliveryState.PENDING, result.not_before or now + retry_after(claimed.attempts)
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
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._renderer = renderer
        self._keyring = keyring
        self._clock = clock
        self._give_up = give_up
        self._first_look = first_look
        self._journal = Journal(engine)
        self._under_way: set[asyncio.Task[SendResult]] = set()

    async def attempt(self, claimed: Claimed, token: UUID) -> SendResult:
        """Carry out one attempt; cancelling the caller does not stop it."""
        task = asyncio.create_task(self._carry_out(claimed, token))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait for attempts whose caller has left."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    async def _carry_out(self, claimed: Claimed, token: UUID) -> SendResult:
        reference = self._keyring.sign("message-id", claimed.notice_id.bytes, claimed.address_index, length=40)
        attempt = Attempt(claimed.month, claimed.id, token, reference)
        try:
            message = self._message(claimed, reference)
        except (TemplateError, LookupError, TypeError, ValueError):
            log.exception("notice %s cannot be rendered", claimed.notice_id)
            result = SendResult(SendState.FAILED, "template")
            await self._record(claimed, attempt, result)
            return result
        in_doubt = False

        async def commit() -> bool:
            nonlocal in_doubt
            try:
                return await self._journal.write(Mark(attempt, DeliveryState.TRANSMITTING, self._clock.now()))
            except (SQLAlchemyError, OSError):
                in_doubt = True
                return False

        result = await self._registry[ChannelName(claimed.channel)].send(message, commit)
        if in_doubt:  # the mark may stand, but nothing left: take it back
            await self._write(Mark(attempt, DeliveryState.PENDING, self._clock.now()))
        elif result.state is not SendState.LOST:
            await self._record(claimed, attempt, result)
        return result

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

    async def _write(self, mark: Mark) -> bool:
        """Write a result down, waiting out a database that restarts: an answer already heard is worth it."""
        for delay in _PATIENCE:
            try:
                return await self._journal.write(mark)
            except (SQLAlchemyError, OSError):
                await asyncio.sleep(delay)
        return await self._journal.write(mark)

    async def _record(self, claimed: Claimed, attempt: Attempt, result: SendResult) -> None:
        now = self._clock.now()
        state, retry_at = conclude(result, claimed, now, self._give_up, self._first_look)
        mark = Mark(attempt, state, now, result.detail or None, retry_at, result.vendor_id or None)
        if result.receipt_within is not None:
            mark = replace(mark, receipt_by=now + result.receipt_within)
        if not await self._write(mark):
            log.warning("attempt at delivery %s ended as %s after its claim was given up", claimed.id, state)
        if result.suppress:
            async with self._engine.begin() as connection:
                entry = (claimed.address_index, claimed.channel, result.detail)
                await suppress_addresses(connection, [entry], now)
