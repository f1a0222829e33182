"""Tables of the outbox towards Temporal and of answers kept for repeated requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, text
from sqlmodel import Field, SQLModel

from plan_api.tables import binary, instant, key, reference, word


class OutboxMessage(SQLModel, table=True):
    """Something the relay must do: signal a supervision, or start a delivery. Read by `sent_at is null` only."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "next_try_at", postgresql_where=text("sent_at is null")),)

    id: UUID = key()
    topic: str = word()
    subject_id: UUID
    created_at: datetime = instant()
    next_try_at: datetime = instant()
    attempts: int = 0
    last_error: str | None = None
    sent_at: datetime | None = instant(nullable=True)


class KeptAnswer(SQLModel, table=True):
    """The answer to a request that carried an Idempotency-Key, kept seven days."""

    __tablename__ = "kept_answer"

    client: UUID = Field(primary_key=True)
    route: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    body_sha256: bytes = binary()
    status: int
    headers: str
    body: bytes = binary()
    created_at: datetime = instant()


class RelayState(SQLModel, table=True):
    """What the relay remembers: the identity of the Temporal namespace it last swept for."""

    __tablename__ = "relay_state"

    id: int = Field(primary_key=True)
    namespace_id: str
    swept_at: datetime = instant()


class CanaryRun(SQLModel, table=True):
    """A canary let go: the document that had to come back by an instant, and whether it did (None: it is out)."""

    __tablename__ = "canary_run"

    id: UUID = key()
    document_id: UUID | None = reference("document.id", nullable=True)
    started_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    expected_by: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    proved: bool | None = None
    detail: str | None = None
