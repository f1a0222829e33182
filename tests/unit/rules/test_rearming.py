"""Another policy version takes a ladder over: nothing speaks twice, nothing that was due is lost."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cascade_contracts.vocabulary import Audience, Channel, StepKind, StepOutcome
from plan_api.rules.ladders import ArmedStep, SkipReason
from plan_api.rules.rearming import replan, speaks_from

NOW = datetime(2026, 11, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    position: int
    kind: str
    audience: str
    fire_at: datetime
    outcome: str | None = None
    channels: tuple[str, ...] = ("email",)


def at(days: float) -> datetime:
    return NOW + timedelta(days=days)


def old(position: int, kind: str, days: float, outcome: str | None = None, audience: str = "contact") -> Step:
    return Step(position, kind, audience, at(days), outcome)


def new(position: int, kind: StepKind, days: float, audience: Audience = Audience.CONTACT) -> ArmedStep:
    return ArmedStep(position, kind, audience, (Channel.EMAIL,), at(days))


def past(position: int, kind: StepKind, days: float, audience: Audience = Audience.CONTACT) -> ArmedStep:
    step = new(position, kind, days, audience)
    return replace(step, outcome=StepOutcome.SKIPPED, why=SkipReason.PAST_WHEN_ARMED)


def told(steps: tuple[ArmedStep, ...]) -> list[tuple[int, str, bool]]:
    return [(step.position, step.kind.value, step.outcome is None) for step in steps]


def test_a_rung_that_spoke_does_not_speak_again_wherever_the_new_version_puts_it() -> None:
    present = [old(1, "announce", -9, "taken"), old(2, "remind", -1, "taken"), old(3, "remind", 2)]
    armed = [new(1, StepKind.ANNOUNCE, 0), new(7, StepKind.REMIND, 1), new(8, StepKind.REMIND, 3)]
    steps = replan(present, armed, NOW)
    assert told(steps) == [(1, "announce", False), (7, "remind", False), (8, "remind", True)]
    assert [step.why for step in steps[:2]] == [SkipReason.SPOKEN_BEFORE] * 2


def test_what_was_folded_into_a_later_step_counts_as_spoken_and_a_skipped_one_does_not() -> None:
    present = [old(1, "announce", -9, "overtaken"), old(2, "remind", -5, "skipped"), old(3, "due", -1, "taken")]
    armed = [new(1, StepKind.ANNOUNCE, 0), new(2, StepKind.REMIND, 1), new(3, StepKind.DUE, 2)]
    assert told(replan(present, armed, NOW)) == [(1, "announce", False), (2, "remind", True), (3, "due", False)]


def test_a_step_that_is_due_and_unspoken_is_carried_over_and_stands_for_its_rung() -> None:
    present = [old(5, "overdue", -0.1), old(6, "escalate", 1, audience="head")]
    armed = [new(5, StepKind.REMIND, 2), new(6, StepKind.OVERDUE, 3), new(9, StepKind.ESCALATE, 4, Audience.HEAD)]
    steps = replan(present, armed, NOW)
    assert told(steps) == [(7, "overdue", True), (5, "remind", True), (6, "overdue", False), (9, "escalate", True)]
    assert (steps[0].fire_at, steps[0].channels) == (at(-0.1), (Channel.EMAIL,))


def test_a_carried_step_keeps_its_free_position_and_a_due_cut_off_stays_to_be_taken() -> None:
    present = [old(5, "overdue", -0.1), Step(1000, "cut_off", "nobody", at(-0.1))]
    steps = replan(present, [past(1000, StepKind.CUT_OFF, -0.1, Audience.NOBODY)], NOW)
    assert told(steps) == [(5, "overdue", True), (1000, "cut_off", True)]
    assert {step.fire_at for step in steps} == {at(-0.1)}


def test_a_cut_off_that_was_taken_is_not_taken_again() -> None:
    present = [Step(1000, "cut_off", "nobody", at(-1), "taken")]
    assert told(replan(present, [past(1000, StepKind.CUT_OFF, -1, Audience.NOBODY)], NOW)) == [(1000, "cut_off", False)]


def test_a_rung_that_was_ahead_and_that_a_faster_policy_puts_into_the_past_speaks_at_once() -> None:
    present = [old(5, "overdue", -2, "taken"), old(6, "escalate", 2, audience="head")]
    armed = [past(5, StepKind.OVERDUE, -2), past(6, StepKind.ESCALATE, -1, Audience.HEAD)]
    steps = replan(present, armed, NOW)
    assert told(steps) == [(5, "overdue", False), (6, "escalate", True)]
    assert (steps[1].fire_at, steps[1].why) == (NOW, None)


def test_a_rung_past_when_first_armed_stays_unspoken_and_its_fellow_keeps_its_place() -> None:
    present = [old(2, "remind", -5, "skipped"), old(3, "remind", 1)]
    armed = [past(2, StepKind.REMIND, -6), past(3, StepKind.REMIND, -1)]
    assert told(replan(present, armed, NOW)) == [(2, "remind", False), (3, "remind", True)]
    assert told(replan(present, armed[:1], NOW)) == [(2, "remind", True)]
    assert told(replan(present, [past(2, StepKind.REMIND, -6), new(3, StepKind.REMIND, 1)], NOW)) == [
        (2, "remind", False),
        (3, "remind", True),
    ]


def test_a_rung_only_the_new_version_has_is_not_said_belatedly() -> None:
    armed = [past(6, StepKind.ESCALATE, -1, Audience.HEAD)]
    assert told(replan([old(5, "overdue", 1)], armed, NOW)) == [(6, "escalate", False)]


def test_a_ladder_whose_announcement_is_ahead_says_nothing_before_it() -> None:
    present = [old(1, "announce", 9), old(2, "remind", 12)]
    assert speaks_from(present, NOW) == at(9)
    steps = replan(present, [new(1, StepKind.ANNOUNCE, 9), past(2, StepKind.REMIND, 8)], NOW)
    assert [(step.fire_at, step.outcome) for step in steps] == [(at(9), None), (at(9), None)]
    assert speaks_from([old(1, "announce", -1, "taken"), old(2, "remind", 12)], NOW) == NOW
