"""What the API says and accepts about calendar overrides."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class OverrideGiven(BaseModel):
    """Whether offices work on a day, against the published calendar, and the text that says so."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"working": True, "legal_reference": "Thông báo 1234/TB-BNV", "note": "làm bù ngày 31/8"}]
        },
    )

    working: bool
    legal_reference: Reference
    note: Reference | None = None


class OverrideView(OverrideGiven):
    """An override of one day."""

    on_date: date
    created_at: datetime


class OverrideList(BaseModel):
    """Overrides by day."""

    items: list[OverrideView]
