"""Table of unit suspensions: who is left alone, from when until when, and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from plan_api.tables import instant, key, reference


class UnitSuspension(SQLModel, table=True):
    """A dated interval in which nobody chases a unit; open while `until_at` is null.

    `named_unit_id` is the unit the suspension was ordered for: the unit itself, or one it stands under.
    """

    __tablename__ = "unit_suspension"
    __table_args__ = (
        Index("uq_unit_suspension_open", "unit_id", unique=True, postgresql_where=text("until_at is null")),
        Index("ix_unit_suspension_named", "named_unit_id", "id"),
    )

    id: UUID = key()
    unit_id: UUID = reference("unit.id", index=True)
    named_unit_id: UUID = reference("unit.id")
    from_at: datetime = instant()
    until_at: datetime | None = instant(nullable=True)
    reason: str
    resume_reason: str | None = None
    account_id: UUID | None = None
    resumed_by: UUID | None = None
