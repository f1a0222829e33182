"""Bodies about amending an issued document."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from plan_api.documents.body import Body, Text
from plan_api.documents.schemas import DocumentIn
from plan_api.rules.due import DueRule


class AmendIn(Body):
    """The whole content of the new version, and why. Kind, issuer, number, date, parents and policy stay.

    Rounds are told apart by their kind and title, or period. With `acknowledge` those affected acknowledge the
    amendment, by `acknowledge_by` if given; else they are told of a new due time only. The confirmations are those of
    issue.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reason": "Điều chỉnh theo ý kiến của các đơn vị",
                    "acknowledge_by": {"form": "on", "date": "2026-11-20"},
                    "content": {
                        "kind": "plan",
                        "issuer": {"code_system": "local", "code": "SGDDT"},
                        "title": "Kế hoạch công tác thông tin đối ngoại năm 2026 (sửa đổi)",
                    },
                }
            ]
        },
    )

    content: DocumentIn
    reason: Text
    acknowledge: bool = True
    acknowledge_by: DueRule | None = None
    allow_past_due: bool = False
    allow_after_parent: bool = False


class FieldAmended(BaseModel):
    """A part of the content that differs."""

    field: str
    was: Any
    now: Any


class RoundAmended(BaseModel):
    """A round that was added, dropped (open obligations are withdrawn) or changed; `units` are those it concerns."""

    round_id: UUID
    title: str
    what: Literal["added", "dropped", "changed"]
    fields: list[str] = Field(default_factory=list)
    was_on: date | None = None
    due_on: date | None = None
    units: int


class Amended(BaseModel):
    """What an amendment changed, and whom it concerns; `acknowledging` is the round in which they acknowledge it."""

    document_id: UUID
    version: int
    row_version: int
    fields: list[FieldAmended]
    rounds: list[RoundAmended]
    added: list[UUID]
    dropped: list[UUID]
    affected: list[UUID]
    acknowledging: UUID | None
