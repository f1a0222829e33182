"""Arming and choosing: every rung's instant, what is skipped, and that only the latest speaks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cascade_contracts.vocabulary import (
    AssignmentMode,
    Audience,
    LadderKind,
    OffsetUnit,
    StepAnchor,
    StepKind,
    StepOutcome,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from plan_api.rules.calendar import TIME_ZONE, WorkCalendar, start_of_day
from plan_api.rules.ladders import ArmedStep, SkipReason, StepCannotBeArmed, arm, choose, is_late
from plan_api.rules.policies import (
    CUT_OFF_POSITION,
    REHEARSAL_POLICY,
    STANDARD_POLICY,
    Offset,
    Policy,
    StepDefinition,
)

CALENDAR = WorkCalendar()


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TIME_ZONE)


ISSUED = local(2025, 10, 1, 9)
DUE = local(2025, 11, 10)  # "trước ngày 10/11/2025", a Monday


def armed(policy: Policy = STANDARD_POLICY, **changes: Any) -> tuple[ArmedStep, ...]:
    asked: dict[str, Any] = {
        "kind": LadderKind.OBLIGATION,
        "mode": AssignmentMode.ORDER,
        "anchor_at": ISSUED,
        "due_at": DUE,
        "cut_off_at": None,
        "armed_at": ISSUED,
        "calendar": CALENDAR,
        "announce": True,
    } | changes
    return arm(policy, **asked)


def untaken(steps: Iterable[ArmedStep]) -> list[ArmedStep]:
    return [step for step in steps if step.outcome is None]


def test_every_rung_has_its_instant() -> None:
    assert [(step.kind.value, step.audience.value, step.fire_at) for step in armed()] == [
        ("announce", "contact", ISSUED),
        ("remind", "contact", local(2025, 11, 3, 8)),
        ("remind", "contact", local(2025, 11, 7, 8)),
        ("due", "contact", local(2025, 11, 7, 8)),
        ("overdue", "contact", local(2025, 11, 10, 8)),
        ("escalate", "head", local(2025, 11, 11, 8)),
        ("escalate", "superior_contact", local(2025, 11, 12, 8)),
        ("escalate", "superior_head", local(2025, 11, 14, 8)),
    ]


def test_due_day_is_spoken_of_on_the_day_when_worked() -> None:
    steps = armed(due_at=local(2023, 5, 6), anchor_at=local(2023, 4, 3), armed_at=local(2023, 4, 3))
    kinds = {step.kind: step.fire_at for step in steps}
    assert kinds[StepKind.DUE] == local(2023, 5, 5, 8)
    assert kinds[StepKind.OVERDUE] == local(2023, 5, 8, 8)


def test_rehearsal_counts_from_the_instant() -> None:
    due_at = local(2026, 2, 17, 23)  # a Tết night
    issued = due_at - timedelta(minutes=1)
    steps = armed(REHEARSAL_POLICY, anchor_at=issued, armed_at=issued, due_at=due_at)
    assert [round((step.fire_at - due_at).total_seconds(), 3) for step in steps] == [-60, -24, -12, -3, 6, 15, 24, 36]


def test_reminders_already_past_are_skipped_and_the_announcement_speaks_at_once() -> None:
    late = local(2025, 11, 5, 10)
    steps = armed(armed_at=late)
    assert (steps[0].kind, steps[0].outcome, steps[0].why) == (
        StepKind.REMIND,
        StepOutcome.SKIPPED,
        SkipReason.PAST_WHEN_ARMED,
    )
    assert (steps[1].kind, steps[1].fire_at, steps[1].outcome) == (StepKind.ANNOUNCE, late, None)
    assert len(untaken(steps)) == 7


def test_what_is_past_at_issue_never_escalates_by_itself() -> None:
    steps = armed(anchor_at=DUE, armed_at=DUE)
    assert [step.kind for step in untaken(steps)] == [StepKind.ANNOUNCE]
    assert {step.why for step in steps if step.outcome} == {SkipReason.DUE_BEFORE_ISSUE}


def test_return_after_the_due_time_speaks_first_as_return() -> None:
    returned = local(2025, 11, 20, 10)
    steps = armed(armed_at=returned, due_at=local(2025, 11, 26), announce_as=StepKind.RETURNED)
    first = untaken(steps)[0]
    assert (first.kind, first.fire_at) == (StepKind.RETURNED, returned)
    assert StepKind.ESCALATE in {step.kind for step in untaken(steps)}


@pytest.mark.parametrize(
    ("mode", "kinds"),
    [
        (AssignmentMode.REQUEST, {StepKind.ANNOUNCE, StepKind.REMIND, StepKind.DUE, StepKind.CUT_OFF}),
        (AssignmentMode.INFORMATION, {StepKind.ANNOUNCE}),
    ],
)
def test_modes_that_do_not_escalate(mode: AssignmentMode, kinds: set[StepKind]) -> None:
    assert {step.kind for step in armed(mode=mode, cut_off_at=DUE)} == kinds
    assert StepKind.ANNOUNCE not in {step.kind for step in armed(mode=mode, cut_off_at=DUE, announce=False)}


def test_cut_off_is_a_step_to_nobody() -> None:
    cut_off_at = local(2025, 11, 12, 17)
    cut_off = next(step for step in armed(cut_off_at=cut_off_at) if step.kind is StepKind.CUT_OFF)
    assert cut_off == ArmedStep(CUT_OFF_POSITION, StepKind.CUT_OFF, Audience.NOBODY, (), cut_off_at)
    past = next(step for step in armed(cut_off_at=cut_off_at, armed_at=cut_off_at + timedelta(1)) if not step.channels)
    assert past.outcome is StepOutcome.SKIPPED


def test_without_deadline_only_the_announcement() -> None:
    assert [step.kind for step in armed(due_at=None)] == [StepKind.ANNOUNCE]
    assert [step.kind for step in armed(due_at=None, cut_off_at=DUE)] == [StepKind.ANNOUNCE, StepKind.CUT_OFF]


def test_review_ladder_counts_from_the_hand_in() -> None:
    handed_in = local(2025, 11, 7, 15)
    steps = armed(kind=LadderKind.REVIEW, anchor_at=handed_in, armed_at=handed_in, announce=False, cut_off_at=DUE)
    assert [(step.audience, step.fire_at) for step in steps] == [
        (Audience.REVIEWER_CONTACT, local(2025, 11, 11, 8)),
        (Audience.REVIEWER_HEAD, local(2025, 11, 13, 8)),
    ]


def one(
    kind: StepKind,
    anchor: StepAnchor,
    amount: int,
    unit: OffsetUnit = OffsetUnit.WORKING_DAYS,
    audience: Audience = Audience.CONTACT,
) -> Policy:
    step = StepDefinition(
        position=1, kind=kind, anchor=anchor, offset=Offset(amount=Decimal(amount), unit=unit), audience=audience
    )
    return Policy(code="one", version=1, name="Một nấc", steps=(step,))


def test_announcement_by_working_days_waits_for_a_working_day() -> None:
    saturday = local(2025, 10, 4, 20)
    steps = armed(one(StepKind.ANNOUNCE, StepAnchor.ISSUE, 0), anchor_at=saturday, armed_at=saturday)
    assert steps[0].fire_at == local(2025, 10, 6, 8)


def test_steps_around_the_cut_off_need_one() -> None:
    policy = one(StepKind.REMIND, StepAnchor.CUT_OFF, -1)
    assert armed(policy, announce=False) == ()
    steps = armed(policy, announce=False, cut_off_at=local(2025, 11, 13))
    assert steps[0].fire_at == local(2025, 11, 11, 8)


@pytest.mark.parametrize(
    ("policy", "changes", "message"),
    [
        (STANDARD_POLICY, {"kind": LadderKind.REVIEW}, "no announcement"),
        (STANDARD_POLICY, {"announce_as": StepKind.REMIND}, "no announcement"),
        (one(StepKind.REMIND, StepAnchor.DUE, -1), {}, "no announcement"),
        (one(StepKind.REMIND, StepAnchor.DUE, -1), {"kind": LadderKind.REVIEW, "announce": False}, "no review steps"),
        (STANDARD_POLICY, {"due_at": datetime(2025, 11, 10)}, "aware"),  # noqa: DTZ001  the refused case
        (STANDARD_POLICY, {"due_at": datetime(9999, 12, 30, tzinfo=UTC)}, "step 6"),
        (
            one(StepKind.REMIND, StepAnchor.DUE, 900, OffsetUnit.HOURS),
            {"due_at": datetime(9999, 12, 30, tzinfo=UTC), "announce": False},
            "no date",
        ),
    ],
)
def test_a_step_that_cannot_be_armed_is_an_error(policy: Policy, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(StepCannotBeArmed, match=message):
        armed(policy, **changes)


days = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@given(days, st.integers(0, 90), st.integers(0, 90 * 24), st.sampled_from(AssignmentMode), st.booleans())
def test_armed_ladders_are_ordered_and_never_fire_in_the_past(
    day: date, span: int, late_hours: int, mode: AssignmentMode, announce: bool
) -> None:
    anchor_at = start_of_day(day)
    armed_at = anchor_at + timedelta(hours=late_hours)
    due_at = start_of_day(day + timedelta(days=span))
    steps = armed(anchor_at=anchor_at, armed_at=armed_at, due_at=due_at, mode=mode, announce=announce)
    assert [(s.fire_at, s.position) for s in steps] == sorted((s.fire_at, s.position) for s in steps)
    assert all(step.fire_at >= armed_at for step in untaken(steps))
    assert all((step.why is None) == (step.outcome is None) for step in steps)
    assert sum(step.kind is StepKind.ANNOUNCE for step in untaken(steps)) == announce
    assert len({step.position for step in steps}) == len(steps)
    if due_at <= anchor_at:
        assert all(step.kind is StepKind.ANNOUNCE for step in untaken(steps))


@given(days, st.integers(1, 200))
def test_standard_rungs_fire_in_the_order_of_their_positions(day: date, span: int) -> None:
    issued = start_of_day(day)
    steps = armed(anchor_at=issued, armed_at=issued, due_at=start_of_day(day + timedelta(days=span)))
    positions = [step.position for step in untaken(steps)]
    assert positions == sorted(positions)


outcomes = st.lists(st.sampled_from([None, None, *StepOutcome]), min_size=9, max_size=9)


@given(outcomes, st.integers(-5, 60))
def test_only_the_latest_speaks(taken: list[StepOutcome | None], day: int) -> None:
    as_of = ISSUED + timedelta(days=day)
    steps = [
        replace(step, outcome=outcome)
        for step, outcome in zip(armed(cut_off_at=local(2025, 11, 12)), taken, strict=True)
    ]
    choice = choose(reversed(steps), as_of)
    due = [step for step in steps if step.outcome is None and step.fire_at <= as_of]
    said = [*choice.overtaken, *([choice.speak] if choice.speak else [])]
    assert sorted([*said, *choice.cut_offs], key=lambda s: s.position) == sorted(due, key=lambda s: s.position)
    assert said == [step for step in due if step.kind is not StepKind.CUT_OFF]
    assert all(step.kind is StepKind.CUT_OFF for step in choice.cut_offs)
    assert choice.folds_announcement == any(step.kind is StepKind.ANNOUNCE for step in choice.overtaken)
    assume(choice.speak)
    after = [replace(step, outcome=StepOutcome.TAKEN) if step in due else step for step in steps]
    assert choose(after, as_of).speak is None


def test_reminder_coinciding_with_the_due_day_is_overtaken() -> None:
    choice = choose(armed(announce=False), local(2025, 11, 7, 8))
    assert choice.speak is not None
    assert choice.speak.kind is StepKind.DUE
    assert [step.position for step in choice.overtaken] == [2, 3]


def test_after_an_outage_the_announcement_is_folded_in() -> None:
    choice = choose(armed(), local(2025, 11, 11, 8))
    assert choice.speak is not None
    assert choice.speak.audience is Audience.HEAD
    assert choice.folds_announcement


@pytest.mark.parametrize(("late", "says_so"), [(60, False), (61, True), (-5, False)])
def test_lateness(late: int, says_so: bool) -> None:
    assert is_late(DUE, DUE + timedelta(minutes=late), timedelta(hours=1)) is says_so
