"""Tables of documents: versions, parents, recipients, assignments, suspensions, rounds, and files.

An issued version is frozen; a document is unique by issuer, notation, number and year.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from plan_api.tables import instant, json, key, reference, word


class Document(SQLModel, table=True):
    """A directive or plan. `root_id` is the cascade (the first parent's root), `content` the working draft."""

    __tablename__ = "document"
    __table_args__ = (
        Index(
            "uq_document_identity",
            "issuer_unit_id",
            "notation_key",
            "number_key",
            "year",
            unique=True,
            postgresql_where=text("number_key is not null"),
        ),
        Index("ix_document_root", "root_id"),
    )

    id: UUID = key()
    kind: str = word()
    state: str = word(index=True)
    issuer_unit_id: UUID = reference("unit.id", index=True)
    root_id: UUID
    level: int = 0
    title: str
    notation: str | None = None
    number: str | None = None
    notation_key: str | None = None
    number_key: str | None = None
    year: int | None = None
    identity_missing_reason: str | None = None
    issued_on: date | None = None
    issued_at: datetime | None = instant(nullable=True)
    recalled_at: datetime | None = instant(nullable=True)
    recall_reason: str | None = None
    adopted_at: datetime | None = instant(nullable=True)
    replaced_by_id: UUID | None = reference("document.id", nullable=True)
    tracker_seat_id: UUID | None = reference("seat.id", nullable=True)
    policy_id: UUID | None = reference("policy.id", nullable=True)
    version: int = 1
    content: dict[str, Any] = json()
    row_version: int = 1
    account_id: UUID | None = None
    created_at: datetime = instant()
    updated_at: datetime = instant()


class DocumentVersion(SQLModel, table=True):
    """The frozen content of an issued version, with the SHA-256 of its canonical bytes."""

    __tablename__ = "document_version"
    __table_args__ = (UniqueConstraint("document_id", "version"),)

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    version: int
    content: dict[str, Any] = json()
    content_sha256: str
    frozen_at: datetime = instant()


class DocumentParent(SQLModel, table=True):
    """A document implements a parent; several parents make a join."""

    __tablename__ = "document_parent"

    document_id: UUID = reference("document.id", primary_key=True)
    parent_id: UUID = Field(primary_key=True, foreign_key="document.id", index=True)
    position: int = 0


class Recipient(SQLModel, table=True):
    """A unit, seat or named outside body told of a document; owes nothing, confirms having read it (`read_at`)."""

    __tablename__ = "recipient"
    __table_args__ = (Index("ix_recipient_unit", "unit_id", "document_id"),)

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    unit_id: UUID | None = reference("unit.id", nullable=True)
    seat_id: UUID | None = reference("seat.id", nullable=True)
    label: str | None = None
    purpose: str
    read_at: datetime | None = instant(nullable=True)


class Assignment(SQLModel, table=True):
    """A document binds a unit, in a mode, on a line; `superior_unit_id` is who is one step up on it.

    `released_at`: an amendment has let it go.
    """

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("document_id", "unit_id"),)

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    unit_id: UUID = reference("unit.id", index=True)
    mode: str = word()
    line_kind: str | None = word(nullable=True)
    superior_unit_id: UUID | None = reference("unit.id", nullable=True)
    accepted_at: datetime | None = instant(nullable=True)
    read_at: datetime | None = instant(nullable=True)
    released_at: datetime | None = instant(nullable=True)


class Suspension(SQLModel, table=True):
    """A dated interval in which nothing of a document is chased; open while `until_at` is null."""

    __tablename__ = "suspension"
    __table_args__ = (
        Index("uq_suspension_open", "document_id", unique=True, postgresql_where=text("until_at is null")),
    )

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    from_at: datetime = instant()
    until_at: datetime | None = instant(nullable=True)
    reason: str
    account_id: UUID | None = None


class Round(SQLModel, table=True):
    """One thing a document asks of its assignees, with its due time and how it was derived.

    `settled_at`: every obligation is answered and decided. `closed_at`: the cut-off passed, gaps declared.
    `reports_into_round_id`: the round of a parent that this one's consolidation answers; further ones: `RoundFeed`.
    `dropped_at`: an amendment has left it out; one that comes back under its name is another.
    """

    __tablename__ = "round"
    __table_args__ = (UniqueConstraint("document_id", "position"), UniqueConstraint("recurrence_id", "period"))

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    position: int
    kind: str = word()
    title: str
    period: str | None = None
    due_rule: dict[str, Any] = json()
    due_at: datetime | None = instant(nullable=True)
    due_on: date | None = None
    due_reasons: list[str] = json()
    cut_off_at: datetime | None = instant(nullable=True)
    needs_acceptance: bool = False
    signed_file_required: bool = False
    policy_id: UUID = reference("policy.id")
    reports_into_round_id: UUID | None = reference("round.id", nullable=True)
    form_id: UUID | None = reference("form.id", nullable=True)
    past_due_reason: str | None = None
    settled_at: datetime | None = instant(nullable=True)
    closed_at: datetime | None = instant(nullable=True)
    consolidated_at: datetime | None = instant(nullable=True)
    recurrence_id: UUID | None = reference("recurrence.id", nullable=True)
    dropped_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


class RoundFeed(SQLModel, table=True):
    """A round's consolidation answers a round of a further parent as well."""

    __tablename__ = "round_feed"

    round_id: UUID = reference("round.id", primary_key=True)
    into_round_id: UUID = Field(primary_key=True, foreign_key="round.id", index=True)


class Recurrence(SQLModel, table=True):
    """A report that returns: `next_period` is opened at `next_opens_at`; both null once its last period is open."""

    __tablename__ = "recurrence"
    __table_args__ = (Index("ix_recurrence_next", "next_opens_at", postgresql_where=text("next_opens_at is not null")),)

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    position: int
    every: str = word()
    body: dict[str, Any] = json()
    next_period: str | None = None
    next_opens_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


class PeriodExemption(SQLModel, table=True):
    """A period of a recurrence that does not apply: to a unit, or (null) to nobody."""

    __tablename__ = "period_exemption"

    id: UUID = key()
    recurrence_id: UUID = reference("recurrence.id", index=True)
    period: str
    unit_id: UUID | None = reference("unit.id", nullable=True)
    reason: str
    account_id: UUID | None = None
    declared_at: datetime = instant()


class File(SQLModel, table=True):
    """A content-addressed file behind the storage port; the key is the SHA-256 in hexadecimal."""

    __tablename__ = "file"

    sha256: str = Field(primary_key=True)
    size: int = Field(sa_column=Column(BigInteger, nullable=False))
    media_type: str
    created_at: datetime = instant()


class DocumentFile(SQLModel, table=True):
    """A file attached to a document version."""

    __tablename__ = "document_file"
    __table_args__ = (UniqueConstraint("document_id", "version", "sha256"),)

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    version: int
    sha256: str = Field(foreign_key="file.sha256")
    name: str
    signed: bool = False
    created_at: datetime = instant()
