"""Bodies of the fair measures: shares in thousandths, days in working days, the first one not counted."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from plan_api.progress.schemas import TallyOut


class MeasureLine(BaseModel):
    """Completeness: handed in of what was expected; timeliness: in time of it. Null where nothing was expected."""

    key: str = Field(description="level from 0, document, period (empty: none) or unit")
    name: str
    tally: TallyOut
    completeness: int | None = Field(description="thousandths, rounded down; null: not applicable, never 1000")
    timeliness: int | None = Field(description="thousandths, rounded down; null: not applicable, never 1000")


class Measures(BaseModel):
    """A cascade's measures, whole and cut one way: the tallies of the cut add up to the whole."""

    root_id: UUID
    at: datetime
    by: Literal["level", "document", "period", "unit"]
    whole: MeasureLine
    items: list[MeasureLine]
    next: str | None = None


class ErodedLevel(BaseModel):
    """What one level used before it passed the task on; `document_id` is what it passed it on with."""

    document_id: UUID
    unit_id: UUID
    unit_name: str
    days: int
    share: int = Field(description="thousandths of the total")


class RoundErosion(BaseModel):
    """One deadline: days of the levels and days left add up to the total, their shares to 1000 (0 without a day)."""

    round_id: UUID
    title: str
    due_on: date
    total: int = Field(description="working days between the first issue of the chain and the due day")
    levels: list[ErodedLevel]
    left: int = Field(description="working days left for those who must answer")
    left_share: int
    over: int = Field(description="working days the last level passed it on after the due day")


class DocumentErosion(BaseModel):
    """The erosion of every dated round of a document."""

    document_id: UUID
    rounds: list[RoundErosion]


class LateLine(BaseModel):
    """Something late or missing: how late, and how late beyond the delay that came from above."""

    obligation_id: UUID
    unit_id: UUID
    unit_name: str
    round_id: UUID
    due_at: datetime
    handed_in_at: datetime | None
    days_late: int
    net_days_late: int


class Lateness(BaseModel):
    """What is late under a document, a page by id; `from_above` is the greatest delay of the plans above it."""

    document_id: UUID
    at: datetime
    from_above: int
    items: list[LateLine]
    next: str | None = None
