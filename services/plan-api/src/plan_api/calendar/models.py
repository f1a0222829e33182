"""Table of calendar overrides: swap days, make-up Saturdays, storm days, each with its legal reference."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from plan_api.tables import instant


class CalendarOverride(SQLModel, table=True):
    """A day whose working status differs from the published calendar."""

    __tablename__ = "calendar_override"

    on_date: date = Field(primary_key=True)
    working: bool
    legal_reference: str
    note: str | None = None
    estimate: bool | None = None
    account_id: UUID | None = None
    created_at: datetime = instant()
