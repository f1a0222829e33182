"""What becomes of an armed ladder when another version of its policy takes over: no rung speaks twice, none is lost.

A rung is known by what it says to whom, and by its place among those alike: the second reminder to the contact stays
the second reminder, whatever its position and offset. One that was due and has not spoken yet is carried over.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from cascade_contracts.vocabulary import Audience, Channel, StepKind, StepOutcome

from plan_api.rules.ladders import ArmedStep, Rung, SkipReason


class Spoken(Rung, Protocol):
    """A step of the ladder there is."""

    @property
    def audience(self) -> str:
        """An `Audience` or its stored value."""

    @property
    def channels(self) -> Sequence[str]:
        """Channels in order."""


def replan(present: Iterable[Spoken], armed: Sequence[ArmedStep], now: datetime) -> tuple[ArmedStep, ...]:
    """Return the steps of the ladder that takes another's place, by fire time, then position.

    `armed` is the new policy armed now. What already spoke, or was folded into what spoke, is skipped as
    `spoken_before`; what has passed unspoken keeps its time and so speaks at once.
    """
    steps = sorted(present, key=lambda step: (step.fire_at, step.position))
    gone = Counter(_rung(step) for step in steps if step.outcome in {StepOutcome.TAKEN, StepOutcome.OVERTAKEN})
    due = [step for step in steps if step.outcome is None and step.fire_at <= now and step.kind != StepKind.CUT_OFF]
    owing = Counter(_rung(step) for step in due)
    seen: Counter[tuple[str, str]] = Counter()
    planned: list[ArmedStep] = []
    for step in sorted(armed, key=lambda each: (each.fire_at, each.position)):
        rung = _rung(step)
        seen[rung] += 1
        before = seen[rung] <= gone[rung] + owing[rung]
        planned.append(replace(step, outcome=StepOutcome.SKIPPED, why=SkipReason.SPOKEN_BEFORE) if before else step)
    used = {step.position for step in planned}
    planned += [_carried(step, used) for step in due]
    return tuple(sorted(planned, key=lambda step: (step.fire_at, step.position)))


def _rung(step: Spoken | ArmedStep) -> tuple[str, str]:
    return str(step.kind), str(step.audience)


def _carried(step: Spoken, used: set[int]) -> ArmedStep:
    position = step.position
    while position in used:
        position += 1
    used.add(position)
    channels = tuple(Channel(channel) for channel in step.channels)
    return ArmedStep(position, StepKind(step.kind), Audience(step.audience), channels, step.fire_at)
