"""Bodies of the documents API: drafts with what they will ask of whom, and documents as they stand."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, DocumentKind, DocumentState, LineKind, RoundKind
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from plan_api.documents.body import Body, FundingIn, Short, Text
from plan_api.documents.recurring_schemas import RecurringIn
from plan_api.organizations.kinds import UnitKind
from plan_api.organizations.schemas import UnitRef
from plan_api.rules.due import Day, DueRule
from plan_api.rules.forms import Form
from plan_api.rules.symbols import Confidence, Impossible


class FileIn(Body):
    """A file stored before (`POST /v1/files`), by its SHA-256."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    name: Short
    signed: bool = False


class AssigneeIn(Body):
    """A unit the document binds; `line` is the line it comes down, found by itself when not given."""

    unit: UnitRef
    mode: AssignmentMode = AssignmentMode.ORDER
    line: LineKind | None = None


class SelectionIn(Body):
    """Units by what they are: those below `under` (any depth, or `direct`) on the day, without those excluded.

    `under` is the issuer when not given, `line` keeps to lines of one kind all the way down, `kinds` to kinds of units.
    `groups` (codes or ids) names groups instead, or besides: with `under` as well, only their units below it. Units of
    `excluding_groups` are left out like those of `excluding`. An ended member stands for its successors.
    """

    under: UnitRef | None = None
    groups: list[Short] = Field(default_factory=list, max_length=20)
    excluding_groups: list[Short] = Field(default_factory=list, max_length=20)
    kinds: list[UnitKind] = Field(default_factory=list, max_length=20)
    line: LineKind | None = None
    direct: bool = False
    excluding: list[UnitRef] = Field(default_factory=list, max_length=1000)


class RecipientIn(Body):
    """Whom the document tells, with its purpose (for report, for information, filing …): one of three.

    A unit, an outside body by its name (`label`), or a selection of units. Who is told owes nothing.
    """

    unit: UnitRef | None = None
    label: Short | None = None
    select: SelectionIn | None = None
    purpose: Short = "để biết"

    @model_validator(mode="after")
    def _one_of_them(self) -> "RecipientIn":
        if sum(given is not None for given in (self.unit, self.label, self.select)) != 1:
            raise ValueError("give one of unit, label and select")
        return self


class SelectorIn(SelectionIn):
    """A selection the document binds, in a mode. Resolved as of the day of issue; the issuer never binds itself."""

    mode: AssignmentMode = AssignmentMode.ORDER


class AssigneesIn(Body):
    """Whom a document would bind: units one by one, and by selectors."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "issuer": {"code_system": "local", "code": "SGDDT"},
                    "selectors": [{"kinds": ["school"], "line": "professional", "direct": True}],
                }
            ]
        },
    )

    issuer: UnitRef
    assignees: list[AssigneeIn] = Field(default_factory=list, max_length=50_000)
    selectors: list[SelectorIn] = Field(default_factory=list, max_length=50)


class AssigneeOut(BaseModel):
    """A unit that would be bound; `ways` names the fields that reach it: `assignees.0`, `selectors.1`."""

    unit_id: UUID
    name: str
    kind: str
    mode: AssignmentMode
    line: LineKind | None
    superior_unit_id: UUID | None
    superior_name: str | None
    ways: list[str]


class AssigneePage(BaseModel):
    """A page of those who would be bound, in Vietnamese order; `total` counts all, `modes` by mode."""

    items: list[AssigneeOut]
    total: int
    modes: dict[AssignmentMode, int]
    next: str | None = None


class RoundIn(Body):
    """One thing asked of the assignees.

    `assignees` limits the round to some of them. `receivers` get what the issuer decides on. `reports_into` is the
    round of a parent document that the consolidation of this one answers, `also_into` are those of further parents;
    when not given, found by period: one of each parent.
    """

    kind: RoundKind
    title: Short
    period: Short | None = None
    due: DueRule
    cut_off_at: AwareDatetime | None = None
    needs_acceptance: bool = False
    signed_file_required: bool = False
    assignees: list[UnitRef] | None = None
    receivers: list[UnitRef] = Field(default_factory=list)
    reports_into: UUID | None = None
    also_into: list[UUID] = Field(default_factory=list, max_length=20)
    form: Form | None = Field(default=None, description="what a report fills in, on `report` and `task` rounds")
    lag: int = Field(
        default=1, ge=1, le=60, description="working days the issuer needs before its own due time upwards"
    )


class RoundAskedIn(RoundIn):
    """A round opened on an issued document.

    Asked are the assignees named by `assignees` and reached by `selectors`; without both, all but those only informed.
    The confirmations are those of issue; each needs `reason`.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "title": "Báo cáo nhanh theo yêu cầu",
                    "due": {"form": "on", "date": "2026-12-18"},
                    "selectors": [{"kinds": ["school"]}],
                }
            ]
        },
    )

    kind: Literal[RoundKind.REPORT, RoundKind.PLAN, RoundKind.TASK] = RoundKind.REPORT
    selectors: list[SelectionIn] = Field(default_factory=list, max_length=50)
    allow_past_due: bool = False
    allow_after_parent: bool = False
    reason: Text | None = None


class DocumentIn(Body):
    """A draft. A number and a date may be missing until issue; then a reason must be given.

    `printed_symbol` is the symbol as a bad copy shows it, `bases` the documents cited, a line each as printed: both are
    read tolerantly and proposed in the answer, for a clerk to confirm.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "plan",
                    "issuer": {"code_system": "local", "code": "SGDDT"},
                    "title": "Kế hoạch công tác thông tin đối ngoại năm 2026",
                    "number": "18",
                    "notation": "KH-SGDĐT",
                    "issued_on": "2026-01-14",
                    "assignees": [{"unit": {"code_system": "local", "code": "PVHXH-11236"}}],
                    "rounds": [
                        {
                            "kind": "report",
                            "title": "Báo cáo năm 2026",
                            "period": "2026",
                            "due": {"form": "on", "date": "2026-11-10"},
                            "needs_acceptance": True,
                            "form": {
                                "fields": [
                                    {"key": "classes", "label": "Số lớp tập huấn", "type": "integer", "minimum": 0},
                                    {"key": "cost", "label": "Kinh phí", "type": "money"},
                                    {
                                        "key": "trained",
                                        "label": "Tỷ lệ được tập huấn",
                                        "type": "percentage",
                                        "numerator": "Số người được tập huấn",
                                        "denominator": "Tổng số người",
                                    },
                                    {"key": "results", "label": "Kết quả nổi bật", "type": "text", "required": False},
                                    {
                                        "key": "events",
                                        "label": "Sự kiện",
                                        "type": "table",
                                        "required": False,
                                        "max_rows": 50,
                                        "columns": [
                                            {"key": "name", "label": "Tên sự kiện", "type": "text"},
                                            {"key": "people", "label": "Số người dự", "type": "integer", "minimum": 0},
                                        ],
                                    },
                                ],
                                "checks": [{"kind": "at_most", "field": "classes", "limit": "trained.denominator"}],
                            },
                        }
                    ],
                }
            ]
        },
    )

    kind: DocumentKind
    issuer: UnitRef
    title: Text
    number: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\d{1,6}[a-zA-Z]?$")] | None = None
    notation: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)] | None = None
    issued_on: date | None = None
    printed_symbol: Short | None = None
    bases: list[Text] = Field(default_factory=list, max_length=100)
    summary: Text | None = None
    parents: list[UUID] = Field(default_factory=list, max_length=20)
    funding: list[FundingIn] = Field(default_factory=list, max_length=50)
    tracker_seat: UUID | None = None
    policy: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = "standard"
    recipients: list[RecipientIn] = Field(default_factory=list, max_length=1000)
    assignees: list[AssigneeIn] = Field(default_factory=list, max_length=50_000)
    selectors: list[SelectorIn] = Field(default_factory=list, max_length=50)
    rounds: list[RoundIn] = Field(default_factory=list, max_length=50)
    recurring: list[RecurringIn] = Field(default_factory=list, max_length=20)
    files: list[FileIn] = Field(default_factory=list, max_length=50)


class PastDueIn(Body):
    """What becomes of rounds whose due time has passed at issue: waived, or due on a grace day instead."""

    action: Literal["waive", "grace"]
    grace_on: Day | None = None

    @model_validator(mode="after")
    def _grace_has_its_day(self) -> Self:
        if (self.action == "grace") is (self.grace_on is None):
            raise ValueError("grace_on belongs to grace, and only there")
        return self


class IssueIn(Body):
    """Confirmations an issuer gives at issue; each needs `reason`.

    Rounds past at issue never escalate by themselves: `past_due` waives them or gives a day, `allow_past_due` keeps
    them.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{}, {"allow_past_due": True, "reason": "Văn bản cấp trên đến chậm"}]},
    )

    allow_past_due: bool = False
    past_due: PastDueIn | None = None
    allow_after_parent: bool = False
    without_identity: bool = False
    allow_task_gaps: bool = Field(
        default=False, description="the plan leaves tasks of a parent uncovered that accepts it without looking"
    )
    replaces: UUID | None = Field(default=None, description="the document in force this one takes the place of")
    reason: Text | None = None


class ReasonIn(Body):
    """A reason that is kept and shown."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "Chờ văn bản thay thế"}]})

    reason: Text


class RoundOut(BaseModel):
    """A round as issued, with the derivation of its due time."""

    id: UUID
    kind: RoundKind
    title: str
    period: str | None
    due_at: datetime | None
    due_on: date | None
    due_reasons: list[str]
    cut_off_at: datetime | None
    needs_acceptance: bool
    signed_file_required: bool
    reports_into: UUID | None
    also_into: list[UUID] = Field(
        default_factory=list, description="rounds of further parents that the same consolidation answers"
    )
    settled_at: datetime | None
    closed_at: datetime | None
    consolidated_at: datetime | None
    form_id: UUID | None = Field(default=None, description="read it at `/v1/rounds/{id}/form`")


class RoundAskedOut(RoundOut):
    """A round just opened, with how many units owe it."""

    obligations: int


class SymbolOut(BaseModel):
    """A symbol read from print: `kind` and `issuer` as its notation tells them, the year of symbol or printed date."""

    number: str
    notation: str
    kind: str
    issuer: str
    year: int | None
    dated_on: date | None
    confidence: Confidence


class WarningOut(BaseModel):
    """What cannot be so as printed; nothing is refused for it."""

    code: Impossible
    text: str


class BaseOut(BaseModel):
    """A cited document as read, and those here it may mean (same kind, number, year and issuer), newest first."""

    printed: str
    symbol: SymbolOut | None
    documents: list[UUID]
    warnings: list[WarningOut]


class DocumentOut(BaseModel):
    """A document as it stands; `content` is what was drafted or, once issued, frozen."""

    id: UUID
    kind: DocumentKind
    state: DocumentState
    suspended: bool
    issuer_unit_id: UUID
    root_id: UUID
    parents: list[UUID]
    title: str
    reference: str | None
    number: str | None
    notation: str | None
    issued_on: date | None
    issued_at: datetime | None
    recalled_at: datetime | None
    recall_reason: str | None
    replaced_by: UUID | None = None
    version: int
    row_version: int
    assignees: int
    rounds: list[RoundOut]
    content: dict[str, Any]
    proposal: SymbolOut | None = Field(description="the draft's printed symbol as read, to confirm by an edit")
    bases: list[BaseOut]
    children: list[UUID] = Field(default_factory=list, description="issued documents that implement this one")


class DocumentCard(BaseModel):
    """A document in a list."""

    id: UUID
    kind: DocumentKind
    state: DocumentState
    issuer_unit_id: UUID
    root_id: UUID
    title: str
    reference: str | None
    issued_at: datetime | None


class DocumentPage(BaseModel):
    """A page of documents, newest first; `next` is the cursor of the next page."""

    items: list[DocumentCard]
    next: str | None = None


class FileOut(BaseModel):
    """A stored file."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents a list is to hold: None asks nothing; `reference` as cited; `roots` only the tops of cascades.

    `told`: those that tell the caller's unit, whoever issued them.
    """

    state: DocumentState | None = None
    root_id: UUID | None = None
    reference: str | None = None
    roots: bool = False
    told: bool = False
