"""Zalo as a channel: an approved template to a follower's user id, else to a phone number.

Accepted is not delivered: a message counts once Zalo's receipt is there. A timed-out send is unknown and never
repeated; a refusal is a known outcome, so a follower who cannot be reached by user id is tried by phone at once.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from cascade_contracts.vocabulary import Channel as ChannelName

from notifier.channels.base import Commit, FinishedMessage, SendResult, SendState
from notifier.channels.zalo.client import Answer, Client, NotSent, Silence, TemplateMessage, TokenGone
from notifier.channels.zalo.codes import Kind, judge, kind_of
from notifier.channels.zalo.parameters import ParameterRefused
from notifier.channels.zalo.templates import Entry, Register

log = logging.getLogger(__name__)

_MOBILE: Final = re.compile(r"(?:\+?84|0)([35789]\d{8})")
_TEMPLATE_REST: Final = 900.0
"""Seconds a template that Zalo refused is not tried again."""


def normalised(phone: str) -> str | None:
    """Return a Vietnamese mobile number as `84` and nine digits, None for anything else."""
    found = _MOBILE.fullmatch(re.sub(r"[ .()-]", "", phone.strip()))
    return f"84{found[1]}" if found else None


class _Unsendable(Exception):
    """A message cannot go by Zalo, whoever asks; the argument says why."""


class Links(Protocol):
    """Who knows the user id of a person who follows the account."""

    async def user_id(self, phone: str) -> str | None:
        """Return the user id linked to a number (`84…`), None when there is none."""
        ...


class NoLinks:
    """Nobody is linked."""

    async def user_id(self, phone: str) -> str | None:  # noqa: ARG002 - part of the protocol
        """Return None."""
        return None


class Pace:
    """Lets at most so many sends a second begin, evenly; 0: as many as want to."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second > 0 else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for one's turn."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


class ZaloChannel:
    """Sends through one Official Account; safe for concurrent use within one event loop."""

    name = ChannelName.ZALO

    def __init__(
        self, client: Client, register: Register, *, links: Links | None = None, connections: int, per_second: float
    ) -> None:
        self._client = client
        self._register = register
        self._links = links or NoLinks()
        self._slots = asyncio.Semaphore(connections)
        self._pace = Pace(per_second)
        self._resting: dict[str, float] = {}
        self.remaining_quota: int | None = None

    def accepts(self, address: str) -> bool:
        """Return whether `address` is a Vietnamese mobile number."""
        return normalised(address) is not None

    async def close(self) -> None:
        """Close idle connections."""
        await self._client.close()

    async def send(self, message: FinishedMessage, commit: Commit) -> SendResult:
        """Hand one message to Zalo."""
        try:
            phone, entry, ready = self._prepared(message)
        except _Unsendable as error:
            return SendResult(SendState.FAILED, str(error))
        async with self._slots:
            await self._pace.turn()
            try:
                await self._client.ready()
                user_id = await self._links.user_id(phone)
            except TokenGone as gone:
                return judge(Kind.TOKEN, str(gone), message.at)
            if not await commit():
                return SendResult(SendState.LOST)
            return await self._transmit(message, entry, ready, phone, user_id)

    async def receipt(self, vendor_id: str, now: datetime) -> datetime | None:
        """Ask whether a message was delivered, and when; None: not yet, or Zalo cannot be asked at present."""
        try:
            answer = await self._client.status(vendor_id)
        except (NotSent, Silence, TokenGone) as error:
            log.warning("the status of a message cannot be asked: %s", error)
            return None
        if answer.code != 0 or str(answer.data.get("status")) != "1":
            return None
        delivered = str(answer.data.get("delivery_time", ""))
        return datetime.fromtimestamp(int(delivered) / 1000, UTC) if delivered.isdigit() else now

    def _prepared(self, message: FinishedMessage) -> tuple[str, Entry, TemplateMessage]:
        phone = normalised(message.address)
        entry = self._register.find(message.template, message.template_version)
        if phone is None:
            raise _Unsendable(f"{Kind.DATA}: no mobile number")
        if entry is None:
            raise _Unsendable(f"{Kind.TEMPLATE}: {message.template} is not registered")
        if self._resting.get(entry.zalo_id, 0.0) > asyncio.get_running_loop().time():
            raise _Unsendable(f"{Kind.TEMPLATE}: {message.template} was refused before")
        try:
            return phone, entry, TemplateMessage(entry.zalo_id, entry.wording.values(message.phrases))
        except ParameterRefused as error:
            log.warning("template %s cannot be filled: %s", message.template, error)
            raise _Unsendable(f"{Kind.DATA}: {error}") from error

    async def _transmit(
        self, message: FinishedMessage, entry: Entry, ready: TemplateMessage, phone: str, user_id: str | None
    ) -> SendResult:
        try:
            if user_id is not None:
                answer = await self._client.send_by_user_id(user_id, ready)
                if answer.code == 0 or _kind(answer) is not Kind.RECIPIENT:
                    return self._judge(answer, entry, message)
                log.info("a follower cannot be reached by user id (%s), trying by phone", answer.code)
            return self._judge(await self._client.send_by_phone(phone, ready, message.reference), entry, message)
        except NotSent as error:
            return judge(Kind.AWAY, str(error), message.at)
        except Silence as error:
            return judge(Kind.SILENCE, str(error), message.at)
        except TokenGone as gone:
            return judge(Kind.TOKEN, str(gone), message.at)

    def _judge(self, answer: Answer, entry: Entry, message: FinishedMessage) -> SendResult:
        if answer.code == 0:
            data = answer.data if isinstance(answer.data, Mapping) else {}
            vendor_id = str(data.get("msg_id") or data.get("message_id") or "")
            self._note_quota(data.get("quota"))
            return SendResult(SendState.ACCEPTED, vendor_id=vendor_id, receipt_within=timedelta(seconds=entry.timeout))
        kind = _kind(answer)
        if kind is Kind.UNHEARD_OF:
            log.error("Zalo answers with a code that is in no table: %s %s", answer.code, answer.message)
        elif kind is Kind.DATA:
            log.error("Zalo refuses the parameters of %s: %s", entry.wording.template, answer.code)
        elif kind is Kind.TEMPLATE:
            self._resting[entry.zalo_id] = asyncio.get_running_loop().time() + _TEMPLATE_REST
        return judge(kind, str(answer.code), message.at)

    def _note_quota(self, quota: object) -> None:
        if not isinstance(quota, Mapping):
            return
        left, daily = (str(quota.get(one) or quota.get(other) or "") for one, other in _QUOTA)
        if left.isdigit():
            self.remaining_quota = int(left)
            if daily.isdigit() and int(left) * 10 == int(daily):
                log.warning("a tenth of the daily quota of %s messages is left", daily)


_QUOTA: Final = (("remainingQuota", "remain"), ("dailyQuota", "total"))


def _kind(answer: Answer) -> Kind:
    return answer.kind or kind_of(answer.code)
