"""Due times: from the words of a document ("trước ngày …", "trong quý III") to the first instant that is too late.

`due_at` is the first instant too late. `on D` → 00:00 of the day after D, D first rolled to the next working day;
`before D` → 00:00 of D, never rolled, unless `before_counts_the_day` turns it into `on D`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from plan_api.rules.calendar import WorkCalendar, format_instant, local_date, start_of_day
from plan_api.rules.vietnamese import format_date, format_day

_INSTANT: Final = timedelta(microseconds=1)
Roll = Literal["next_working_day", "none"]


Day = Annotated[date, Field(ge=date(1976, 1, 1), le=date(2199, 12, 31))]
Instant = Annotated[AwareDatetime, Field(ge=datetime(1976, 1, 1, tzinfo=UTC), le=datetime(2199, 12, 31, tzinfo=UTC))]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OnDate(_Rule):
    """Ngày D: hand-ins of the whole day D are in time."""

    form: Literal["on"] = "on"
    date: Day
    roll: Roll = "next_working_day"


class BeforeDate(_Rule):
    """Trước ngày D: strictly before, never rolled; `roll` only counts where the flag turns it into `on D`."""

    form: Literal["before"] = "before"
    date: Day
    before_counts_the_day: bool = False
    roll: Roll = "next_working_day"


class WithinPeriod(_Rule):
    """Trong tháng, quý, nửa năm hay năm: due on the last day of the period."""

    form: Literal["within"] = "within"
    year: int = Field(ge=1976, le=2199)
    quarter: int | None = Field(default=None, ge=1, le=4)
    half: int | None = Field(default=None, ge=1, le=2)
    month: int | None = Field(default=None, ge=1, le=12)
    roll: Roll = "next_working_day"

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if sum(part is not None for part in (self.quarter, self.half, self.month)) > 1:
            raise ValueError("give at most one of quarter, half, month")
        return self

    @property
    def last_month(self) -> int:
        """The month the period ends with."""
        if self.month is not None:
            return self.month
        if self.quarter is not None:
            return self.quarter * 3
        return 12 if self.half is None else self.half * 6


class AtInstant(_Rule):
    """An exact instant, for rehearsals and deadlines by the hour."""

    form: Literal["at"] = "at"
    instant: Instant


class NoDue(_Rule):
    """Không thời hạn, or on request."""

    form: Literal["none"] = "none"


DueRule = Annotated[OnDate | BeforeDate | WithinPeriod | AtInstant | NoDue, Field(discriminator="form")]
DUE_RULE: Final[TypeAdapter[DueRule]] = TypeAdapter(DueRule)
"""Reads and writes any due rule: `DUE_RULE.validate_python(...)`, `DUE_RULE.dump_python(rule, mode="json")`."""


@dataclass(frozen=True, slots=True)
class Due:
    """A derived due time.

    `due_on` is the last local day on which a hand-in is in time (for a due time inside a day: that day),
    `last_working_on` the last working day up to it; `reasons` derive them line by line in Vietnamese.
    """

    due_at: datetime | None
    due_on: date | None
    last_working_on: date | None
    reasons: tuple[str, ...]


def derive_due(rule: DueRule, calendar: WorkCalendar) -> Due:
    """Derive the due time of a rule under a calendar."""
    reasons = [describe(rule)]
    match rule:
        case NoDue():
            return Due(None, None, None, tuple(reasons))
        case AtInstant():
            due_at = rule.instant.astimezone(UTC)
        case BeforeDate(before_counts_the_day=False):
            due_at = start_of_day(rule.date)
            reasons.append(f"“trước ngày” không tính ngày đó: quá hạn từ 00:00 ngày {format_date(rule.date)}")
        case _:
            due_at = _end_of(_named_day(rule, reasons), rule.roll, calendar, reasons)
    due_on = local_date(due_at - _INSTANT)
    last_working_on = calendar.working_day_on_or_before(due_on)
    if last_working_on != due_on:
        reasons.append(f"ngày làm việc cuối cùng còn trong hạn: {format_day(last_working_on)}")
    return Due(due_at, due_on, last_working_on, tuple(reasons))


def _named_day(rule: OnDate | BeforeDate | WithinPeriod, reasons: list[str]) -> date:
    if isinstance(rule, WithinPeriod):
        last = date(rule.year + rule.last_month // 12, rule.last_month % 12 + 1, 1) - timedelta(days=1)
        reasons.append(f"ngày cuối kỳ: {format_day(last)}")
        return last
    if isinstance(rule, BeforeDate):
        reasons.append("theo quy định của kế hoạch, “trước ngày” tính cả ngày đó")
    return rule.date


def _end_of(day: date, roll: Roll, calendar: WorkCalendar, reasons: list[str]) -> datetime:
    worked = calendar.working_day_on_or_after(day) if roll == "next_working_day" else day
    if worked != day:
        reasons.append(
            f"{format_day(day)} không phải ngày làm việc ({calendar.reason(day)}): chuyển sang {format_day(worked)}"
        )
    reasons.append(f"tính hết ngày {format_date(worked)}: quá hạn từ 00:00 ngày {format_date(worked + timedelta(1))}")
    return start_of_day(worked + timedelta(days=1))


def with_grace(past: Due, grace: Due, reason: str) -> Due:
    """Return the due time of a grace day given at issue for one already past, its derivation after that of the past."""
    told = f"thời hạn trong văn bản đã qua khi ban hành; gia hạn đến {grace.reasons[0]} vì: {reason}"
    return replace(grace, reasons=(*past.reasons, told, *grace.reasons[1:]))


def extended(reasons: Iterable[str], was_on: date | None, rule: DueRule, due: Due, reason: str) -> tuple[str, ...]:
    """Return the derivation of a due time that was moved for all: the old one, the reason, the new one."""
    before = "" if was_on is None else f"từ hết {format_day(was_on)} "
    after = describe(rule) if due.due_on is None or isinstance(rule, AtInstant) else f"hết {format_day(due.due_on)}"
    return (*reasons, f"gia hạn chung: thời hạn chuyển {before}sang {after}, vì: {reason}", *due.reasons[1:])


def waived(past: Due, reason: str) -> Due:
    """Return a due time already past at issue whose round is waived: it stays as the document states it."""
    told = f"thời hạn trong văn bản đã qua khi ban hành; miễn thực hiện, không tính chậm, vì: {reason}"
    return replace(past, reasons=(*past.reasons, told))


def latest_under(parent_due_at: datetime, lag: int, calendar: WorkCalendar) -> datetime:
    """Return the latest due time that leaves its receiver `lag` (1 or more) whole working days for its own report.

    The day lies that many working days before the last day the receiver itself is in time (Decree 09/2019, Art. 8.5
    asks for one at least).
    """
    last = local_date(parent_due_at - _INSTANT)
    return start_of_day(calendar.shift(last, -lag) + timedelta(days=1))


def describe(rule: DueRule) -> str:
    """Return the rule as a document would word it, in Vietnamese."""
    match rule:
        case NoDue():
            return "không quy định thời hạn"
        case AtInstant():
            return f"trước {format_instant(rule.instant)}"
        case BeforeDate():
            return f"trước ngày {format_date(rule.date)}"
        case OnDate():
            return f"ngày {format_date(rule.date)}"
        case _:
            return f"trong {_period_name(rule)}"


def _period_name(rule: WithinPeriod) -> str:
    if rule.month is not None:
        return f"tháng {rule.month}/{rule.year}"
    if rule.quarter is not None:
        return f"quý {('I', 'II', 'III', 'IV')[rule.quarter - 1]}/{rule.year}"
    if rule.half is not None:
        return f"6 tháng {('đầu', 'cuối')[rule.half - 1]} năm {rule.year}"
    return f"năm {rule.year}"


class DueRefusal(StrEnum):
    """Why a due time may not be issued as it stands."""

    PAST_DUE = "due_in_the_past"
    AFTER_PARENT = "due_after_parent"
    REASON_MISSING = "due_reason_missing"
    CUT_OFF_BEFORE_DUE = "cut_off_before_due"


def check_due(
    due_at: datetime | None,
    issued_at: datetime,
    parent_due_at: datetime | None = None,
    allow_past_due: bool = False,
    allow_after_parent: bool = False,
    reason: str | None = None,
    cut_off_at: datetime | None = None,
) -> list[DueRefusal]:
    """Return why a due time is refused at issue; empty when it may stand.

    A due time before issue or after the parent's (less the lag, `latest_under`) stands only when confirmed by its flag
    and with a reason.
    """
    if due_at is None:
        return []
    refusals: list[DueRefusal] = []
    past = due_at <= issued_at
    after = parent_due_at is not None and due_at > parent_due_at
    if past and not allow_past_due:
        refusals.append(DueRefusal.PAST_DUE)
    if after and not allow_after_parent:
        refusals.append(DueRefusal.AFTER_PARENT)
    if (past or after) and not refusals and not (reason or "").strip():
        refusals.append(DueRefusal.REASON_MISSING)
    if cut_off_at is not None and cut_off_at < due_at:
        refusals.append(DueRefusal.CUT_OFF_BEFORE_DUE)
    return refusals
