"""Bodies of consolidations: drafts, what goes up, corrections and differences, and what a figure is made of."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import SubmissionKind
from pydantic import BaseModel, ConfigDict, Field

from plan_api.documents.body import Body
from plan_api.documents.schemas import FileIn
from plan_api.obligations.schemas import FieldName, Name, Reason, Text, Values


class CorrectionIn(Body):
    """A correction of an accepted report: only what changes is given, a value of null takes one away."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"values": {"pupils": 512}, "reason": "Đối chiếu sổ đăng bộ: thiếu 12 học sinh chuyển đến"},
                {"figures": {"classes": 4}, "reason": "Cộng nhầm một lớp"},
            ]
        },
    )

    values: Values | None = None
    figures: dict[FieldName, Decimal | None] | None = Field(default=None, max_length=200)
    text: Text | None = None
    reason: Reason


class DifferenceIn(Body):
    """An acceptance of a difference, with an optional note."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"note": "Đã đối chiếu với Phòng VH-XH"}]}
    )

    note: Reason | None = None


class ConsolidateIn(Body):
    """Why a round is consolidated before it is settled or closed: whoever is missing is declared as a gap."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{}, {"reason": "Trường đang bị ngập, báo cáo sau"}]},
    )

    reason: Reason | None = None


class ConsolidationIn(Body):
    """What the superior adds to the draft when submitting it.

    It answers everything it feeds that still takes an answer; `to` are obligations when it is meant for some alone.
    `values` are fields of the form above that the consolidation does not bring along; merged ones cannot be changed
    here: correct the report they come from, or return it.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"number": "96", "notation": "BC-SGDĐT"}]}
    )

    to: list[UUID] | None = Field(default=None, min_length=1, max_length=20)
    text: Text | None = None
    figures: dict[FieldName, Decimal] | None = Field(default=None, max_length=200)
    values: Values | None = None
    notation: Name | None = None
    number: Name | None = None
    dated_on: date | None = None
    signer: Name | None = None
    files: list[FileIn] = Field(default_factory=list, max_length=20)


class ConsolidationOut(BaseModel):
    """A consolidation: totals with provenance, sections, declared gaps (`under`: the unit below that declared it).

    `content.form` are the merged values of a form: `values`, `rates` in per cent, units `absent` by field, `nil`
    returns, `contradictions` between merged values. Every figure opens at `/v1/consolidations/{id}/provenance`.
    """

    id: UUID
    round_id: UUID
    unit_id: UUID
    version: int
    content: dict[str, Any]
    gaps: list[Any]
    created_at: datetime
    submitted_at: datetime | None
    upward_obligation_id: UUID | None
    upward_obligation_ids: list[UUID] = Field(
        description="what the superior owes of all rounds this one reports into: submitting it answers each of them"
    )
    out_of_date_since: datetime | None = Field(
        default=None, description="a report below has changed since; see `/v1/rounds/{id}/difference`"
    )


class CauseOut(BaseModel):
    """A report that came or changed after it was consolidated; `former_version` is what it replaced."""

    unit_id: UUID
    unit_name: str
    obligation_id: UUID
    submission_id: UUID
    version: int
    former_version: int | None
    reason: str | None
    received_at: datetime
    marked_at: datetime


class ChangeOut(BaseModel):
    """A merged value or total that would change: what the consolidation says, and what its reports say now."""

    field: str
    was: Any
    becomes: Any


class DifferenceOut(BaseModel):
    """Why a round's consolidation is out of date, and what accepting the difference would change.

    `waits_for` are units one level down that have yet to accept the same difference.
    """

    round_id: UUID
    consolidation_id: UUID
    out_of_date: bool
    causes: list[CauseOut]
    changes: list[ChangeOut]
    waits_for: list[str]


class ContributionOut(BaseModel):
    """A report behind a figure: whose, which version, what it says, who typed it.

    `consolidation_id` is set where the report is itself a consolidation, to be opened further; `person` is an account,
    or a seat with its holder on that day.
    """

    unit_id: UUID
    unit_name: str
    round_id: UUID
    obligation_id: UUID
    submission_id: UUID
    version: int
    kind: SubmissionKind
    value: Any
    received_at: datetime
    person: str | None
    depth: int
    consolidation_id: UUID | None


class ProvenancePage(BaseModel):
    """A page of the reports behind a figure, by unit name; `next` is the cursor of the next page."""

    items: list[ContributionOut]
    next: str | None = None


class FlagKind(StrEnum):
    """Why something should be looked at twice."""

    CONTRADICTION = "contradiction"
    UNLIKE_FORMER = "unlike_former"
    UNLIKE_SIBLINGS = "unlike_siblings"


class FlagOut(BaseModel):
    """Something to look at twice; `usual` is the median it is held against."""

    field: str
    kind: FlagKind
    value: str | None = None
    usual: str | None = None
    detail: str


class FlagsOut(BaseModel):
    """A unit's report with what is striking about it."""

    unit_id: UUID
    unit_name: str
    obligation_id: UUID
    version: int
    flags: list[FlagOut]


class FlagPage(BaseModel):
    """A page of striking reports, by unit name; `next` is the cursor of the next page."""

    items: list[FlagsOut]
    next: str | None = None
