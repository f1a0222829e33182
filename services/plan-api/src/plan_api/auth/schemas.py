"""What the API says and accepts about accounts and the caller."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from cascade_contracts.vocabulary import Role
from pydantic import BaseModel, ConfigDict, StringConstraints

from plan_api.organizations.service import UnitRef


class AccountGiven(BaseModel):
    """An account to create."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "Văn thư Sở GDĐT", "role": "clerk", "unit": {"code_system": "local", "code": "SGDDT"}}
            ]
        },
    )

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    role: Role
    unit: UnitRef | None = None


class AccountUnit(BaseModel):
    """The unit an account belongs to."""

    id: UUID
    name: str


class AccountView(BaseModel):
    """An account; `key_hint` is the beginning of its key."""

    id: UUID
    name: str
    role: Role
    unit: AccountUnit | None
    key_hint: str
    created_at: datetime
    revoked_at: datetime | None


class AccountCreated(AccountView):
    """A new account with its key, shown this once."""

    key: str


class AccountPage(BaseModel):
    """A page of accounts, newest first."""

    items: list[AccountView]
    next_cursor: str | None


class Me(BaseModel):
    """Who the caller is and what the role may do, by verb and relation (own, subtree, other)."""

    id: UUID
    name: str
    role: Role
    unit: AccountUnit | None
    permissions: dict[str, list[str]]
