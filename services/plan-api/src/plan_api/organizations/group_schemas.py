"""What the API says and accepts about groups of units."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plan_api.organizations.schemas import Body, Text, UnitRef

GroupCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class GroupGiven(Body):
    """A group of units to create; without an owner it belongs to the whole installation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code": "truong-chuan-quoc-gia",
                    "name": "Các trường đạt chuẩn quốc gia",
                    "members": [{"code_system": "school", "code": "31303501"}],
                }
            ]
        },
    )

    code: GroupCode
    name: Text
    owner: UnitRef | None = None
    members: list[UnitRef] = Field(default_factory=list, max_length=5000)
    valid_from: date | None = None


class GroupEdit(Body):
    """Another name for a group."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Các trường ven biển"}]})

    name: Text


class GroupChange(Body):
    """Units to take into and out of a group from a day, today by default."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"add": [{"code_system": "school", "code": "31303501"}]}]}
    )

    add: list[UnitRef] = Field(default_factory=list, max_length=5000)
    remove: list[UnitRef] = Field(default_factory=list, max_length=5000)
    effective_on: date | None = None


class GroupBrief(BaseModel):
    """A group in a list."""

    id: UUID
    code: str
    name: str
    owner_unit_id: UUID | None
    created_at: datetime


class GroupMember(BaseModel):
    """A unit a group means on a day; `stands_for` names the ended member it took over from."""

    unit_id: UUID
    name: str
    kind: str
    stands_for: str | None


class GroupView(GroupBrief):
    """A group with the units it means on a day, in Vietnamese order; `row_version` is its ETag."""

    on: date
    members: list[GroupMember]
    row_version: int


class GroupPage(BaseModel):
    """A page of groups in Vietnamese order; `next_cursor` is absent on the last page."""

    items: list[GroupBrief]
    next_cursor: str | None
