"""What becomes of an armed ladder when another version of its policy takes over: no rung speaks twice, none is lost.

A rung is known by what it says to whom, and by its place among those alike: the second reminder to the contact stays
the second reminder, whatever its position and offset. One that was due and has not spoken yet is carried over; one that
was ahead and whose new time has passed speaks at once, as after a change of the calendar.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from cascade_contracts.vocabulary import Audience, Channel, StepKind, StepOutcome

from plan_api.rules.ladders import ANNOUNCING, ArmedStep, Rung, SkipReason


class Spoken(Rung, Protocol):
    """A step of the ladder there is."""

    @property
    def audience(self) -> str:
        """An `Audience` or its stored value."""

    @property
    def channels(self) -> Sequence[str]:
        """Channels in order."""


def speaks_from(present: Iterable[Spoken], now: datetime) -> datetime:
    """Return from when on a ladder speaks: from now, or from the announcement it has still ahead."""
    news = (step.fire_at for step in present if step.kind in ANNOUNCING and step.outcome is None)
    return max([now, *news])


def replan(present: Iterable[Spoken], armed: Sequence[ArmedStep], now: datetime) -> tuple[ArmedStep, ...]:
    """Return the steps of the ladder that takes another's place, by fire time, then position.

    `armed` is the new policy armed at `speaks_from`. What already spoke, or was folded into what spoke, is skipped as
    `spoken_before`; what has passed unspoken keeps its time and so speaks at once, a cut-off too.
    """
    steps = sorted(present, key=lambda step: (step.fire_at, step.position))
    gone = Counter(_rung(step) for step in steps if step.outcome in {StepOutcome.TAKEN, StepOutcome.OVERTAKEN})
    due = [step for step in steps if step.outcome is None and step.fire_at <= now and step.kind != StepKind.CUT_OFF]
    owing = Counter(_rung(step) for step in due)
    start = speaks_from(steps, now)
    open_ = _open_places(steps, armed)
    seen: Counter[tuple[str, str]] = Counter()
    planned: list[ArmedStep] = []
    for step in sorted(armed, key=lambda each: (each.fire_at, each.position)):
        rung = _rung(step)
        seen[rung] += 1
        if seen[rung] <= gone[rung] + owing[rung]:
            planned.append(replace(step, outcome=StepOutcome.SKIPPED, why=SkipReason.SPOKEN_BEFORE))
        elif step.why is SkipReason.PAST_WHEN_ARMED and (rung, seen[rung]) in open_:
            fire_at = step.fire_at if step.kind is StepKind.CUT_OFF else start
            planned.append(replace(step, fire_at=fire_at, outcome=None, why=None))
        else:
            planned.append(step)
    used = {step.position for step in planned}
    planned += [_carried(step, used) for step in due]
    return tuple(sorted(planned, key=lambda step: (step.fire_at, step.position)))


def _open_places(steps: Sequence[Spoken], armed: Sequence[ArmedStep]) -> set[tuple[tuple[str, str], int]]:
    """Return the untaken rungs with their places among those alike, counted from the last where fewer are armed."""
    alike: defaultdict[tuple[str, str], list[Spoken]] = defaultdict(list)
    for step in steps:
        alike[_rung(step)].append(step)
    there = Counter(_rung(step) for step in armed)
    return {
        (rung, place - max(0, len(those) - there[rung]))
        for rung, those in alike.items()
        for place, step in enumerate(those, 1)
        if step.outcome is None
    }


def _rung(step: Spoken | ArmedStep) -> tuple[str, str]:
    return str(step.kind), str(step.audience)


def _carried(step: Spoken, used: set[int]) -> ArmedStep:
    position = step.position
    while position in used:
        position += 1
    used.add(position)
    channels = tuple(Channel(channel) for channel in step.channels)
    return ArmedStep(position, StepKind(step.kind), Audience(step.audience), channels, step.fire_at)
