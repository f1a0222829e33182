"""Bodies of the obligations API: answers, decisions, extensions, and obligations as they stand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from cascade_contracts.vocabulary import (
    AssignmentMode,
    ExtensionState,
    ObligationState,
    ReturnKind,
    RoundKind,
    SubmissionKind,
    SubmissionState,
    Timeliness,
)
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from plan_api.documents.body import Body
from plan_api.documents.schemas import FileIn

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


Values = Annotated[
    dict[FieldName, Any],
    Field(
        max_length=200,
        description="by the keys of the round's form: whole numbers and đồng as numbers, decimals as text or numbers, "
        "a percentage as `{numerator, denominator}`, days as `YYYY-MM-DD`, a choice as its option's key, a table as "
        "rows, files as `[{sha256, name}]`",
    ),
]


class SubmissionIn(Body):
    """What a unit hands in. `nil` says that there is nothing to report."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "report", "text": "Đã tổ chức 3 lớp tập huấn.", "figures": {"classes": 3, "people": 240}},
                {
                    "kind": "report",
                    "values": {
                        "classes": 3,
                        "cost": 25000000,
                        "trained": {"numerator": 40, "denominator": 52},
                        "results": "Hai lớp trực tiếp, một lớp trực tuyến.",
                        "events": [{"name": "Ngày hội đọc sách", "people": 320}],
                    },
                },
                {"kind": "nil"},
            ]
        },
    )

    kind: SubmissionKind
    text: Text | None = None
    figures: dict[FieldName, Decimal] | None = Field(default=None, max_length=200)
    values: Values | None = None
    notation: Name | None = None
    number: Name | None = None
    dated_on: date | None = None
    signer: Name | None = None
    files: list[FileIn] = Field(default_factory=list, max_length=20)


class Empty(Body):
    """A body without fields."""


class AcceptIn(Body):
    """An acceptance, with an optional note."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}, {"note": "Đủ số liệu"}]})

    note: Reason | None = None


class ReturnIn(Body):
    """A return: `incomplete` keeps the hand-in time if mended within the grace, `wrong` does not."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "incomplete", "reason": "Thiếu biểu số 2"}]}
    )

    kind: ReturnKind
    reason: Reason


class ReasonIn(Body):
    """A reason that is kept and shown."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Đơn vị không có nội dung này"}]}
    )

    reason: Reason


class ExtensionIn(Body):
    """A request for a later due time: `due_on` is the last day wanted, or `due_at` the first instant too late."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"due_on": "2026-11-17", "reason": "Chờ số liệu của các trường"}]},
    )

    due_on: date | None = None
    due_at: AwareDatetime | None = None
    reason: Reason


class ApprovalIn(Body):
    """An approval; another date may be set instead of the one asked for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}, {"due_on": "2026-11-16"}]})

    due_on: date | None = None
    due_at: AwareDatetime | None = None
    note: Reason | None = None
    allow_after_parent: bool = False


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

    `values` are fields of the form above that the consolidation does not bring along; merged ones cannot be changed
    here: correct the report they come from, or return it.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"number": "96", "notation": "BC-SGDĐT"}]}
    )

    text: Text | None = None
    figures: dict[FieldName, Decimal] | None = Field(default=None, max_length=200)
    values: Values | None = None
    notation: Name | None = None
    number: Name | None = None
    dated_on: date | None = None
    signer: Name | None = None
    files: list[FileIn] = Field(default_factory=list, max_length=20)


class HandInOut(BaseModel):
    """Receipt of a submission."""

    submission_id: UUID
    obligation_id: UUID
    version: int
    state: ObligationState
    received_at: datetime
    handed_in_at: datetime
    on_time: bool | None


class ObligationOut(BaseModel):
    """An obligation after a change."""

    id: UUID
    document_id: UUID
    round_id: UUID
    unit_id: UUID
    state: ObligationState
    due_at: datetime | None
    row_version: int


class ObligationCard(BaseModel):
    """An obligation in a list, with its derived timeliness."""

    id: UUID
    document_id: UUID
    round_id: UUID
    unit_id: UUID
    unit_name: str
    document_title: str
    document_reference: str | None
    round_title: str
    kind: RoundKind
    mode: AssignmentMode
    state: ObligationState
    timeliness: Timeliness
    deciding_unit_id: UUID
    due_at: datetime | None
    due_on: date | None
    handed_in_at: datetime | None
    submitted_at: datetime | None
    returned_at: datetime | None


class ObligationPage(BaseModel):
    """A page of obligations, ordered by due time then id; `next` is the cursor of the next page."""

    items: list[ObligationCard]
    next: str | None = None


class SubmissionOut(BaseModel):
    """A version of what was handed in."""

    id: UUID
    version: int
    kind: SubmissionKind
    state: SubmissionState
    text: str | None
    figures: dict[str, Any] | None
    values: dict[str, Any] | None = Field(default=None, validation_alias="filled")
    received_at: datetime
    decided_at: datetime | None
    return_kind: ReturnKind | None
    return_reason: str | None
    correction_reason: str | None = None
    files: list[dict[str, Any]] = Field(default_factory=list)


class StepOut(BaseModel):
    """A step of the ladder an obligation stands on: when it fires, or what became of it."""

    id: UUID
    kind: str
    audience: str
    fire_at: datetime
    outcome: str | None
    taken_at: datetime | None
    why: str | None
    notice_state: str | None = None


class ExtensionOut(BaseModel):
    """A request for a later due time."""

    id: UUID
    obligation_id: UUID
    state: ExtensionState
    reason: str
    requested_at: datetime
    requested_due_at: datetime
    previous_due_at: datetime | None
    decided_at: datetime | None
    decided_due_at: datetime | None
    decision_reason: str | None


class ObligationDetail(ObligationCard):
    """An obligation with everything that happened to it."""

    row_version: int
    due_reasons: list[str]
    submissions: list[SubmissionOut]
    steps: list[StepOut]
    extensions: list[ExtensionOut]


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


class PromiseOut(BaseModel):
    """More time that was asked for, or granted, about something not settled yet."""

    id: UUID
    obligation_id: UUID
    document_title: str
    round_title: str
    state: ExtensionState
    reason: str
    requested_at: datetime
    requested_due_at: datetime
    decided_due_at: datetime | None


class SeatBrief(BaseModel):
    """What whoever takes a seat over must know: what its unit owes, what is late, what was promised, what waits.

    `next` of a list goes on at `/v1/obligations` with the unit (`to_decide`: the deciding unit) and the state.
    """

    seat_id: UUID
    seat_title: str
    unit_id: UUID
    unit_name: str
    at: datetime
    late: list[ObligationCard] = Field(description="those of `open` whose due time has come, longest overdue first")
    open: ObligationPage
    awaiting_review: ObligationPage
    to_decide: ObligationPage
    promised: list[PromiseOut]
