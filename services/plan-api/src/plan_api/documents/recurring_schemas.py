"""Bodies of recurring reports: what returns, how often, until when, and for whom a period does not apply."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from cascade_contracts.vocabulary import RoundKind
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from plan_api.documents.body import Body, Short, Text
from plan_api.organizations.schemas import UnitRef
from plan_api.rules.due import Day
from plan_api.rules.forms import Form
from plan_api.rules.periods import FIRST_DAY, Every, read_period

PeriodCode = Annotated[str, StringConstraints(pattern=r"^\d{4}(-(\d{2}|Q[1-4]|H[12]))?$")]
"""How a period is named: `2026-03`, `2026-Q1`, `2026-H1`, `2026`."""


class NotApplicableIn(Body):
    """A period that does not apply: to some units (a school closed in a quarter), or to all without `units`."""

    period: PeriodCode
    units: Annotated[list[UnitRef], Field(min_length=1, max_length=5000)] | None = None
    reason: Text


class RecurringIn(Body):
    """A report that returns: every period a round of its own, opened one period ahead and announced as it begins.

    `day` is a day of the period's last month (15 to 31, as Decree 09/2019/NĐ-CP cuts periods) or of the month after it
    (`month: next`); without one the report is due within its period. `first` is the first period, by default the one
    running at issue; the last is the one `until` falls in, without it the document's end. `cut_off_after` closes each
    round so many working days after its due day.
    """

    kind: Literal[RoundKind.REPORT, RoundKind.PLAN, RoundKind.TASK] = RoundKind.REPORT
    title: Short
    every: Every
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    month: Literal["last", "next"] = "last"
    first: PeriodCode | None = None
    until: Day | None = None
    cut_off_after: Annotated[int, Field(ge=0, le=60)] | None = None
    needs_acceptance: bool = False
    signed_file_required: bool = False
    assignees: list[UnitRef] | None = None
    receivers: list[UnitRef] = Field(default_factory=list)
    lag: int = Field(default=1, ge=1, le=60)
    form: Form | None = None
    not_applicable: list[NotApplicableIn] = Field(default_factory=list, max_length=200)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.month == "last" and self.day is not None and self.day < FIRST_DAY:
            raise ValueError(f"a day of the period's last month is {FIRST_DAY} or later")
        if self.month == "next" and self.day is None:
            raise ValueError("the month after the period needs a day")
        codes = [*([self.first] if self.first else []), *(exempt.period for exempt in self.not_applicable)]
        if any(read_period(self.every, code) is None for code in codes):
            raise ValueError(f"a period of every {self.every} is named otherwise")
        return self


class ExemptIn(NotApplicableIn):
    """A period declared not applicable on an issued document, for its recurring reports or rounds of that period."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "period": "2026-Q3",
                    "units": [{"code_system": "school", "code": "31000701"}],
                    "reason": "Trường nghỉ hè, đóng cửa sửa chữa",
                }
            ]
        },
    )


class ExemptOut(BaseModel):
    """A period that does not apply; `unit_id` null: to nobody."""

    period: str
    unit_id: UUID | None
    reason: str
    declared_at: datetime


class PeriodRound(BaseModel):
    """An opened period: its round, when it is due, and how many owe it or are exempt."""

    period: str
    round_id: UUID
    title: str
    due_at: datetime | None
    due_on: date | None
    announced_at: datetime | None = Field(description="when its announcement was or will be said")
    owed: int
    exempt: int
    settled_at: datetime | None


class RecurrenceOut(BaseModel):
    """A recurring report of a document: its opened periods, the next one, and what does not apply."""

    id: UUID
    title: str
    every: Every
    next_period: str | None
    next_opens_at: datetime | None
    opened: list[PeriodRound]
    not_applicable: list[ExemptOut]


class RecurrenceList(BaseModel):
    """A document's recurring reports, in its order."""

    items: list[RecurrenceOut]


class Exempted(BaseModel):
    """What declaring a period not applicable did: to rounds already open, and to periods not opened yet."""

    period: str
    rounds: list[UUID]
    exempted: int
    answered: int = Field(description="units that had answered already: their answers stand")
    ahead: int = Field(description="recurring reports whose period is not open yet")
