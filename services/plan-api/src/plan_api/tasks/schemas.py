"""What the API says and accepts about tasks: a document's list, what a plan leaves uncovered, progress in reports."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from plan_api.documents.body import FundingIn
from plan_api.organizations.schemas import Body, UnitRef
from plan_api.rules.tasks import Frame, GapKind

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Long = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Amount = Annotated[Decimal, Field(ge=0, le=Decimal(10) ** 15, decimal_places=6)]

_EXAMPLE: dict[str, Any] = {
    "number": "III.1.3",
    "title": "Tập huấn công tác thông tin đối ngoại cho lãnh đạo đơn vị",
    "lead": {"code_system": "local", "code": "SGDDT"},
    "coordinating": [{"code_system": "local", "code": "STTTT"}],
    "frame": {"form": "quarter", "year": 2026, "quarter": 3},
    "expected_result": "80 đến 120 người mỗi lớp",
    "quantity": "2",
    "measure": "lớp",
}


class TaskState(StrEnum):
    """How far a unit is with a task."""

    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    DONE = "done"
    HINDERED = "hindered"


class TaskIn(Body):
    """One task; without `lead` every assignee leads its own part. `derives_from` names tasks of parent documents."""

    number: Line | None = None
    title: Long
    lead: UnitRef | None = None
    coordinating: list[UnitRef] = Field(default_factory=list, max_length=200)
    frame: Frame
    expected_result: Long | None = None
    quantity: Amount | None = None
    measure: Line | None = None
    funding: list[FundingIn] = Field(default_factory=list, max_length=20)
    derives_from: list[UUID] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _measured(self) -> "TaskIn":
        if (self.quantity is None) != (self.measure is None):
            raise ValueError("quantity and measure come together")
        return self


class TasksIn(Body):
    """The tasks of a draft, in their order; they replace those there were."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"tasks": [_EXAMPLE]}]})

    tasks: list[TaskIn] = Field(max_length=500)


class TaskUnitOut(BaseModel):
    """A unit in a task."""

    id: UUID
    name: str


class TaskReported(BaseModel):
    """What a unit last reported about a task."""

    unit: TaskUnitOut
    state: TaskState
    quantity: Decimal | None
    note: str | None
    reported_at: datetime


class TaskOut(BaseModel):
    """A task with its progress: what units reported, and how many tasks of lower plans derive from it and are done.

    `reached` adds the quantities last reported about the task itself.
    """

    id: UUID
    number: str | None
    title: str
    lead: TaskUnitOut | None
    coordinating: list[TaskUnitOut]
    frame: Frame
    from_on: date | None
    until_on: date | None
    expected_result: str | None
    quantity: Decimal | None
    measure: str | None
    funding: list[FundingIn] = Field(description="what the document says it is paid from")
    derives_from: list[UUID]
    states: dict[TaskState, int]
    reached: Decimal | None
    reports: list[TaskReported] = Field(description="the last word of each unit, at most 100")
    derived: int
    derived_done: int


class TaskList(BaseModel):
    """A document's tasks, in their order."""

    document_id: UUID
    tasks: list[TaskOut]


class FundingLine(FundingIn):
    """A stated amount, and what it is for: the document as a whole, or one of its tasks."""

    task_id: UUID | None
    task_number: str | None
    task_title: str | None


class FundingList(BaseModel):
    """What a document says it is paid from, its own lines first, then its tasks'."""

    document_id: UUID
    reference: str | None
    title: str
    items: list[FundingLine]


class GapOut(BaseModel):
    """A task of a parent that a plan does not cover; `required`: its issuer leads it."""

    document_id: UUID
    document_title: str
    task_id: UUID
    number: str | None
    title: str
    kind: GapKind
    required: bool
    short_by: Decimal | None
    measure: str | None


class Coverage(BaseModel):
    """Whether a plan covers the tasks its parents give its issuer; `complete`: nothing required is left open."""

    document_id: UUID
    tasks_above: int
    complete: bool
    gaps: list[GapOut]


class ProgressIn(Body):
    """How far a unit is with one task."""

    task: UUID
    state: TaskState
    quantity: Amount | None = None
    note: Long | None = None


class TaskProgressIn(Body):
    """How far a unit is with tasks, as part of a report it owes; said again, the last word counts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"items": [{"task": "01970000-0000-7000-8000-000000000001", "state": "under_way", "quantity": "1"}]}
            ]
        },
    )

    items: list[ProgressIn] = Field(min_length=1, max_length=500)


class TaskProgressOut(BaseModel):
    """What a report says about tasks."""

    obligation_id: UUID
    items: list[ProgressIn]
