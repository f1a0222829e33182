"""Tables of difficulties and of the answers given to one or several of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import SQLModel

from plan_api.tables import instant, key, reference, word


class DifficultyAnswer(SQLModel, table=True):
    """What the issuer's side answered; `unit_id` is the unit that answered, None for an installation-wide account."""

    __tablename__ = "difficulty_answer"

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    text: str
    unit_id: UUID | None = reference("unit.id", nullable=True)
    account_id: UUID | None = None
    seat_id: UUID | None = None
    answered_at: datetime = instant()


class Difficulty(SQLModel, table=True):
    """What a unit raised about a document it is bound by; open until `answer_id` is set, which several may share."""

    __tablename__ = "difficulty"
    __table_args__ = (Index("ix_difficulty_document", "document_id", "raised_at"),)

    id: UUID = key()
    document_id: UUID = reference("document.id")
    unit_id: UUID = reference("unit.id", index=True)
    obligation_id: UUID | None = reference("obligation.id", nullable=True)
    kind: str = word()
    text: str
    account_id: UUID | None = None
    seat_id: UUID | None = None
    raised_at: datetime = instant()
    answer_id: UUID | None = reference("difficulty_answer.id", nullable=True, index=True)
