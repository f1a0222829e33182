"""Ladders: the steps of a policy armed with absolute fire times, and the choice of the one that speaks.

An armed ladder is never edited; its steps are ordered by fire time, then position. What is past when armed never fires,
the announcement excepted; what was due before issue never escalates by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

from cascade_contracts.vocabulary import (
    AssignmentMode,
    Audience,
    Channel,
    LadderKind,
    OffsetUnit,
    StepAnchor,
    StepKind,
    StepOutcome,
)

from plan_api.rules.calendar import WorkCalendar, local_date, local_instant
from plan_api.rules.policies import CUT_OFF_POSITION, Policy, StepDefinition

_INSTANT: Final = timedelta(microseconds=1)
ANNOUNCING: Final = frozenset({StepKind.ANNOUNCE, StepKind.RETURNED, StepKind.EXTENDED, StepKind.AMENDED})
"""What a ladder begins with: the news itself, said once and as soon as it is armed."""
_SPOKEN_IN: Final = {
    AssignmentMode.ORDER: frozenset(StepKind) - {StepKind.REVIEW},
    AssignmentMode.REQUEST: frozenset({StepKind.ANNOUNCE, StepKind.REMIND, StepKind.DUE}),
    AssignmentMode.INFORMATION: frozenset({StepKind.ANNOUNCE}),
}


class RetiredFor(StrEnum):
    """Why the steps of a ladder that another replaced were skipped; nobody is put on it again."""

    CALENDAR = "calendar"
    EXTENDED = "extended"
    RESUMED = "resumed"
    AMENDED = "amended"
    REARMED = "rearmed"


class StepCannotBeArmed(ValueError):
    """A ladder, or one of its steps, that was asked for cannot be given a fire time. Final: fix the policy or dates."""


class SkipReason(StrEnum):
    """Why a step was skipped when its ladder was armed, or took the place of another."""

    PAST_WHEN_ARMED = "past_when_armed"
    DUE_BEFORE_ISSUE = "due_before_issue"
    SPOKEN_BEFORE = "spoken_before"


@dataclass(frozen=True, slots=True)
class ArmedStep:
    """One armed step: `fire_at` is a UTC instant; `outcome` None while untaken, else `skipped` with its reason."""

    position: int
    kind: StepKind
    audience: Audience
    channels: tuple[Channel, ...]
    fire_at: datetime
    outcome: StepOutcome | None = None
    why: SkipReason | None = None


def arm(
    policy: Policy,
    *,
    kind: LadderKind,
    mode: AssignmentMode,
    anchor_at: datetime,
    due_at: datetime | None,
    cut_off_at: datetime | None,
    armed_at: datetime,
    calendar: WorkCalendar,
    announce: bool,
    announce_as: StepKind = StepKind.ANNOUNCE,
) -> tuple[ArmedStep, ...]:
    """Arm a policy for one round and one due time; ordered by fire time, then position.

    `anchor_at` is the instant of issue, on a review ladder that of the hand-in. Without a due time only the
    announcement and the cut-off are armed. A return passes `announce_as=RETURNED` and a due time that leaves its grace
    (`timeliness.due_after_return`), else an old due time leaves nothing to fire.

    Raises:
        StepCannotBeArmed: the policy lacks the announcement or the review steps asked for, or a date is out of range.
    """
    _require_aware(anchor_at, due_at, cut_off_at, armed_at)
    if announce and (kind is LadderKind.REVIEW or announce_as not in ANNOUNCING):
        raise StepCannotBeArmed(f"a {kind} ladder has no announcement of kind {announce_as}")
    anchors = {
        StepAnchor.ISSUE: anchor_at,
        StepAnchor.HAND_IN: anchor_at,
        StepAnchor.DUE: due_at,
        StepAnchor.CUT_OFF: cut_off_at,
    }
    born_late = kind is LadderKind.OBLIGATION and due_at is not None and due_at <= anchor_at
    armed: list[ArmedStep] = []
    for step in _belonging(policy, kind, mode, announce):
        anchored_at = anchors[step.anchor]
        if anchored_at is not None:
            raw = _armed(step, _fire_at(step, anchored_at, calendar))
            armed.append(_settle(raw, armed_at, born_late, announce_as))
    if cut_off_at is not None and kind is LadderKind.OBLIGATION and mode is not AssignmentMode.INFORMATION:
        fire_at = cut_off_at.astimezone(UTC)
        cut_off = ArmedStep(CUT_OFF_POSITION, StepKind.CUT_OFF, Audience.NOBODY, (), fire_at)
        armed.append(_skip_if_past(cut_off, armed_at))
    return tuple(sorted(armed, key=lambda step: (step.fire_at, step.position)))


def _require_aware(*instants: datetime | None) -> None:
    if any(instant is not None and instant.tzinfo is None for instant in instants):
        raise StepCannotBeArmed("instants must be aware")


def _belonging(policy: Policy, kind: LadderKind, mode: AssignmentMode, announce: bool) -> list[StepDefinition]:
    steps = [step for step in policy.steps if step.ladder is kind]
    if kind is LadderKind.REVIEW:
        if not steps:
            raise StepCannotBeArmed(f"policy {policy.code} v{policy.version} has no review steps")
        return steps
    if announce and all(step.kind is not StepKind.ANNOUNCE for step in steps):
        raise StepCannotBeArmed(f"policy {policy.code} v{policy.version} has no announcement")
    spoken = _SPOKEN_IN[mode] if announce else _SPOKEN_IN[mode] - {StepKind.ANNOUNCE}
    return [step for step in steps if step.kind in spoken]


def _armed(step: StepDefinition, fire_at: datetime) -> ArmedStep:
    return ArmedStep(step.position, step.kind, step.audience, step.channels, fire_at)


def _settle(step: ArmedStep, armed_at: datetime, born_late: bool, announce_as: StepKind) -> ArmedStep:
    if step.kind is StepKind.ANNOUNCE:
        return replace(step, kind=announce_as, fire_at=max(step.fire_at, armed_at.astimezone(UTC)))
    if born_late:
        return replace(step, outcome=StepOutcome.SKIPPED, why=SkipReason.DUE_BEFORE_ISSUE)
    return _skip_if_past(step, armed_at)


def _skip_if_past(step: ArmedStep, armed_at: datetime) -> ArmedStep:
    if step.fire_at < armed_at:
        return replace(step, outcome=StepOutcome.SKIPPED, why=SkipReason.PAST_WHEN_ARMED)
    return step


def _fire_at(step: StepDefinition, anchored_at: datetime, calendar: WorkCalendar) -> datetime:
    try:
        if step.offset.unit is not OffsetUnit.WORKING_DAYS:
            return (anchored_at + step.offset.span).astimezone(UTC)
        deadline = step.anchor in {StepAnchor.DUE, StepAnchor.CUT_OFF}
        day = local_date(anchored_at - _INSTANT if deadline else anchored_at)
        if step.offset.amount != 0:
            day = calendar.shift(day, step.offset.days)
        elif deadline:
            day = calendar.working_day_on_or_before(day)
        else:
            day = calendar.working_day_on_or_after(day)
        return local_instant(day, step.at_time)
    except (OverflowError, ValueError) as error:
        raise StepCannotBeArmed(f"step {step.position} ({step.kind}) has no date: {error}") from error


class Rung(Protocol):
    """What `choose` needs to know of a step, armed or read back."""

    @property
    def position(self) -> int:
        """Place in the policy; breaks ties of fire time."""

    @property
    def kind(self) -> str:
        """A `StepKind` or its stored value."""

    @property
    def fire_at(self) -> datetime:
        """UTC instant."""

    @property
    def outcome(self) -> str | None:
        """None while untaken."""


R = TypeVar("R", bound=Rung)


@dataclass(frozen=True, slots=True)
class Choice(Generic[R]):
    """What is to be done with a ladder now: one step speaks, earlier ones are overtaken, cut-offs stand apart."""

    speak: R | None
    overtaken: tuple[R, ...]
    cut_offs: tuple[R, ...]
    folds_announcement: bool


def choose(steps: Iterable[R], as_of: datetime) -> Choice[R]:
    """Choose among the untaken steps due by `as_of`: only the latest speaks.

    An untaken announcement (or return notice) among the overtaken is folded into the step that speaks. Cut-offs neither
    overtake nor are overtaken.
    """
    due = sorted(
        (step for step in steps if step.outcome is None and step.fire_at <= as_of),
        key=lambda step: (step.fire_at, step.position),
    )
    speaking = [step for step in due if step.kind != StepKind.CUT_OFF]
    cut_offs = tuple(step for step in due if step.kind == StepKind.CUT_OFF)
    if not speaking:
        return Choice(None, (), cut_offs, False)
    *earlier, latest = speaking
    return Choice(latest, tuple(earlier), cut_offs, any(step.kind in ANNOUNCING for step in earlier))


def is_late(fire_at: datetime, now: datetime, grace: timedelta) -> bool:
    """Return whether a step spoken now is so late that its notices must say so."""
    return now - fire_at > grace
