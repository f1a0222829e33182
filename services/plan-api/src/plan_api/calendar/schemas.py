"""What the API says and accepts about calendar overrides."""

from datetime import date, datetime
from importlib import resources
from typing import Annotated, Literal, Self
from uuid import UUID

from cascade_contracts.vocabulary import StepKind
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from plan_api.rules.due import Day, OnDate

Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class OverrideGiven(BaseModel):
    """Whether offices work on a day, against the published calendar, and the text that says so."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"working": True, "legal_reference": "Thông báo 1234/TB-BNV", "note": "làm bù ngày 31/8"}]
        },
    )

    working: bool
    legal_reference: Reference
    note: Reference | None = None
    estimate: bool = Field(default=False, description="not yet announced; to be replaced when it is")


class OverrideView(OverrideGiven):
    """An override of one day."""

    on_date: date
    created_at: datetime


class StepMoved(BaseModel):
    """A step that fires at another instant; `from_at` is null when it had spoken for the earlier due time."""

    ladder_id: UUID
    position: int
    kind: StepKind
    from_at: datetime | None
    to_at: datetime


class RoundMoved(BaseModel):
    """A round whose due time (`from_at` to `to_at`, alike if only steps move) or steps the calendar moves."""

    document_id: UUID
    document_title: str
    round_id: UUID
    round_title: str
    from_at: datetime | None
    to_at: datetime | None
    steps: list[StepMoved]


class Reprojection(BaseModel):
    """What a change of the calendar moves; the counts are of all, `moved` lists the first 500 rounds."""

    documents: int = 0
    rounds: int = 0
    steps: int = 0
    moved: list[RoundMoved] = Field(default_factory=list)


class OverrideChanged(OverrideView):
    """An override set or deleted, and what that moved."""

    reprojection: Reprojection


class DayGiven(OverrideGiven):
    """An override of a named day."""

    on_date: Day


class OverridesGiven(BaseModel):
    """Days to be set together."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"days": [{"on_date": "2026-11-05", "working": False, "legal_reference": "Công điện 21/CĐ-UBND"}]}
            ]
        },
    )

    days: list[DayGiven] = Field(min_length=1, max_length=400)

    @classmethod
    def of(cls, on_date: date, given: OverrideGiven) -> Self:
        """Return one day."""
        return cls(days=[DayGiven(on_date=on_date, **given.model_dump())])

    @model_validator(mode="after")
    def _once(self) -> Self:
        _require_once([day.on_date for day in self.days])
        return self


class ImportGiven(BaseModel):
    """Days to be set together, or a file of days that comes with the product."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"file": "2027-estimate"},
                {"days": [{"on_date": "2026-11-05", "working": False, "legal_reference": "Công điện 21/CĐ-UBND"}]},
            ]
        },
    )

    days: list[DayGiven] = Field(default_factory=list, max_length=400)
    file: Literal["2027-estimate"] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.days) is (self.file is not None):
            raise ValueError("give either days or a file")
        _require_once([day.on_date for day in self.days])
        return self

    def given(self) -> OverridesGiven:
        """Return the days, read from the file if one is named."""
        if self.file is None:
            return OverridesGiven(days=self.days)
        shipped = resources.files("plan_api.calendar") / "shipped" / f"{self.file}.json"
        return OverridesGiven.model_validate_json(shipped.read_bytes())


class PreviewGiven(BaseModel):
    """Days that would be set, and days whose override would be deleted."""

    model_config = OverridesGiven.model_config

    days: list[DayGiven] = Field(default_factory=list, max_length=400)
    deleted: list[Day] = Field(default_factory=list, max_length=400)

    @model_validator(mode="after")
    def _once(self) -> Self:
        _require_once([*(day.on_date for day in self.days), *self.deleted])
        return self


def _require_once(days: list[date]) -> None:
    if len(set(days)) != len(days):
        raise ValueError("a day is named twice")


class PeriodOut(BaseModel):
    """A reporting period: its data's days, both included, and the due time of its report with its derivation."""

    period: str
    title: str
    data_from: date
    data_until: date
    due: OnDate
    due_at: datetime | None
    due_on: date | None
    due_reasons: list[str]


class PeriodList(BaseModel):
    """The periods of a year in order."""

    items: list[PeriodOut]


class OverrideList(BaseModel):
    """Overrides by day."""

    items: list[OverrideView]
