"""Tables of tasks, who coordinates, what they derive from, and what units reported about them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan_api.tables import instant, json, key, reference, word


class Task(SQLModel, table=True):
    """One task of a document; `lead_unit_id` None: every assignee leads its own part. Frozen with the document."""

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("document_id", "position"),)

    id: UUID = key()
    document_id: UUID = reference("document.id")
    position: int
    number: str | None = None
    title: str
    lead_unit_id: UUID | None = reference("unit.id", nullable=True, index=True)
    frame: dict[str, Any] = json()
    from_on: date | None = None
    until_on: date | None = None
    expected_result: str | None = None
    quantity: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    measure: str | None = None
    funding: list[Any] | None = json(nullable=True)
    created_at: datetime = instant()


class TaskUnit(SQLModel, table=True):
    """A unit that coordinates in a task."""

    __tablename__ = "task_unit"

    task_id: UUID = reference("task.id", primary_key=True)
    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id", index=True)


class TaskParent(SQLModel, table=True):
    """A task derives from a task of a parent document."""

    __tablename__ = "task_parent"

    task_id: UUID = reference("task.id", primary_key=True)
    parent_task_id: UUID = Field(primary_key=True, foreign_key="task.id", index=True)


class TaskReport(SQLModel, table=True):
    """How a unit stands with a task as of one report it owes; the report's last word counts."""

    __tablename__ = "task_report"
    __table_args__ = (UniqueConstraint("task_id", "obligation_id"),)

    id: UUID = key()
    task_id: UUID = reference("task.id")
    unit_id: UUID = reference("unit.id", index=True)
    obligation_id: UUID = reference("obligation.id", index=True)
    state: str = word()
    quantity: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    note: str | None = None
    account_id: UUID | None = None
    seat_id: UUID | None = None
    reported_at: datetime = instant()
