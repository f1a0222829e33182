"""Tables of reorganisations and of every row one changed, so that it can be undone while nothing was built on it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from plan_api.tables import instant, json, key, reference, word


class Reorganisation(SQLModel, table=True):
    """One order carried out: `body` is the order as given, `report` what it changed."""

    __tablename__ = "reorganisation"

    id: UUID = key()
    effective_on: date
    legal_reference: str
    state: str = word()
    body: dict[str, Any] = json()
    report: dict[str, Any] = json()
    account_id: UUID | None = None
    done_at: datetime = instant()
    undone_at: datetime | None = instant(nullable=True)


class ReorganisationChange(SQLModel, table=True):
    """One row a reorganisation created (`before` is null) or changed: the changed columns before and after."""

    __tablename__ = "reorganisation_change"

    id: UUID = key()
    reorganisation_id: UUID = reference("reorganisation.id", index=True)
    table_name: str = Field()
    row_id: UUID
    before: dict[str, Any] | None = json(nullable=True)
    after: dict[str, Any] = json()
