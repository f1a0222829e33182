"""Tables of obligations, submissions, extensions and consolidations.

One obligation a round and unit. State is stored, timeliness is derived from `due_at`, `handed_in_at` and the present.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from plan_api.tables import instant, json, key, reference, word


class Obligation(SQLModel, table=True):
    """What a unit owes of a round: to a deciding unit (and further receiving ones), by its own due time.

    `hand_in_kept_until`: after a return as incomplete, `handed_in_at` still counts until this instant. `frozen_at`: the
    deciding unit reads the submission, no other version is taken until it decides or lets go.
    """

    __tablename__ = "obligation"
    __table_args__ = (
        UniqueConstraint("round_id", "unit_id"),
        Index(
            "ix_obligation_progress",
            "document_id",
            "round_id",
            postgresql_include=["state", "due_at", "handed_in_at", "hand_in_kept_until", "unit_id"],
        ),
        Index("ix_obligation_round_open", "round_id", postgresql_where=text("state in ('open', 'submitted')")),
        Index("ix_obligation_unit", "unit_id", "state"),
        Index("ix_obligation_ladder", "ladder_id", postgresql_where=text("state = 'open'")),
        Index("ix_obligation_review", "review_ladder_id", postgresql_where=text("state = 'submitted'")),
        Index("ix_obligation_deciding", "deciding_unit_id", postgresql_where=text("state = 'submitted'")),
    )

    id: UUID = key()
    document_id: UUID = reference("document.id")
    round_id: UUID = reference("round.id")
    unit_id: UUID = reference("unit.id")
    mode: str = word()
    state: str = word()
    deciding_unit_id: UUID = reference("unit.id")
    superior_unit_id: UUID | None = reference("unit.id", nullable=True)
    due_at: datetime | None = instant(nullable=True)
    due_on: date | None = None
    original_due_at: datetime | None = instant(nullable=True)
    ladder_id: UUID | None = reference("ladder.id", nullable=True)
    review_ladder_id: UUID | None = reference("ladder.id", nullable=True)
    submission_id: UUID | None = None
    submission_version: int = 0
    handed_in_at: datetime | None = instant(nullable=True)
    hand_in_kept_until: datetime | None = instant(nullable=True)
    submitted_at: datetime | None = instant(nullable=True)
    returned_at: datetime | None = instant(nullable=True)
    settled_at: datetime | None = instant(nullable=True)
    frozen_at: datetime | None = instant(nullable=True)
    frozen_by: str | None = None
    row_version: int = 1
    created_at: datetime = instant()


class ObligationReceiver(SQLModel, table=True):
    """A further unit that receives what the deciding unit decides on."""

    __tablename__ = "obligation_receiver"

    obligation_id: UUID = reference("obligation.id", primary_key=True)
    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id", index=True)


class ObligationTransfer(SQLModel, table=True):
    """What took the place of a transferred obligation; `opened` when it was opened for that, not owed already.

    Of a chain of reorganisations every former obligation has a row to every later one.
    """

    __tablename__ = "obligation_transfer"
    __table_args__ = (UniqueConstraint("from_id", "to_id"),)

    id: UUID = key()
    from_id: UUID = reference("obligation.id")
    to_id: UUID = reference("obligation.id", index=True)
    opened: bool


class Submission(SQLModel, table=True):
    """A version of what a unit handed in: `filled` by the round's form; `document_id` is the plan that answers."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("obligation_id", "version"),
        Index(
            "ix_submission_consolidation",
            "consolidation_id",
            postgresql_where=text("consolidation_id is not null"),
        ),
        Index("uq_submission_mail", "mail_id", unique=True, postgresql_where=text("mail_id is not null")),
    )

    id: UUID = key()
    obligation_id: UUID = reference("obligation.id")
    version: int
    kind: str = word()
    state: str = word()
    text: str | None = None
    figures: dict[str, Any] | None = json(nullable=True)
    filled: dict[str, Any] | None = json(nullable=True)
    document_id: UUID | None = reference("document.id", nullable=True)
    notation: str | None = None
    number: str | None = None
    dated_on: date | None = None
    signer: str | None = None
    consolidation_id: UUID | None = None
    received_at: datetime = instant()
    account_id: UUID | None = None
    seat_id: UUID | None = None
    decided_at: datetime | None = instant(nullable=True)
    return_kind: str | None = word(nullable=True)
    return_reason: str | None = None
    return_marks: list[Any] | None = json(nullable=True)
    entered_for: dict[str, Any] | None = json(nullable=True)
    confirmed_at: datetime | None = instant(nullable=True)
    confirmed_by: str | None = None
    correction_reason: str | None = None
    mail_id: str | None = None


class ObligationCall(SQLModel, table=True):
    """A telephone call about something owed, and what came of it."""

    __tablename__ = "obligation_call"

    id: UUID = key()
    obligation_id: UUID = reference("obligation.id", index=True)
    called_at: datetime = instant()
    spoke_with: str | None = None
    result: str = word()
    note: str | None = None
    promised_on: date | None = None
    caller: str
    account_id: UUID | None = None


class SubmissionFile(SQLModel, table=True):
    """A file handed in with a submission."""

    __tablename__ = "submission_file"

    submission_id: UUID = reference("submission.id", primary_key=True)
    sha256: str = Field(primary_key=True, foreign_key="file.sha256")
    name: str
    signed: bool = False


class Extension(SQLModel, table=True):
    """A unit's request for a later due time; one open at a time, decided by the deciding unit only."""

    __tablename__ = "extension"
    __table_args__ = (
        Index("uq_extension_open", "obligation_id", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: UUID = key()
    obligation_id: UUID = reference("obligation.id", index=True)
    state: str = word()
    reason: str
    requested_at: datetime = instant()
    requested_due_at: datetime = instant()
    previous_due_at: datetime | None = instant(nullable=True)
    decided_at: datetime | None = instant(nullable=True)
    decided_due_at: datetime | None = instant(nullable=True)
    decision_reason: str | None = None
    account_id: UUID | None = None
    decided_by: UUID | None = None


class Consolidation(SQLModel, table=True):
    """A superior's report built from its subordinates' accepted ones; `content` keeps every figure's provenance."""

    __tablename__ = "consolidation"
    __table_args__ = (UniqueConstraint("round_id", "version"),)

    id: UUID = key()
    round_id: UUID = reference("round.id", index=True)
    unit_id: UUID = reference("unit.id", index=True)
    version: int
    content: dict[str, Any] = json()
    gaps: list[Any] = json()
    created_at: datetime = instant()
    submitted_at: datetime | None = instant(nullable=True)
    submission_id: UUID | None = None
    upward_obligation_id: UUID | None = reference("obligation.id", nullable=True)


class ConsolidationSource(SQLModel, table=True):
    """A submission a consolidation was built from."""

    __tablename__ = "consolidation_source"

    consolidation_id: UUID = reference("consolidation.id", primary_key=True)
    submission_id: UUID = Field(primary_key=True, foreign_key="submission.id", index=True)
    unit_id: UUID


class Difference(SQLModel, table=True):
    """A round's consolidation is out of date: somewhere below `submission_id` came, in the place of `former_id`.

    Open until somebody accepts the difference at this level.
    """

    __tablename__ = "difference"
    __table_args__ = (
        UniqueConstraint("round_id", "submission_id"),
        Index("ix_difference_open", "round_id", postgresql_where=text("cleared_at is null")),
    )

    id: UUID = key()
    round_id: UUID = reference("round.id")
    submission_id: UUID = reference("submission.id")
    former_id: UUID | None = reference("submission.id", nullable=True)
    marked_at: datetime = instant()
    cleared_at: datetime | None = instant(nullable=True)
    cleared_by: UUID | None = None
