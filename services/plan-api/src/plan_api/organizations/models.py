"""Tables of units, their coded identities, dated supervision lines, seats and holders, and of imports.

Lines, codes and holders are dated and never deleted: history says who answered to whom when.
"""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from plan_api.tables import binary, instant, json, key, reference, word


class Unit(SQLModel, table=True):
    """A body that issues or receives. `name_folded` is for search, `name_sort` for Vietnamese order (C collation)."""

    __tablename__ = "unit"

    id: UUID = key()
    kind: str = word(index=True)
    name: str
    short_name: str | None = None
    name_folded: str = Field(index=True)
    name_sort: str = Field(index=True)
    valid_from: date | None = None
    valid_to: date | None = None
    row_version: int = 1
    created_at: datetime = instant()
    updated_at: datetime = instant()


class UnitCode(SQLModel, table=True):
    """A coded identity of a unit, unique within its system while valid; imports upsert by it."""

    __tablename__ = "unit_code"
    __table_args__ = (
        Index("uq_unit_code_current", "code_system", "code", unique=True, postgresql_where=text("valid_to is null")),
    )

    id: UUID = key()
    unit_id: UUID = reference("unit.id", index=True)
    code_system: str
    code: str
    valid_from: date | None = None
    valid_to: date | None = None


class SupervisionLine(SQLModel, table=True):
    """A dated edge superior → subordinate of one kind; a unit has at most one current superior of each kind."""

    __tablename__ = "supervision_line"
    __table_args__ = (
        Index(
            "uq_supervision_line_current",
            "subordinate_id",
            "kind",
            unique=True,
            postgresql_where=text("valid_to is null"),
        ),
    )

    id: UUID = key()
    superior_id: UUID = reference("unit.id", index=True)
    subordinate_id: UUID = reference("unit.id", index=True)
    kind: str = word()
    valid_from: date | None = None
    valid_to: date | None = None


class Succession(SQLModel, table=True):
    """A dated map from an abolished unit to a successor, with its legal reference."""

    __tablename__ = "succession"
    __table_args__ = (UniqueConstraint("predecessor_id", "successor_id", "effective_on"),)

    id: UUID = key()
    predecessor_id: UUID = reference("unit.id", index=True)
    successor_id: UUID = reference("unit.id", index=True)
    effective_on: date
    legal_reference: str
    topic: str | None = None


class Seat(SQLModel, table=True):
    """A post in a unit; duties belong to seats, not to persons."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("unit_id", "role", "position"),)

    id: UUID = key()
    unit_id: UUID = reference("unit.id", index=True)
    role: str = word()
    position: int = 1
    title: str
    created_at: datetime = instant()


class Holder(SQLModel, table=True):
    """The person in a seat for a dated time. Contact columns are encrypted; `…_index` is a keyed blind index.

    `digest` and the hours are what the person prefers; null: as the policy says.
    """

    __tablename__ = "holder"
    __table_args__ = (
        Index("uq_holder_current", "seat_id", unique=True, postgresql_where=text("valid_to is null and not acting")),
        Index("ix_holder_zalo", "zalo_index", postgresql_where=text("zalo_index is not null")),
    )

    id: UUID = key()
    seat_id: UUID = reference("seat.id", index=True)
    name_encrypted: bytes | None = binary(nullable=True)
    email_encrypted: bytes | None = binary(nullable=True)
    email_index: bytes | None = binary(nullable=True)
    phone_encrypted: bytes | None = binary(nullable=True)
    phone_index: bytes | None = binary(nullable=True)
    zalo_encrypted: bytes | None = binary(nullable=True)
    zalo_index: bytes | None = binary(nullable=True)
    zalo_linked_at: datetime | None = instant(nullable=True)
    channels: list[str] = json()
    language: str = "vi"
    digest: bool | None = None
    digest_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    acting: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    created_at: datetime = instant()


class ZaloCode(SQLModel, table=True):
    """A one-time code that links a person's Zalo to a holder; the code is derived from the id, its keyed hash kept."""

    __tablename__ = "zalo_code"
    __table_args__ = (Index("ix_zalo_code_holder_id", "holder_id"), Index("ix_zalo_code_index", "code_index"))

    id: UUID = key()
    holder_id: UUID = reference("holder.id")
    code_index: bytes = binary()
    created_at: datetime = instant()
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)
    used_by: bytes | None = binary(nullable=True)


class ZaloMiss(SQLModel, table=True):
    """A wrong code, by whom: after several in an hour a person is not listened to."""

    __tablename__ = "zalo_miss"
    __table_args__ = (Index("ix_zalo_miss_user", "user_index", "missed_at"),)

    id: UUID = key()
    user_index: bytes = binary()
    missed_at: datetime = instant()


class Absence(SQLModel, table=True):
    """A span in which a holder is away; whoever answers for the substitute's seat answers for the holder's meanwhile.

    `until_on` is the first day back (None: not known yet); an absence taken back is one without a day.
    """

    __tablename__ = "absence"

    id: UUID = key()
    holder_id: UUID = reference("holder.id", index=True)
    from_on: date
    until_on: date | None = None
    substitute_seat_id: UUID | None = reference("seat.id", nullable=True)
    reason: str | None = None
    created_at: datetime = instant()


class UnitGroup(SQLModel, table=True):
    """A named set of units; `owner_unit_id` None: the whole installation's. Its code is free again once dissolved."""

    __tablename__ = "unit_group"
    __table_args__ = (
        Index("uq_unit_group_living", "code", unique=True, postgresql_where=text("dissolved_at is null")),
    )

    id: UUID = key()
    code: str
    name: str
    name_sort: str
    owner_unit_id: UUID | None = reference("unit.id", nullable=True, index=True)
    row_version: int = 1
    created_at: datetime = instant()
    dissolved_at: datetime | None = instant(nullable=True)


class UnitGroupMember(SQLModel, table=True):
    """A unit's dated membership in a group."""

    __tablename__ = "unit_group_member"
    __table_args__ = (
        Index(
            "uq_unit_group_member_current",
            "group_id",
            "unit_id",
            unique=True,
            postgresql_where=text("valid_to is null"),
        ),
    )

    id: UUID = key()
    group_id: UUID = reference("unit_group.id")
    unit_id: UUID = reference("unit.id", index=True)
    valid_from: date
    valid_to: date | None = None


class ImportRun(SQLModel, table=True):
    """One import of a units file; `undone_at` is set when its changes were taken back."""

    __tablename__ = "import_run"

    id: UUID = key()
    file_name: str
    file_sha256: str
    options: dict[str, Any] = json()
    state: str = word()
    counts: dict[str, Any] = json()
    started_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)
    undone_at: datetime | None = instant(nullable=True)
    account_id: UUID | None = None


class ImportChange(SQLModel, table=True):
    """One row an import changed, before and after, so that the import can be undone while nothing built on it."""

    __tablename__ = "import_change"

    id: UUID = key()
    run_id: UUID = reference("import_run.id", index=True)
    row_number: int
    table_name: str
    row_id: UUID
    before: dict[str, Any] | None = json(nullable=True)
    after: dict[str, Any] | None = json(nullable=True)
