"""Works on what Zalo told us: receipts, links of persons to seats, standing of templates and quota.

Every event may be worked on twice; each handler's second time changes nothing. What waits for plan-api is put off.
"""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from cascade_contracts.vocabulary import Channel
from cascade_contracts.zalo import ZaloLeft, ZaloSaid
from cascade_servicekit.clock import Clock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.facts_client import FactsClient
from notifier.receipts import take_receipt
from notifier.reporting import Reporter
from notifier.store import zalo_events
from notifier.store.alarms import raise_alarms
from notifier.store.zalo_events import Event

log = logging.getLogger(__name__)

SWEEP_PAUSE: Final = 15.0
"""Seconds between two looks for events that were put off."""

AT_ONCE: Final = 20
PATIENCE: Final = timedelta(minutes=10)
"""A receipt may be faster than the answer that names its message: so long it is asked again whether it is ours."""

KEPT: Final = timedelta(days=30)
"""Far longer than the replay window may be set to."""

GIVE_UP: Final = timedelta(days=2)
_CODE: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{4}[ .-]?[0-9]{4}(?![0-9A-Za-z])")
_LONGEST_PAUSE: Final = timedelta(minutes=15)
_BROKEN: Final = frozenset({"DISABLE", "DISABLED", "REJECT", "REJECTED", "DELETE", "DELETED"})


class PutOff(Exception):
    """The event has to wait; the argument says for what."""


def code_in(text: str) -> str | None:
    """Return the one code of eight digits a message holds, None where there is none or more than one."""
    found = {re.sub(r"\D", "", code) for code in _CODE.findall(text)}
    return found.pop() if len(found) == 1 else None


def _text(body: Mapping[str, Any], *path: str) -> str:
    found: Any = body
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return "" if found is None else str(found)


class ZaloDesk:
    """Works off events; several processes may, each event is worked on by one at a time."""

    def __init__(
        self, engine: AsyncEngine, facts: FactsClient, reporter: Reporter, clock: Clock, ours: Callable[[str], bool]
    ) -> None:
        self._engine = engine
        self._facts = facts
        self._reporter = reporter
        self._clock = clock
        self._ours = ours
        self._wake = asyncio.Event()
        self._handlers: Mapping[str, Callable[[Event, Mapping[str, Any]], Awaitable[str]]] = {
            "user_received_message": self._received,
            "user_send_text": self._said,
            "unfollow": self._unfollowed,
            "change_template_status": self._template,
            "change_oa_daily_quota": self._quota,
        }

    def wake(self) -> None:
        """Say that there is an event to work on."""
        self._wake.set()

    async def work(self) -> int:
        """Work on what is due; return how many events were worked off."""
        async with self._engine.begin() as connection:
            taken = await zalo_events.take_up(connection, self._clock.now(), AT_ONCE)
        return sum([await self._work_on(event) for event in taken])

    async def work_forever(self) -> None:
        """Work until cancelled; outages of the database are waited out."""
        while True:
            self._wake.clear()
            try:
                while await self.work():
                    pass
                await self.tidy()
            except (SQLAlchemyError, OSError) as error:
                log.warning("zalo: events wait: %s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_PAUSE)

    async def tidy(self) -> int:
        """Forget what was worked on long ago: what is played again by then is refused as too old."""
        async with self._engine.begin() as connection:
            return await zalo_events.forget(connection, self._clock.now() - KEPT)

    async def _work_on(self, event: Event) -> bool:
        handler = self._handlers.get(event.name)
        try:
            outcome = "ignored" if handler is None else await handler(event, json.loads(event.body))
        except (PutOff, httpx.HTTPError) as error:
            return await self._put_off(event, str(error) if isinstance(error, PutOff) else type(error).__name__)
        async with self._engine.begin() as connection:
            await zalo_events.worked_off(connection, event.id, outcome, self._clock.now())
        return True

    async def _put_off(self, event: Event, why: str) -> bool:
        now = self._clock.now()
        async with self._engine.begin() as connection:
            if now - event.received_at < GIVE_UP:
                pause = min(timedelta(seconds=5 * (1 << min(event.attempts, 10))), _LONGEST_PAUSE)
                await zalo_events.put_off(connection, event.id, now + pause, why)
                return False
            await zalo_events.worked_off(connection, event.id, f"given up: {why}", now)
        log.error("zalo: an event %s is given up: %s", event.name, why)
        return True

    async def _received(self, event: Event, body: Mapping[str, Any]) -> str:
        """A message arrived; without a time of delivery it is an ordinary message of the account."""
        delivered = _text(body, "message", "delivery_time")
        msg_id = _text(body, "message", "msg_id")
        if not delivered.isdigit() or not msg_id:
            return "ignored"
        tracking = _text(body, "message", "tracking_id")
        at = min(datetime.fromtimestamp(int(delivered) / 1000, UTC), self._clock.now())
        known = await take_receipt(
            self._engine, self._reporter, self._clock, Channel.ZALO, vendor_id=msg_id, tracking_id=tracking, at=at
        )
        if not known and self._clock.now() - event.received_at < PATIENCE:
            raise PutOff("the message is not known yet")
        return "delivered" if known else "not_ours"

    async def _said(self, event: Event, body: Mapping[str, Any]) -> str:
        """A person wrote to the account; a code in it links them to the seat it was made for."""
        code, user_id = code_in(_text(body, "message", "text")), _text(body, "sender", "id")
        if code is None or not user_id:
            return "no_code"
        return await self._facts.link_zalo(ZaloSaid(code=code, user_id=user_id, at=event.happened_at))

    async def _unfollowed(self, event: Event, body: Mapping[str, Any]) -> str:
        """A person left the account: nothing can be sent to that user id any more."""
        user_id = _text(body, "follower", "id")
        if not user_id:
            return "ignored"
        holders = await self._facts.unlink_zalo(ZaloLeft(user_id=user_id, at=event.happened_at))
        return f"unlinked {holders}"

    async def _template(self, event: Event, body: Mapping[str, Any]) -> str:  # noqa: ARG002 - every handler has this shape
        """Zalo changed the standing of a template; one of ours that cannot be sent any more is an alarm."""
        template = _text(body, "template_id")[:40]
        status = (_text(body, "status", "new_status") or _text(body, "new_status") or _text(body, "status"))[:40]
        if status.upper() in _BROKEN and self._ours(template):
            log.error("zalo: template %s is %s", template, status)
            async with self._engine.begin() as connection:
                await raise_alarms(connection, [f"zalo/template: {template} {status}"], self._clock.now())
        return f"{template} {status}"

    async def _quota(self, event: Event, body: Mapping[str, Any]) -> str:  # noqa: ARG002 - as above
        """Zalo changed how much may be sent a day."""
        quota = _text(body, "quota", "new_quota") or _text(body, "new_quota")
        log.warning("zalo: the daily quota is %s now", quota[:20])
        return f"quota {quota[:20]}"
