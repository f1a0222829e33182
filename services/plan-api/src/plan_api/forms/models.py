"""The table of report forms; a form never changes, the same form of several rounds is one row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from plan_api.tables import instant, json, key


class ReportForm(SQLModel, table=True):
    """A form as frozen, with the SHA-256 of its canonical bytes."""

    __tablename__ = "form"

    id: UUID = key()
    sha256: str = Field(unique=True)
    definition: dict[str, Any] = json()
    created_at: datetime = instant()
