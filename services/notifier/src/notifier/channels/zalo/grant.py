"""What is known of the grant of one Official Account, and what has to be done about it. Pure.

Zalo's refresh token is good for one rotation. A rotation that began and whose end is not recorded is a *doubt*: Zalo
may have rotated and the new pair may be lost. A doubt allows one recovery, an attempt with the stored refresh token; a
second doubt allows none, until an operator orders one.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from notifier.channels.zalo.oauth import Answered, TokenAnswer, TokenPair

RECOVER_AFTER: Final = timedelta(minutes=1)
"""A doubt rests so long first: whoever holds the new pair in memory may still be writing it down."""

FRESH: Final = timedelta(minutes=5)
"""A token of this age that is rejected is not expired: rotating again would not help, and never end."""

CALM: Final = timedelta(hours=2)
"""A rotation forgives earlier failures when the one before it is older than this."""

WARN_BEFORE: Final = timedelta(days=14)
REMIND_EVERY: Final = timedelta(days=1)
_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=1)


class GrantState(StrEnum):
    """`IN_DOUBT`: the stored access token may be dead. `LOST`: an administrator of the account must consent again."""

    FINE = "fine"
    IN_DOUBT = "in_doubt"
    LOST = "lost"


class Trouble(StrEnum):
    """What the operator has to hear of."""

    LOST = "lost"
    IN_DOUBT = "in_doubt"
    ENDED = "ended"
    ENDING = "ending"
    FAILING = "failing"


class Todo(StrEnum):
    """What a keeper does under the lock."""

    USE = "use"
    ROTATE = "rotate"
    REST = "rest"
    STUCK = "stuck"
    DOUBT = "doubt"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a grant lasts, and whether a rotation starts that anew (Zalo does not say)."""

    grant: timedelta
    renewed_by_rotation: bool

    def ends_at(self, grant: "Grant") -> datetime:
        """Return when the grant ends if nobody consents again."""
        start = max(grant.consented_at, grant.rotated_at or grant.consented_at)
        return (start if self.renewed_by_rotation else grant.consented_at) + self.grant


@dataclass(frozen=True, slots=True)
class Grant:
    """The grant as stored. `rotate_at` is when 80 % of the access token's life have passed.

    `doubts` counts rotations of this generation whose end is not known, `unended` says that one of them is still open
    in the journal (its keeper works on it, or has died), `recoveries` how many doubts may be tried again.
    """

    oa_id: str
    app_id: str
    state: GrantState
    generation: int
    access: str
    refresh: str
    consented_at: datetime
    rotate_at: datetime
    rotated_at: datetime | None = None
    access_until: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    detail: str | None = None
    recoveries: int = 1
    alarm: str | None = None
    alarmed_at: datetime | None = None
    doubts: int = 0
    unended: bool = False

    def __repr__(self) -> str:
        return f"Grant({self.oa_id}, {self.state}, generation {self.generation})"


def pause(failures: int) -> timedelta:
    """Return the wait after so many failures in a row: 1, 2, 4 … minutes, at most an hour."""
    return min(_FIRST_PAUSE * (1 << min(max(failures, 1) - 1, 10)), _LONGEST_PAUSE)


def decide(grant: Grant | None, rejected: str | None, now: datetime) -> Todo:
    """Return what to do with the grant, read under its lock; `rejected` is the token an API call was refused with."""
    if grant is None or grant.state is GrantState.LOST:
        return Todo.NOTHING
    if grant.unended:
        return Todo.DOUBT
    if rejected != grant.access and (rejected is not None or now < grant.rotate_at):
        return Todo.USE
    if rejected is not None and grant.rotated_at is not None and now - grant.rotated_at < FRESH:
        return Todo.STUCK
    if grant.doubts > grant.recoveries or (grant.retry_at is not None and now < grant.retry_at):
        return Todo.REST
    return Todo.ROTATE


def concluded(grant: Grant, answer: TokenAnswer, now: datetime) -> Grant:
    """Return the grant after a rotation's answer, of any state: a pair that comes late is as good as any."""
    if answer.pair is not None:
        calm = grant.rotated_at is None or now - grant.rotated_at > CALM
        return replace(
            with_pair(grant, answer.pair, now), rotated_at=now, failures=0 if calm else grant.failures, unended=False
        )
    if answer.answered is Answered.UNKNOWN:
        return doubted(grant, now, answer.detail)
    if answer.answered is Answered.SPENT or (answer.answered is Answered.REFUSED and grant.doubts):
        return replace(grant, state=GrantState.LOST, detail=answer.detail, retry_at=None)
    return _failed(grant, now, answer.detail)


def doubted(grant: Grant, now: datetime, detail: str) -> Grant:
    """Return the grant after a rotation whose end is not known."""
    return replace(
        grant,
        state=GrantState.IN_DOUBT,
        doubts=grant.doubts + 1,
        detail=detail,
        rotate_at=min(grant.rotate_at, now),
        retry_at=now + RECOVER_AFTER,
    )


def stuck(grant: Grant, now: datetime) -> Grant:
    """Return the grant after a fresh token was rejected."""
    return _failed(grant, now, "a fresh token is rejected")


def _failed(grant: Grant, now: datetime, detail: str) -> Grant:
    failures = grant.failures + 1
    return replace(grant, failures=failures, retry_at=now + pause(failures), detail=detail)


def with_pair(grant: Grant, pair: TokenPair, now: datetime) -> Grant:
    """Return the grant with another pair, of the next generation."""
    return replace(
        grant,
        state=GrantState.FINE,
        generation=grant.generation + 1,
        access=pair.access,
        refresh=pair.refresh,
        rotate_at=now + 0.8 * pair.life,
        access_until=now + pair.life,
        retry_at=None,
        detail=None,
        recoveries=1,
        doubts=0,
    )


def due(grant: Grant, now: datetime) -> bool:
    """Return whether a keeper that looks has to take the lock."""
    return decide(grant, None, now) in {Todo.ROTATE, Todo.DOUBT}


def trouble(grant: Grant, lifetimes: Lifetimes, now: datetime) -> Trouble | None:
    """Return what is wrong with the grant, the worst first."""
    ends_at = lifetimes.ends_at(grant)
    if grant.state is GrantState.LOST:
        return Trouble.LOST
    if grant.state is GrantState.IN_DOUBT:
        return Trouble.IN_DOUBT
    if now >= ends_at:
        return Trouble.ENDED
    if grant.failures:
        return Trouble.FAILING
    return Trouble.ENDING if now >= ends_at - WARN_BEFORE else None


def to_tell(grant: Grant, what: Trouble | None, now: datetime) -> bool:
    """Return whether the operator has to hear it now: at once when it is new, then daily."""
    if what is None:
        return False
    return grant.alarm != what or grant.alarmed_at is None or now - grant.alarmed_at >= REMIND_EVERY
