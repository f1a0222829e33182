"""Tables of the append-only audit: canonical bytes now, sealed into a chain in batches by one sealer."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Uuid, text
from sqlmodel import Field, SQLModel

from plan_api.tables import binary, instant, word


class AuditEvent(SQLModel, table=True):
    """Who did what to what, when; `body` is the canonical JSON that the chain seals."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_unsealed", "id", postgresql_where=text("sequence is null")),
        Index("ix_audit_event_object", "object_id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    month: date = Field(primary_key=True)
    at: datetime = instant()
    actor: str
    verb: str = word()
    object_kind: str = word()
    object_id: UUID
    body: bytes = binary()
    sequence: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    digest: bytes | None = binary(nullable=True)


class AuditSeal(SQLModel, table=True):
    """The head of the chain: one row, locked by the sealer."""

    __tablename__ = "audit_seal"

    id: int = Field(primary_key=True)
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    digest: bytes = binary()
