"""Bodies about whom a document tells: named or selected, previewed, and having read it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from plan_api.documents.body import Body
from plan_api.documents.schemas import AssigneeIn, RecipientIn, SelectorIn
from plan_api.organizations.schemas import UnitRef


class RecipientsIn(Body):
    """Whom a document would tell; `assignees` and `selectors` are those it binds, whom selections leave out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "issuer": {"code_system": "local", "code": "SGDDT"},
                    "recipients": [
                        {"select": {"kinds": ["division"], "direct": True}, "purpose": "để thực hiện"},
                        {"label": "Lưu: VT"},
                    ],
                }
            ]
        },
    )

    issuer: UnitRef
    recipients: list[RecipientIn] = Field(default_factory=list, max_length=1000)
    assignees: list[AssigneeIn] = Field(default_factory=list, max_length=50_000)
    selectors: list[SelectorIn] = Field(default_factory=list, max_length=50)


class RecipientOut(BaseModel):
    """Somebody who would be told; `ways` names the fields that reach it, `bound` says it is named though bound."""

    unit_id: UUID | None
    name: str
    purpose: str
    ways: list[str]
    bound: bool


class RecipientPage(BaseModel):
    """A page of those who would be told, in Vietnamese order; `total` counts all."""

    items: list[RecipientOut]
    total: int
    next: str | None = None


class RecipientState(BaseModel):
    """Somebody told of a document, and when it confirmed having read it; bodies outside by name confirm nothing."""

    unit_id: UUID | None
    name: str
    purpose: str | None = Field(description="null for a unit bound for information")
    read_at: datetime | None


class RecipientStates(BaseModel):
    """A page of those told, in Vietnamese order; of the `units` among all, `read` have confirmed."""

    items: list[RecipientState]
    units: int
    read: int
    next: str | None = None


class ReadOut(BaseModel):
    """A read receipt: the instant is that of the first confirmation."""

    document_id: UUID
    unit_id: UUID
    read_at: datetime
