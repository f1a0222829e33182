"""Bodies about documents that change after their issue: extended as a whole."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from cascade_contracts.vocabulary import Audience, ObligationState, StepKind
from pydantic import BaseModel, ConfigDict, Field, model_validator

from plan_api.documents.body import Body, Text
from plan_api.rules.due import Day, Instant


class ExtendIn(Body):
    """A later due time for a document's open rounds, or some of them, for all who owe them.

    Exactly one of `due_on` (a day, rolled to a working day), `due_at` (an instant) and `working_days` (so many more
    for each round). Without `rounds` those due earlier move and the others stay. A due time that leaves the issuer too
    little time for its own report upwards needs `allow_after_parent`.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"due_on": "2026-12-18", "reason": "Nhiều đơn vị còn chờ số liệu"},
                {"working_days": 5, "reason": "Ảnh hưởng của bão"},
            ]
        },
    )

    reason: Text
    due_on: Day | None = None
    due_at: Instant | None = None
    working_days: Annotated[int, Field(ge=1, le=250)] | None = None
    rounds: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    allow_after_parent: bool = False

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(given is not None for given in (self.due_on, self.due_at, self.working_days)) != 1:
            raise ValueError("give exactly one of due_on, due_at and working_days")
        return self


class UnitExtended(BaseModel):
    """A unit's due day before and after; `moved` is false where it has more time already."""

    unit_id: UUID
    name: str
    state: ObligationState
    was_on: date | None
    due_on: date | None
    moved: bool


class StepAhead(BaseModel):
    """A step that will speak about the new due time."""

    kind: StepKind
    audience: Audience
    fire_at: datetime


class LowerReport(BaseModel):
    """A lower report into the round: whether it leaves its issuer a working day before what that owes here."""

    document_id: UUID
    document_title: str
    issuer_unit_id: UUID
    issuer_name: str
    round_id: UUID
    round_title: str
    due_on: date
    was_fine: bool
    is_fine: bool


class RoundExtended(BaseModel):
    """A round with its new due time: who is affected (the first 500), what is said when, what lies below."""

    round_id: UUID
    title: str
    was_at: datetime
    was_on: date
    due_at: datetime
    due_on: date
    due_reasons: list[str]
    cut_off_at: datetime | None
    moved: int
    kept: int
    answered: int = Field(description="how many of the moved had answered already")
    requests_met: int = Field(description="open requests for no more time than this, closed by it")
    units: list[UnitExtended]
    steps: list[StepAhead]
    below: list[LowerReport]


class DocumentExtended(BaseModel):
    """A document extended as a whole; `untouched` are open rounds due no earlier."""

    document_id: UUID
    row_version: int
    rounds: list[RoundExtended]
    untouched: list[UUID]
