"""What the log of notices shows. No address, no name of a person: units and seats."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from cascade_contracts.vocabulary import Channel, NoticeState
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plan_api.organizations.schemas import Body


class NoticeCard(BaseModel):
    """One message to one seat."""

    id: UUID
    kind: str = Field(description="what it says: announce, remind, due, overdue, escalate, …, or a kind of news")
    audience: str
    state: NoticeState
    detail: str | None = Field(description="why it was not delivered, in a word, or what the channel answered")
    channel: Channel | None
    unit_id: UUID
    unit_name: str
    seat_id: UUID | None
    seat_title: str | None
    document_id: UUID | None
    document_title: str | None
    reference: str | None
    round_title: str | None
    obligations: int = Field(description="how many obligations it speaks about")
    created_at: datetime
    not_before: datetime = Field(description="it does not leave earlier (quiet hours)")
    outcome_at: datetime | None
    resend_of: UUID | None = Field(description="the notice it says again")
    resend_reason: str | None


class NoticeLog(BaseModel):
    """A page of notices, newest first."""

    items: list[NoticeCard]
    next: str | None


class Attempt(BaseModel):
    """What was tried at one address, which is not shown."""

    channel: Channel
    state: str
    attempts: int
    retry_at: datetime | None
    transmitting_at: datetime | None
    finished_at: datetime | None
    message_id: str | None
    answer: str | None = Field(description="what the channel answered, without any address")
    cost: int | None = Field(None, description="in đồng, where the channel says it")


class SpokenOf(BaseModel):
    """An obligation a notice speaks about."""

    obligation_id: UUID
    unit_id: UUID
    unit_name: str


class NoticeWhole(NoticeCard):
    """A notice with everything that was tried."""

    about: list[SpokenOf] = Field(description="at most 100")
    attempts: list[Attempt] | None = Field(description="null when delivery cannot be asked now")
    resent_as: list[UUID]


class NoticeCounts(BaseModel):
    """How many notices there are, by what they are and what became of them."""

    total: int
    states: dict[str, int]
    kinds: dict[str, dict[str, int]] = Field(description="kind → state → number")
    channels: dict[str, dict[str, int]] = Field(description="channel → state → number; `none` before the first try")
    reasons: dict[str, int] = Field(description="why the undelivered were not delivered")
    waiting: int
    oldest_waiting_at: datetime | None
    delivered_last_hour: int


class ResendIn(Body):
    """Send a notice again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Đơn vị báo chưa nhận được thư."}]}
    )

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]
