"""What a channel is. Rendering happens first: a channel gets a finished message and says what became of it.

The mandatory part is `Channel.send`; what only some vendors can do is a protocol of its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

import cascade_contracts.vocabulary as words

Commit = Callable[[], Awaitable[bool]]
"""Record that the vendor may have the message from now on; False: the attempt is no longer ours, do not send."""


class SendState(StrEnum):
    """What became of one attempt.

    `HELD`: certainly not taken, may be tried again. `UNKNOWN`: perhaps taken, never to be tried again. `LOST`: not
    sent because another attempt owns the delivery now.
    """

    ACCEPTED = "accepted"
    FAILED = "failed"
    HELD = "held"
    UNKNOWN = "unknown"
    LOST = "lost"


class Retry(StrEnum):
    """Who has to wait after `HELD`: this recipient only, or everybody because the channel itself does not work."""

    RECIPIENT = "recipient"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class SendResult:
    """Outcome of one attempt; `detail` holds no address. `suppress`: nothing more is to be sent to this address.

    After `HELD`: not again before `not_before`, nor oftener than `at_most` times in all; a channel that does not work
    rests for `rest`. After `ACCEPTED`: with `receipt_within` the vendor has promised only to try, and tells by then of
    the message it calls `vendor_id`. `alarm` is what the operator has to hear of.
    """

    state: SendState
    detail: str = ""
    retry: Retry | None = None
    suppress: bool = False
    not_before: datetime | None = None
    at_most: int | None = None
    rest: timedelta | None = None
    vendor_id: str = ""
    receipt_within: timedelta | None = None
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A due time for the recipient's calendar: the whole of `day`, or the instant `at`.

    `uid` is the same for every notice about one obligation; of two entries the one with the higher `sequence` holds.
    """

    uid: str
    sequence: int
    summary: str
    description: str
    stamp: datetime
    day: date | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FinishedMessage:
    """A message ready to be sent; `reference` is the same for every attempt at (notice, address).

    `sender_name` is shown as who writes, `threads` name what messages belong together (the widest first), `unsubscribe`
    is an https address that ends a digest by one POST; notices of duty have none. `phrases` say the same in parts, for
    channels whose wordings are approved elsewhere, under our `template` and its version. A `replyable` one names its
    delivery in the address replies go to; `answers` is the Message-ID (or empty) of what this one answers of itself.
    """

    delivery_id: UUID
    reference: str
    address: str
    subject: str
    text: str
    html: str
    language: str
    at: datetime
    sender_name: str = ""
    threads: tuple[str, ...] = ()
    entries: tuple[CalendarEntry, ...] = ()
    unsubscribe: str = ""
    template: str = ""
    template_version: int = 0
    phrases: Mapping[str, str] = field(default_factory=dict, repr=False)
    replyable: bool = False
    answers: str | None = None


class Channel(Protocol):
    """A way to reach a person."""

    @property
    def name(self) -> words.Channel:
        """The channel's name in addresses and logs."""
        ...

    async def send(self, message: FinishedMessage, commit: Commit) -> SendResult:
        """Try once. Await `commit` after the last point of safe retreat and before the message leaves.

        Everything a vendor can answer is a result; only defects raise.
        """
        ...


@runtime_checkable
class ChecksAddress(Protocol):
    """A channel that can tell an impossible address from a possible one without asking anybody."""

    def accepts(self, address: str) -> bool:
        """Return whether a message could be addressed so."""
        ...


@runtime_checkable
class TellsReceipt(Protocol):
    """A channel that can be asked whether a message it accepted was delivered."""

    async def receipt(self, vendor_id: str, now: datetime) -> datetime | None:
        """Return when the message was delivered (`now` if the vendor says only that); None: not known to be."""
        ...


@runtime_checkable
class Closes(Protocol):
    """A channel that keeps connections."""

    async def close(self) -> None:
        """Let go of connections; no send is under way."""
        ...
