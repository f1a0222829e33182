"""Bodies about units suspended and resumed."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, StepKind
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class SuspendIn(BaseModel):
    """Why a unit is left alone; `below` takes everything under it along, as it stands today."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"below": True, "reason": "Toàn xã bị cô lập do mưa lũ"}]},
    )

    reason: Reason
    below: bool = False


class ResumeIn(BaseModel):
    """Why a unit goes on, and its due days: `shift` gives back the working days it lost, `keep` leaves them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"due": "shift", "reason": "Đã khắc phục hậu quả mưa lũ"}]},
    )

    reason: Reason
    due: Literal["shift", "keep"]


class SuspendedDuty(BaseModel):
    """Something a suspended unit owes and is not chased for."""

    obligation_id: UUID
    unit_id: UUID
    unit_name: str
    document_title: str
    round_title: str
    state: ObligationState
    due_on: date | None


class UnitsSuspended(BaseModel):
    """Units suspended (`already`: those left as they were), and what stands still (the first 500 of `duties`)."""

    units: list[UUID]
    already: list[UUID]
    duties: int
    standing_still: list[SuspendedDuty]


class ResumedDuty(SuspendedDuty):
    """Something a resumed unit owes: due when, chased from when, and what it is told at once (null: nothing)."""

    was_on: date | None
    told: StepKind | None
    next_step_at: datetime | None


class UnitsResumed(BaseModel):
    """Units resumed, and what goes on (the first 500 of `duties`)."""

    units: list[UUID]
    duties: int
    shifted: int
    going_on: list[ResumedDuty]


class SuspensionOut(BaseModel):
    """A suspension of a unit; `named_unit_id` is the unit it was ordered for."""

    id: UUID
    unit_id: UUID
    named_unit_id: UUID
    from_at: datetime
    until_at: datetime | None
    reason: str
    resume_reason: str | None


class SuspensionPage(BaseModel):
    """A unit's suspensions, the newest first; `next` is the cursor of the next page."""

    items: list[SuspensionOut]
    next: str | None = Field(default=None)
