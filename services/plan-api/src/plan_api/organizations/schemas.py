"""What the API says and accepts about units, seats, holders and imports.

Bodies name a unit by its id or by one of its codes (`UnitRef`); unknown fields are refused.
"""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from cascade_contracts.vocabulary import Channel, LineKind, SeatRole
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from plan_api.organizations.contacts import email_address, phone_number
from plan_api.organizations.kinds import UnitKind, canonical_code

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
CodeSystem = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Email = Annotated[str, AfterValidator(email_address)]
Phone = Annotated[str, AfterValidator(phone_number)]


class Body(BaseModel):
    """Base of request bodies: a misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


class UnitRef(Body):
    """A unit, named by `id` or by `code_system` and `code` (lost leading zeros are restored)."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"code_system": "gso_commune", "code": "11325"}]},
    )

    id: UUID | None = None
    code_system: CodeSystem | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "UnitRef":
        if (self.id is None) == (self.code is None) or (self.code is None) != (self.code_system is None):
            raise ValueError("name the unit by `id`, or by `code_system` and `code`")
        return self

    @property
    def pair(self) -> tuple[str, str] | None:
        """The canonical (code system, code), or None for a reference by id."""
        if self.code_system is None or self.code is None:
            return None
        return self.code_system, canonical_code(self.code_system, self.code)

    def __str__(self) -> str:
        """Return the reference as people write it."""
        return str(self.id) if self.id else f"{self.code_system}:{self.code}"


class UnitCode(Body):
    """A coded identity of a unit."""

    code_system: CodeSystem
    code: Text

    @model_validator(mode="after")
    def _canonical(self) -> "UnitCode":
        self.code = canonical_code(self.code_system, self.code)
        return self


class UnitBrief(BaseModel):
    """A unit in a list."""

    id: UUID
    name: str
    short_name: str | None
    kind: str
    codes: list[UnitCode]
    valid_to: date | None = None


class LineView(BaseModel):
    """A current supervision line seen from its subordinate."""

    kind: LineKind
    superior: UnitBrief
    since: date | None


class HolderView(BaseModel):
    """Who holds a seat; names and contacts are shown only to those who may see them."""

    id: UUID
    acting: bool
    language: str
    channels: list[Channel]
    digest: bool | None = Field(description="whether what can wait comes once a day; null: as the policy says")
    digest_at: time | None = Field(description="local hour of the digest; null: as the policy says")
    quiet_from: time | None
    quiet_until: time | None
    valid_from: date | None
    valid_to: date | None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    zalo_linked_at: datetime | None = None


class ZaloCodeView(BaseModel):
    """A one-time code, as the person sends it to the Official Account at `account_url`."""

    code: str = Field(examples=["4821 0937"])
    expires_at: datetime
    account_url: str


class ZaloLinkView(BaseModel):
    """Whether the Zalo of a seat's holder is linked."""

    seat_id: UUID
    linked_at: datetime | None


class AbsenceView(BaseModel):
    """A span in which a holder is away; `until_on` is the first day back, null while it is not known."""

    id: UUID
    seat_id: UUID
    holder_id: UUID
    from_on: date
    until_on: date | None
    substitute_seat_id: UUID | None
    reason: str | None
    created_at: datetime


class AbsenceList(BaseModel):
    """Absences, earliest first."""

    items: list[AbsenceView]


class SeatView(BaseModel):
    """A seat with its present holders (an acting one stands beside the holder).

    `absences` are those under way and to come; `answering_holder_id` is who messages go to today, through absences.
    """

    id: UUID
    role: SeatRole
    position: int
    title: str
    holders: list[HolderView]
    absences: list[AbsenceView]
    answering_holder_id: UUID | None


class UnitView(UnitBrief):
    """A unit with its lines and seats; `row_version` is its ETag."""

    valid_from: date | None
    lines: list[LineView]
    seats: list[SeatView]
    contacts_shown: bool
    row_version: int
    created_at: datetime
    updated_at: datetime


class UnitPage(BaseModel):
    """A page of units in Vietnamese order; `next_cursor` is absent on the last page."""

    items: list[UnitBrief]
    next_cursor: str | None


class Hours(Body):
    """When a person wants to be written to; null: as the policy says. No choice switches notices of duty off."""

    digest: bool | None = None
    digest_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None


class Preferred(Hours):
    """What a person prefers: hours, and the language of messages."""

    language: Literal["vi", "en"] = "vi"


class HolderGiven(Hours):
    """A person to put into a seat."""

    name: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    channels: list[Channel] = Field(default_factory=lambda: [Channel.EMAIL], max_length=5)
    language: Literal["vi", "en"] = "vi"


class SeatGiven(Body):
    """A seat to create."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"role": "focal_point", "holder": {"name": "Đầu mối báo cáo", "email": "dau-moi@truong.example"}}
            ]
        },
    )

    role: SeatRole
    position: int = Field(default=1, ge=1, le=99)
    title: Text | None = None
    holder: HolderGiven | None = None


class UnitGiven(Body):
    """A unit to create, with its codes, superiors and seats."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Trường THCS Lạch Tray",
                    "kind": "school",
                    "codes": [{"code_system": "school", "code": "31303501"}],
                    "professional_superior": {"code_system": "gso_commune_office", "code": "11325"},
                    "administrative_superior": {"code_system": "gso_commune", "code": "11325"},
                    "seats": [
                        {"role": "focal_point", "holder": {"name": "Nguyễn Thị Mai", "email": "mai@truong.edu.vn"}}
                    ],
                }
            ]
        },
    )

    name: Text
    kind: UnitKind
    short_name: Text | None = None
    codes: list[UnitCode] = Field(min_length=1, max_length=10)
    professional_superior: UnitRef | None = None
    administrative_superior: UnitRef | None = None
    seats: list[SeatGiven] = Field(default_factory=list, max_length=50)
    valid_from: date | None = None


class UnitEdit(Body):
    """Changes to a unit; absent fields stay, `codes` replaces the current codes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Trường Tiểu học Lưu Kiếm A"}]})

    name: Text | None = None
    kind: UnitKind | None = None
    short_name: Text | None = None
    codes: list[UnitCode] | None = Field(default=None, min_length=1, max_length=10)
    valid_to: date | None = None


class LineGiven(Body):
    """The superior a unit answers to on one line from a date; `superior: null` ends the line."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"superior": {"code_system": "local", "code": "SGDDT"}}]}
    )

    superior: UnitRef | None
    effective_on: date | None = None


class SeatEdit(Body):
    """Changes to a seat."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Đầu mối báo cáo"}]})

    title: Text


class Handover(HolderGiven):
    """The person who takes a seat over from a date; the present holder's time ends on it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Người tiếp nhận", "email": "tiep-nhan@truong.example", "effective_on": "2026-12-01"}]
        },
    )

    effective_on: date | None = None
    acting: bool = False
    until_on: date | None = None


class Vacancy(Body):
    """The date from which a seat has no holder, today by default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"effective_on": "2026-12-01"}]})

    effective_on: date | None = None


class AbsenceGiven(Body):
    """The present holder is away from a day (today by default) until the first day back.

    Messages and their links go to who answers for `substitute_seat_id` meanwhile. `all_seats` records it for every seat
    the same person holds: same name and same address.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "from_on": "2026-11-16",
                    "until_on": "2026-11-30",
                    "substitute_seat_id": "01970000-0000-7000-8000-000000000001",
                    "reason": "Đi học bồi dưỡng",
                }
            ]
        },
    )

    from_on: date | None = None
    until_on: date | None = None
    substitute_seat_id: UUID | None = None
    reason: Text | None = None
    all_seats: bool = False


class AbsenceEnd(Body):
    """The first day back, today by default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"until_on": "2026-11-23"}]})

    until_on: date | None = None


class HolderEdit(Hours):
    """Corrections to the person in a seat; absent fields stay, null empties."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"email": "dau-moi.moi@truong.example"}]})

    name: Text | None = None
    email: Email | None = None
    phone: Phone | None = None
    channels: list[Channel] | None = Field(default=None, max_length=5)
    language: Literal["vi", "en"] | None = None


class Sentence(BaseModel):
    """A refusal in both languages, each saying what to do."""

    vi: str
    en: str


class RowRefusal(BaseModel):
    """One refused row of a file: nothing of it was taken over."""

    row: int
    column: str | None
    code: str
    value: str | None
    message: Sentence


class ImportReport(BaseModel):
    """What an import did or, as a preview, would do."""

    id: UUID
    mode: Literal["preview", "apply"]
    state: Literal["running", "done", "failed", "undone"]
    file_name: str
    file_sha256: str
    encoding: str | None
    delimiter: str | None
    ignored_columns: list[str]
    counts: dict[str, int]
    refusals: list[RowRefusal]
    refusals_left_out: int
    started_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None

    @classmethod
    def of(cls, row: Any) -> "ImportReport":
        """Return the report of a stored run."""
        options = row.options
        return cls(
            id=row.id,
            mode=options["mode"],
            state=row.state,
            file_name=row.file_name,
            file_sha256=row.file_sha256,
            encoding=options.get("encoding"),
            delimiter=options.get("delimiter"),
            ignored_columns=options.get("ignored_columns", []),
            counts={name: value for name, value in row.counts.items() if isinstance(value, int)},
            refusals=[RowRefusal.model_validate(item) for item in row.counts.get("refusals", [])],
            refusals_left_out=row.counts.get("refusals_left_out", 0),
            started_at=row.started_at,
            finished_at=row.finished_at,
            undone_at=row.undone_at,
        )


class ImportList(BaseModel):
    """The latest imports."""

    items: list[ImportReport]
