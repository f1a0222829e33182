"""Bodies of the obligations API: answers, decisions, extensions, and obligations as they stand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
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
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

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
    """An acceptance, with an optional note.

    `task_gaps` is the reason a plan that leaves tasks of its parent uncovered is accepted all the same.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}, {"note": "Đủ số liệu"}]})

    note: Reason | None = None
    task_gaps: Reason | None = None


class MarkIn(Body):
    """A field that is meant by a return, with what to do about it."""

    field: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}(\.[a-z0-9_]{1,60}){0,2}$")]
    note: Reason


class ReturnIn(Body):
    """A return: `incomplete` keeps the hand-in time if mended within the grace, `wrong` does not.

    `marks` say which fields of the form are meant: `pupils`, or `events.2.people` for the third row.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "incomplete", "reason": "Thiếu biểu số 2"},
                {
                    "kind": "wrong",
                    "reason": "Số liệu chưa khớp sổ đăng bộ",
                    "marks": [{"field": "pupils", "note": "Sổ đăng bộ ghi 512"}],
                },
            ]
        },
    )

    kind: ReturnKind
    reason: Reason
    marks: list[MarkIn] = Field(default_factory=list, max_length=200)


class OnBehalfIn(SubmissionIn):
    """What a unit said, typed by somebody else: who said it and by which way. The unit confirms it later."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "report",
                    "values": {"pupils": 512},
                    "said_by": "Văn thư nhà trường",
                    "way": "telephone",
                    "note": "Trường mất mạng do bão",
                }
            ]
        },
    )

    said_by: Name
    way: Literal["telephone", "message", "paper"] = "telephone"
    note: Reason | None = None


class CallIn(Body):
    """A telephone call about something owed, and what came of it; `promised_on` is the day the unit named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"result": "promised", "spoke_with": "Văn thư nhà trường", "promised_on": "2026-11-17"},
                {"result": "no_answer"},
            ]
        },
    )

    result: Literal["reached", "promised", "no_answer", "wrong_number"]
    spoke_with: Name | None = None
    note: Reason | None = None
    promised_on: date | None = None
    called_at: AwareDatetime | None = Field(default=None, description="now when not given; never in the future")

    @model_validator(mode="after")
    def _promise_has_its_day(self) -> Self:
        if (self.result == "promised") is (self.promised_on is None):
            raise ValueError("promised_on belongs to promised, and only there")
        return self


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


class MarkOut(BaseModel):
    """A field that is meant by a return, as people call it, with what to do about it."""

    field: str
    label: str
    note: str


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
    return_marks: list[MarkOut] | None = None
    entered_for: dict[str, Any] | None = Field(
        default=None, description="typed by somebody else: `said_by`, `way`, `typed_by`, `note`"
    )
    by_mail: bool = Field(default=False, description="came as a reply to a notice")
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    correction_reason: str | None = None
    consolidation_id: UUID | None = Field(default=None, description="the consolidation it was made of")
    gaps: list[Any] | None = Field(default=None, description="whom that consolidation declares as missing, and why")
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


class CallOut(BaseModel):
    """A telephone call about something owed."""

    id: UUID
    called_at: datetime
    caller: str
    spoke_with: str | None
    result: str
    note: str | None
    promised_on: date | None


class ObligationDetail(ObligationCard):
    """An obligation with everything that happened to it; `frozen_at`: what was handed in is being read."""

    row_version: int
    frozen_at: datetime | None = None
    frozen_by: str | None = None
    calls: list[CallOut] = Field(default_factory=list)
    due_reasons: list[str]
    receivers: list[UUID] = Field(default_factory=list, description="further units that receive what is handed in")
    submissions: list[SubmissionOut]
    steps: list[StepOut]
    extensions: list[ExtensionOut]


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


class BriefSent(BaseModel):
    """A brief on its way to who holds the seat, from an hour outside quiet hours on."""

    seat_id: UUID
    unit_id: UUID
    not_before: datetime


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
