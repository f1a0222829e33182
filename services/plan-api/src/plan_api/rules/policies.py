"""Escalation policies: which step speaks to whom, how far before or after the due time.

A policy is a versioned value, never edited. Minutes only in a policy marked `rehearsal`, which knows neither quiet
hours nor working days; no two steps of one ladder share an offset, since of steps at one instant only one speaks.
"""

import json
from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import Any, Final, Self

from cascade_contracts.vocabulary import Audience, Channel, LadderKind, OffsetUnit, StepAnchor, StepKind
from pydantic import BaseModel, ConfigDict, Field, model_validator

CUT_OFF_POSITION: Final = 1000
"""Position of the cut-off step of every ladder; a policy's own positions stay below it."""

BOTH_CHANNELS: Final = (Channel.ZALO, Channel.EMAIL)
_BY_THEMSELVES: Final = frozenset({StepKind.CUT_OFF, StepKind.RETURNED, StepKind.EXTENDED, StepKind.AMENDED})
_REVIEWERS: Final = frozenset({Audience.REVIEWER_CONTACT, Audience.REVIEWER_HEAD})


def is_quiet(clock: time, start: time, end: time) -> bool:
    """Return whether a local time lies in the quiet hours from `start` up to, not including, `end`; equal: none."""
    return (clock >= start or clock < end) if start > end else start <= clock < end


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Offset(_Value):
    """A distance in time: negative before, positive after. Working days are whole."""

    amount: Decimal = Field(ge=-1000, le=1000)
    unit: OffsetUnit

    @model_validator(mode="after")
    def _whole_days(self) -> Self:
        if self.unit is OffsetUnit.WORKING_DAYS and self.amount != self.amount.to_integral_value():
            raise ValueError("working days are whole")
        return self

    @property
    def days(self) -> int:
        """The amount as a whole number; meant for working days."""
        return int(self.amount)

    @property
    def span(self) -> timedelta:
        """The exact distance of hours or minutes."""
        if self.unit is OffsetUnit.WORKING_DAYS:
            raise ValueError("working days have no fixed length")
        seconds = self.amount * (3600 if self.unit is OffsetUnit.HOURS else 60)
        return timedelta(microseconds=int(seconds * 1_000_000))


class StepDefinition(_Value):
    """One rung: what is said, to whom, when. `at_time` is local and counts for working-day offsets only."""

    position: int = Field(ge=1, lt=CUT_OFF_POSITION)
    kind: StepKind
    anchor: StepAnchor
    offset: Offset
    audience: Audience
    channels: tuple[Channel, ...] = Field(default=BOTH_CHANNELS, min_length=1)
    at_time: time = time(8)

    @property
    def ladder(self) -> LadderKind:
        """The ladder the step belongs to: what counts from a hand-in chases the reviewer."""
        return LadderKind.REVIEW if self.anchor is StepAnchor.HAND_IN else LadderKind.OBLIGATION

    @property
    def moment(self) -> tuple[StepAnchor, Decimal, OffsetUnit, time | None]:
        """What decides when the step speaks; no two steps of a policy share it."""
        at_time = self.at_time if self.offset.unit is OffsetUnit.WORKING_DAYS else None
        return self.anchor, self.offset.amount, self.offset.unit, at_time

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.kind in _BY_THEMSELVES:
            raise ValueError("cut-offs and news of a change are armed by themselves, a policy does not list them")
        if self.audience is Audience.NOBODY:
            raise ValueError("a step speaks to somebody")
        if self.anchor is StepAnchor.ISSUE and self.offset.amount < 0:
            raise ValueError("nothing is said before issue")
        if self.anchor is StepAnchor.HAND_IN and self.offset.amount < 0:
            raise ValueError("nothing is said before the hand-in")
        if (self.kind is StepKind.ANNOUNCE) != (self.anchor is StepAnchor.ISSUE):
            raise ValueError("the announcement, and nothing else, counts from issue")
        if (self.kind is StepKind.REVIEW) != (self.anchor is StepAnchor.HAND_IN):
            raise ValueError("reviews, and nothing else, count from the hand-in")
        if (self.audience in _REVIEWERS) != (self.anchor is StepAnchor.HAND_IN):
            raise ValueError("reviewers are spoken to on the review ladder only")
        if self.at_time.tzinfo is not None:
            raise ValueError("at_time is a local time without zone")
        return self


class Policy(_Value):
    """A version of an escalation policy.

    `late_grace`: a batch handed over later than this after its fire time says so. `return_grace`: how long a return as
    incomplete keeps the hand-in time. `extension_after_due`: whether one may still ask for an extension after the due
    time. `digest`: what can wait is gathered into one message a person and working day, at `digest_at` local time,
    unless the person has chosen otherwise. `daily_cap`: of what can wait, so many messages a person and day.
    """

    code: str = Field(min_length=1, max_length=60)
    version: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=200)
    rehearsal: bool = False
    quiet_from: time = time(21)
    quiet_until: time = time(7)
    late_grace: timedelta = timedelta(hours=2)
    return_grace: Offset = Offset(amount=Decimal(3), unit=OffsetUnit.WORKING_DAYS)
    due_soon: Offset = Offset(amount=Decimal(3), unit=OffsetUnit.WORKING_DAYS)
    extension_after_due: bool = False
    digest: bool = False
    digest_at: time = time(8, 30)
    daily_cap: int = Field(default=12, ge=1, le=1000)
    steps: tuple[StepDefinition, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        positions = [step.position for step in self.steps]
        if len(set(positions)) != len(positions):
            raise ValueError("positions of steps are unique")
        moments = [step.moment for step in self.steps]
        if len(set(moments)) != len(moments):
            raise ValueError("two steps at one moment: only one of them would speak")
        offsets = [self.return_grace, self.due_soon, *(step.offset for step in self.steps)]
        if not self.rehearsal and any(offset.unit is OffsetUnit.MINUTES for offset in offsets):
            raise ValueError("minutes only in a policy marked rehearsal")
        if self.rehearsal and any(offset.unit is OffsetUnit.WORKING_DAYS for offset in offsets):
            raise ValueError("a rehearsal knows no working days")
        if self.return_grace.amount < 0 or self.due_soon.amount < 0 or self.late_grace < timedelta(0):
            raise ValueError("graces are not negative")
        if self.digest_at.tzinfo is not None:
            raise ValueError("digest_at is a local time without zone")
        if not self.rehearsal and is_quiet(self.digest_at, self.quiet_from, self.quiet_until):
            raise ValueError("the hour of the digest lies outside the quiet hours")
        return self


def policy_to_json(policy: Policy) -> dict[str, Any]:
    """Return the policy as JSON values (decimals and times as text), as stored."""
    return policy.model_dump(mode="json")


def policy_from_json(stored: Mapping[str, Any] | str | bytes) -> Policy:
    """Return the policy a JSON text or its values describe.

    Raises:
        pydantic.ValidationError: (a ValueError) the values make no policy.
    """
    text = stored if isinstance(stored, (str, bytes)) else json.dumps(dict(stored))
    return Policy.model_validate_json(text)


def _step(
    position: int,
    kind: StepKind,
    audience: Audience,
    amount: str,
    unit: OffsetUnit,
    anchor: StepAnchor = StepAnchor.DUE,
) -> StepDefinition:
    offset = Offset(amount=Decimal(amount), unit=unit)
    return StepDefinition(position=position, kind=kind, anchor=anchor, offset=offset, audience=audience)


def rungs(unit: OffsetUnit, amounts: tuple[str, ...]) -> tuple[StepDefinition, ...]:
    """Return the usual steps (announcement, seven around the due time, two reviews) at nine offsets."""
    announce = _step(1, StepKind.ANNOUNCE, Audience.CONTACT, "0", OffsetUnit.HOURS, StepAnchor.ISSUE)
    kinds = (
        (2, StepKind.REMIND, Audience.CONTACT),
        (3, StepKind.REMIND, Audience.CONTACT),
        (4, StepKind.DUE, Audience.CONTACT),
        (5, StepKind.OVERDUE, Audience.CONTACT),
        (6, StepKind.ESCALATE, Audience.HEAD),
        (7, StepKind.ESCALATE, Audience.SUPERIOR_CONTACT),
        (8, StepKind.ESCALATE, Audience.SUPERIOR_HEAD),
    )
    chase = (_step(*rung, amount, unit, StepAnchor.DUE) for rung, amount in zip(kinds, amounts[:-2], strict=True))
    reviews = (
        _step(11, StepKind.REVIEW, Audience.REVIEWER_CONTACT, amounts[-2], unit, StepAnchor.HAND_IN),
        _step(12, StepKind.REVIEW, Audience.REVIEWER_HEAD, amounts[-1], unit, StepAnchor.HAND_IN),
    )
    return (announce, *chase, *reviews)


STANDARD_POLICY: Final = Policy(
    code="standard",
    version=1,
    name="Đôn đốc theo ngày làm việc",
    steps=rungs(OffsetUnit.WORKING_DAYS, ("-5", "-1", "0", "1", "2", "3", "5", "2", "4")),
)
"""The usual ladder, in working days."""

CANARY_POLICY: Final = Policy(
    code="canary",
    version=1,
    name="Kiểm tra tự động",
    rehearsal=True,
    return_grace=Offset(amount=Decimal(1), unit=OffsetUnit.MINUTES),
    due_soon=Offset(amount=Decimal(1), unit=OffsetUnit.MINUTES),
    steps=(
        _step(1, StepKind.ANNOUNCE, Audience.CONTACT, "0", OffsetUnit.HOURS, StepAnchor.ISSUE),
        _step(2, StepKind.DUE, Audience.CONTACT, "0", OffsetUnit.MINUTES),
        _step(11, StepKind.REVIEW, Audience.REVIEWER_CONTACT, "1", OffsetUnit.MINUTES, StepAnchor.HAND_IN),
    ),
)
"""Two steps by which the installation proves to itself that steps fire."""

REHEARSAL_POLICY: Final = Policy(
    code="rehearsal",
    version=1,
    name="Diễn tập: các nấc cách nhau vài giây",
    rehearsal=True,
    late_grace=timedelta(minutes=1),
    return_grace=Offset(amount=Decimal("0.5"), unit=OffsetUnit.MINUTES),
    due_soon=Offset(amount=Decimal("0.5"), unit=OffsetUnit.MINUTES),
    steps=rungs(OffsetUnit.MINUTES, ("-0.4", "-0.2", "-0.05", "0.1", "0.25", "0.4", "0.6", "0.25", "0.5")),
)
"""The same rungs within seconds: reminders 24 s and 12 s, the due notice 3 s before; 6, 15, 24 and 36 s after."""
