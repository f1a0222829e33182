"""What a change of the calendar does to due times and armed steps."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cascade_contracts.vocabulary import Audience, StepKind, StepOutcome
from plan_api.rules.calendar import TIME_ZONE, DayOverride, WorkCalendar
from plan_api.rules.due import BeforeDate, DueRule, NoDue, OnDate, derive_due
from plan_api.rules.ladders import ArmedStep, SkipReason
from plan_api.rules.reprojection import DayChange, moved_due, rearm, reasons_after

PLAIN = WorkCalendar()
STORM = WorkCalendar([DayOverride(date(2026, 11, 12), False, "CĐ 21")])
NOW = datetime(2026, 11, 2, 8, tzinfo=TIME_ZONE)
RULE = OnDate(date=date(2026, 11, 12))


def local(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=TIME_ZONE)


@pytest.mark.parametrize(
    ("rule", "due_at", "now", "moved_to"),
    [
        (RULE, local(13), NOW, local(14)),
        (RULE, local(13), local(13), None),
        (RULE, local(14), NOW, None),
        (RULE, None, NOW, None),
        (NoDue(), local(13), NOW, None),
        (BeforeDate(date=date(2026, 11, 12)), local(12), NOW, None),
        (OnDate(date=date(2026, 11, 11)), local(13), NOW, None),
    ],
)
def test_a_due_time_moves_only_while_ahead(
    rule: DueRule, due_at: datetime | None, now: datetime, moved_to: datetime | None
) -> None:
    due = moved_due(rule, due_at, PLAIN, STORM, now)
    assert (due.due_at if due else None) == moved_to


def test_nobody_becomes_late_by_a_day_declared_worked() -> None:
    saturday = WorkCalendar([DayOverride(date(2026, 11, 14), True)])
    rule = OnDate(date=date(2026, 11, 14))
    assert moved_due(rule, local(17), PLAIN, saturday, local(15, 9)) is None
    assert moved_due(rule, local(17), PLAIN, saturday, local(13)) == derive_due(rule, saturday)


def step(position: int, fire_at: datetime, outcome: StepOutcome | None = None) -> ArmedStep:
    kind = StepKind.ANNOUNCE if position == 1 else StepKind.REMIND
    return ArmedStep(position, kind, Audience.CONTACT, (), fire_at, outcome)


def test_a_ladder_without_a_changed_instant_is_left_alone() -> None:
    ladder = (step(1, local(2, 8), StepOutcome.TAKEN), step(2, local(10)))
    assert rearm(ladder, ladder, ladder, NOW, due_moved=False) is None


def test_steps_ahead_move_and_the_others_stay() -> None:
    present = (step(1, local(2)), step(2, local(5)), step(3, local(10)), step(4, local(11)))
    after = (step(1, local(4)), *present[1:3], step(4, local(12)), step(9, local(20)))
    found = rearm(present, present, after, NOW, due_moved=False)
    assert found is not None
    assert found.steps == (*present[:3], step(4, local(12)))
    assert [(move.position, move.from_at, move.to_at) for move in found.moves] == [(4, local(11), local(12))]


def test_a_step_whose_new_time_has_passed_speaks_at_once() -> None:
    late = replace(step(2, local(1)), outcome=StepOutcome.SKIPPED, why=SkipReason.PAST_WHEN_ARMED)
    found = rearm((step(2, local(3)),), (step(2, local(3)),), (late,), NOW, due_moved=False)
    assert found is not None
    assert found.steps == (step(2, NOW),)


def test_a_step_already_due_is_not_moved_unless_its_due_time_is() -> None:
    present, after = (step(2, local(2)), step(3, local(10))), (step(2, local(5)), step(3, local(11)))
    stays = rearm(present, present, after, NOW, due_moved=False)
    assert stays is not None
    assert stays.steps == (step(2, local(2)), step(3, local(11)))
    moves = rearm(present, present, after, NOW, due_moved=True)
    assert moves is not None
    assert moves.steps == after


@pytest.mark.parametrize(("due_moved", "again"), [(True, [2]), (False, [])])
def test_what_has_spoken_speaks_again_for_another_due_time_only(due_moved: bool, again: list[int]) -> None:
    spoken = (step(1, local(1), StepOutcome.TAKEN), step(2, local(1, 8), StepOutcome.TAKEN), step(3, local(10)))
    after = (step(1, local(5)), step(2, local(5)), step(3, local(11)))
    found = rearm(spoken, spoken, after, NOW, due_moved=due_moved)
    assert found is not None
    assert [item.position for item in found.steps] == [*again, 3]
    assert [move.from_at for move in found.moves] == [*[None for _ in again], local(10)]


def test_what_was_due_before_issue_never_speaks_again() -> None:
    born_late = replace(step(2, local(5)), outcome=StepOutcome.SKIPPED, why=SkipReason.DUE_BEFORE_ISSUE)
    present = (replace(born_late, fire_at=local(4)),)
    found = rearm(present, present, (born_late,), NOW, due_moved=True)
    assert found is not None
    assert found.steps == ()


def test_a_round_tells_which_text_and_what_follows() -> None:
    storm = DayChange(date(2026, 11, 12), False, "CĐ 21")
    due = derive_due(RULE, STORM)
    before = derive_due(RULE, PLAIN).reasons
    assert reasons_after(before, [storm], date(2026, 11, 12), due) == [
        *before,
        "lịch làm việc thay đổi theo CĐ 21 (thứ Năm 12/11/2026 là ngày nghỉ): "
        "thời hạn chuyển từ hết thứ Năm 12/11/2026 sang hết thứ Sáu 13/11/2026",
        *due.reasons[1:],
    ]
    swap = replace(storm, deleted=True, working=True)
    assert reasons_after((), [swap], date(2026, 11, 12), None) == [
        "lịch làm việc thay đổi do bãi bỏ CĐ 21 (thứ Năm 12/11/2026 là ngày làm việc): "
        "thời hạn không đổi, các lần nhắc được tính lại"
    ]
    assert "thời hạn không đổi" in reasons_after((), [storm], None, due)[0]
    assert "thời hạn không đổi" in reasons_after((), [storm], date(2026, 11, 12), derive_due(NoDue(), STORM))[0]


def test_many_days_of_a_text_are_told_shortly() -> None:
    tet = [DayChange(date(2027, 2, 4) + timedelta(n), False, "TB 1") for n in range(7)]
    (line,) = reasons_after((), [*tet, DayChange(date(2027, 2, 20), True, "TB 2")], None, None)
    assert "theo TB 1 (04/02/2027 ngày nghỉ, 05/02/2027 ngày nghỉ" in line
    assert "08/02/2027 ngày nghỉ và 2 ngày khác); theo TB 2 (thứ Bảy 20/02/2027 là ngày làm việc)" in line


def test_instants_of_other_zones_are_the_same() -> None:
    assert moved_due(RULE, local(13).astimezone(UTC), PLAIN, STORM, NOW.astimezone(UTC)) is not None
