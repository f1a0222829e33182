"""What an answer of Zalo means for a message: one table from codes to classes, one from classes to actions.

Zalo answers business errors at HTTP 200; an answer with a code was heard and understood, the message was not taken.
It has no idempotency: where the answer was lost, or HTTP says 5xx (a gateway does not know what became of the request),
the outcome is unknown and final.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from notifier.channels.base import Retry, SendResult, SendState

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_MORNING: Final = time(6, 5)
"""Zalo does not deliver before 06:00; it does not say of which zone."""


class Kind(StrEnum):
    """What an error is about, and so who can mend it."""

    TOKEN = "token"  # noqa: S105 - a class of errors
    CONFIGURATION = "configuration"
    MONEY = "money"
    TEMPLATE = "template"
    DATA = "data"
    RECIPIENT = "recipient"
    TIME = "time"
    TRANSIENT = "transient"
    UNHEARD_OF = "unheard_of"
    AWAY = "away"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Action:
    """What a class does: `state`, who waits; `at_most` attempts, `rest` of the channel; `alarm` tells the operator."""

    state: SendState
    retry: Retry | None = None
    at_most: int | None = None
    rest: timedelta | None = None
    alarm: bool = False


ACTIONS: Final[Mapping[Kind, Action]] = {
    # The client has read the token anew and tried again by then: only a person can help.
    Kind.TOKEN: Action(SendState.HELD, Retry.CHANNEL, rest=timedelta(minutes=5), alarm=True),
    Kind.CONFIGURATION: Action(SendState.HELD, Retry.CHANNEL, rest=timedelta(minutes=30), alarm=True),
    Kind.MONEY: Action(SendState.HELD, Retry.CHANNEL, rest=timedelta(minutes=30), alarm=True),
    Kind.TEMPLATE: Action(SendState.FAILED, alarm=True),
    Kind.DATA: Action(SendState.FAILED),
    Kind.RECIPIENT: Action(SendState.FAILED),
    Kind.TIME: Action(SendState.HELD, Retry.RECIPIENT),
    Kind.TRANSIENT: Action(SendState.HELD, Retry.RECIPIENT, at_most=5),
    Kind.UNHEARD_OF: Action(SendState.HELD, Retry.RECIPIENT, at_most=3, alarm=True),
    # No connection: nothing left this machine.
    Kind.AWAY: Action(SendState.HELD, Retry.CHANNEL),
    Kind.SILENCE: Action(SendState.UNKNOWN),
}

TOKEN_REJECTED: Final = frozenset({-124, -216, -220})
"""Both hosts' words for "this access token is not good (any more)"."""

NOT_BY_USER_ID: Final = frozenset({-249})
"""The template goes to phone numbers only."""

_TABLE: Final = (
    (Kind.TOKEN, "-124 -216 -220"),
    (Kind.CONFIGURATION, "-101 -102 -103 -104 -105 -106 -117 -120 -125 -127 -135 -136 -138 -1351 -1381 -1241 -242"),
    (Kind.CONFIGURATION, "-221 -224 -240 -248"),
    (Kind.MONEY, "-115 -126 -137 -144 -147 -1441 -1471 -1472 -211 -218 -320 -321"),
    (Kind.TEMPLATE, "-109 -113 -1131 -130 -131 -145 -146 -148 -149 -150 -1491 -161 -162"),
    (Kind.DATA, "-108 -111 -112 -1121 -1122 -1123 -1124 -116 -121 -122 -123 -128 -129 -132 -142 -143 -151 -152 -153"),
    (Kind.DATA, "-158 -159 -160"),
    (Kind.RECIPIENT, "-110 -114 -118 -119 -134 -139 -140 -141 -213 -217 -227 -230 -232 -233 -244 -249"),
    (Kind.TIME, "-133 -234"),
    (Kind.TRANSIENT, "-100 -32"),
)

CODES: Final[Mapping[int, Kind]] = {int(code): kind for kind, codes in _TABLE for code in codes.split()}
"""Every code seen in Zalo's tables or in practice, of both hosts."""

_HTTP: Final[Mapping[int, Kind]] = {
    401: Kind.CONFIGURATION,
    403: Kind.CONFIGURATION,
    404: Kind.CONFIGURATION,
    405: Kind.CONFIGURATION,
    408: Kind.TRANSIENT,
    429: Kind.TRANSIENT,
}


def kind_of(code: int) -> Kind:
    """Return the class of an error code."""
    return CODES.get(code, Kind.UNHEARD_OF)


def kind_of_http(status: int) -> Kind:
    """Return the class of an answer that is none of Zalo's: 4xx was refused, of 5xx nothing is known."""
    return Kind.SILENCE if status >= 500 or status < 400 else _HTTP.get(status, Kind.UNHEARD_OF)


def next_morning(now: datetime) -> datetime:
    """Return when Zalo delivers again after it refused for the hour."""
    local = now.astimezone(ZONE)
    morning = datetime.combine(local.date(), _MORNING, ZONE)
    return morning if local < morning else morning + timedelta(days=1)


def judge(kind: Kind, detail: str, now: datetime) -> SendResult:
    """Return what to do about an error of a class; `detail` holds neither address nor content."""
    action = ACTIONS[kind]
    said = f"{kind}: {detail}"
    return SendResult(
        action.state,
        said,
        action.retry,
        at_most=action.at_most,
        rest=action.rest,
        not_before=next_morning(now) if kind is Kind.TIME else None,
        alarm=f"zalo/{said}" if action.alarm else "",
    )
