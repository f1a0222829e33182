"""What a change of the working calendar does to due times and armed steps already out.

What is past is not moved, neither a due time nor a step that has spoken. A step that was ahead and whose new time is
past speaks at once rather than never. A ladder none of whose instants change is left alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from cascade_contracts.vocabulary import StepKind, StepOutcome

from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.due import Due, DueRule, derive_due
from plan_api.rules.ladders import ANNOUNCING, ArmedStep, Rung
from plan_api.rules.vietnamese import format_date, format_day

_NAMED_DAYS = 5


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day whose override was set or deleted; `working` is how the day counts afterwards."""

    on_date: date
    working: bool
    legal_reference: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class StepMove:
    """A step that fires at another instant; `from_at` None when it had spoken for the earlier due time."""

    position: int
    kind: StepKind
    from_at: datetime | None
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Rearmed:
    """The steps of the ladder that takes another's place, and which of them moved."""

    steps: tuple[ArmedStep, ...]
    moves: tuple[StepMove, ...]


def moved_due(
    rule: DueRule, due_at: datetime | None, before: WorkCalendar, after: WorkCalendar, now: datetime
) -> Due | None:
    """Return the due time a rule has under the new calendar, or None where it stays.

    It stays where it is past, and where it would be past: nobody becomes late by a change of the calendar.
    """
    if due_at is None or due_at <= now:
        return None
    due = derive_due(rule, after)
    if due.due_at is None or due.due_at in {due_at, derive_due(rule, before).due_at} or due.due_at <= now:
        return None
    return due


def rearm(
    present: Iterable[Rung], before: Sequence[ArmedStep], after: Sequence[ArmedStep], now: datetime, due_moved: bool
) -> Rearmed | None:
    """Return the steps that replace those of a ladder, or None when none of its instants changes.

    `before` and `after` are the ladder armed under either calendar. Where the due time moved, a step that spoke for the
    earlier one speaks again if its new time is ahead, as after an extension; where it stayed, never.
    """
    was = {step.position: step for step in present}
    old_times = {step.position: step.fire_at for step in before}
    steps: list[ArmedStep] = []
    moves: list[StepMove] = []
    for armed in after:
        step = was.get(armed.position)
        if step is None:
            continue
        moved = armed.fire_at != old_times[armed.position] and armed.kind not in ANNOUNCING
        ahead = armed.fire_at > now
        if step.outcome is None:
            past = step.fire_at <= now and not (due_moved and ahead)
            at = max(armed.fire_at, now) if moved and not past else step.fire_at
            steps.append(replace(armed, fire_at=at, outcome=None, why=None))
            if at != step.fire_at:
                moves.append(StepMove(armed.position, armed.kind, step.fire_at, at))
        elif due_moved and moved and ahead and armed.outcome is not StepOutcome.SKIPPED:
            steps.append(armed)
            moves.append(StepMove(armed.position, armed.kind, None, armed.fire_at))
    if not moves and not due_moved:
        return None
    return Rearmed(tuple(sorted(steps, key=lambda step: (step.fire_at, step.position))), tuple(moves))


def reasons_after(
    reasons: Sequence[str], changes: Sequence[DayChange], was_on: date | None, due: Due | None
) -> list[str]:
    """Return the derivation of a round with the calendar's change added: which text, which days, what follows."""
    why = "; ".join(_told(reference, changes) for reference in dict.fromkeys(_text(change) for change in changes))
    if due is None or due.due_on is None or was_on is None:
        return [*reasons, f"lịch làm việc thay đổi {why}: thời hạn không đổi, các lần nhắc được tính lại"]
    line = (
        f"lịch làm việc thay đổi {why}: thời hạn chuyển từ hết {format_day(was_on)} sang hết {format_day(due.due_on)}"
    )
    return [*reasons, line, *(reason for reason in due.reasons if reason not in reasons)]


def _text(change: DayChange) -> str:
    return f"{'do bãi bỏ' if change.deleted else 'theo'} {change.legal_reference}"


def _told(reference: str, changes: Sequence[DayChange]) -> str:
    days = [change for change in changes if _text(change) == reference]
    if len(days) == 1:
        return f"{reference} ({format_day(days[0].on_date)} là {_status(days[0])})"
    named = ", ".join(f"{format_date(day.on_date)} {_status(day)}" for day in days[:_NAMED_DAYS])
    more = f" và {len(days) - _NAMED_DAYS} ngày khác" if len(days) > _NAMED_DAYS else ""
    return f"{reference} ({named}{more})"


def _status(change: DayChange) -> str:
    return "ngày làm việc" if change.working else "ngày nghỉ"
