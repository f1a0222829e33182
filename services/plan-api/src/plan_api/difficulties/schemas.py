"""Bodies of the difficulties API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plan_api.organizations.schemas import UnitRef

LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class DifficultyKind(StrEnum):
    """A difficulty in carrying a document out, or a proposal about it."""

    DIFFICULTY = "difficulty"
    PROPOSAL = "proposal"


class DifficultyState(StrEnum):
    """Whether it is answered."""

    OPEN = "open"
    ANSWERED = "answered"


Side = Literal["raised", "received"]


class DifficultyIn(BaseModel):
    """What a unit raises about a document it is bound by; `unit` is the caller's when not given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"kind": "difficulty", "text": "Biểu số 2 chưa có mã của các điểm trường mới thành lập."}]
        },
    )

    kind: DifficultyKind = DifficultyKind.DIFFICULTY
    text: LongText
    unit: UnitRef | None = None
    obligation: UUID | None = None


class DifficultyAnswerIn(BaseModel):
    """One answer to all who asked the same."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "difficulties": ["01a1fd8a-946d-75fc-b30a-ff89488ac375"],
                    "text": "Đơn vị dùng mã của trường chính; mã điểm trường sẽ được cấp trước ngày 01/12.",
                }
            ]
        },
    )

    difficulties: list[UUID] = Field(min_length=1, max_length=500)
    text: LongText


class DifficultyAnswerOut(BaseModel):
    """An answer; `together` counts those it was given to."""

    id: UUID
    text: str
    unit_id: UUID | None
    answered_at: datetime
    together: int


class DifficultyOut(BaseModel):
    """A difficulty as it stands."""

    id: UUID
    document_id: UUID
    document_title: str
    unit_id: UUID
    unit_name: str
    obligation_id: UUID | None
    kind: DifficultyKind
    state: DifficultyState
    text: str
    raised_at: datetime
    answer: DifficultyAnswerOut | None


class DifficultyPage(BaseModel):
    """A page, newest first; `next` is the cursor of the next page."""

    items: list[DifficultyOut]
    next: str | None = None


class DifficultyAnswered(BaseModel):
    """An answer with all it was given to, oldest first."""

    answer: DifficultyAnswerOut
    difficulties: list[DifficultyOut]
