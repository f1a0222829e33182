"""Messages and names of the delivery of one batch of notices.

Personal data stays out of Temporal's history: notifier pulls notices page by page from plan-api over HTTP, with the
models of the second half of this module.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cascade_contracts.supervision import Message
from cascade_contracts.vocabulary import (
    Audience,
    Channel,
    NewsKind,
    NewsPart,
    NoticeState,
    RoundKind,
    StepKind,
)

DELIVERY_QUEUE: Final = "delivery"
PAGES_QUEUE: Final = "delivery-pages"
"""Pages wait in a queue of their own: however many wait, a batch is taken over at once."""

DELIVERY_WORKFLOW: Final = "DeliveryWorkflow"
LOOK_AGAIN: Final = "look_again"

TAKE_OVER_BATCH: Final = "take_over_batch"
SEND_PAGE: Final = "send_page"

PAGE_SIZE: Final = 200
"""Notices per send activity: well inside its ten seconds."""


def delivery_id(batch_id: UUID) -> str:
    """Return the workflow id of a batch's delivery."""
    return f"delivery/{batch_id}"


class DeliveryOrder(Message):
    """What a delivery is started with; `awake`: somebody said to look again, so what is held is asked about at once."""

    batch_id: UUID
    awake: bool = False


class BatchTakenOver(Message):
    """Notices now recorded by notifier; nothing is to be sent before `not_before` (an engine instant)."""

    notices: int
    not_before: datetime


class PageSent(Message):
    """Outcome of one page. `retry_at` (engine instant) asks to wait; the batch is finished when nothing remains.

    `remaining` counts what keeps the batch open: notices still to settle, or settled ones plan-api has not heard of.
    """

    settled: int
    remaining: int
    retry_at: datetime | None = None


# --- HTTP between notifier and plan-api (`/internal/v1/batches/…`, bearer internal token) ---


class WireModel(BaseModel):
    """Base of the bodies exchanged over the internal HTTP API."""

    model_config = ConfigDict(extra="ignore")


class Address(WireModel):
    """One way to reach the holder of a seat, in the holder's order of preference."""

    channel: Channel
    address: str


class NoticeItem(WireModel):
    """One obligation a notice is about."""

    obligation_id: UUID
    unit_name: str
    due_on: date | None = None
    due_at: datetime | None = None
    working_days_late: int = 0


class NoticeRecipient(WireModel):
    """The seat a notice goes to and who holds it; no address means unreachable, to be reported, not skipped.

    `addressee` stands for who answers for the seat, with which addresses; it is given back when clearance is asked.
    `zalo_user_id` is how Zalo knows the person, where they linked it.
    """

    seat_id: UUID
    seat_title: str
    unit_name: str
    language: str = "vi"
    addressee: str = ""
    addresses: list[Address] = Field(default_factory=list)
    zalo_user_id: str | None = Field(default=None, repr=False)


class NoticeFacts(WireModel):
    """Everything a template needs; dates are local, sentences are the template's business.

    `items` lists at most 50 obligations, `item_count` counts all of them. `next_step_at` is when the ladder goes on
    and `next_audience` to whom. `belated` says that the batch is later than its policy's grace after an outage.
    """

    step: StepKind
    audience: Audience
    document_id: UUID | None = None
    document_title: str
    document_reference: str
    document_kind: str
    issued_on: date | None = None
    issuer_name: str
    round_title: str
    round_kind: RoundKind
    due_on: date | None = None
    due_at: datetime | None = None
    as_of: datetime
    working_days_left: int | None = None
    working_days_late: int | None = None
    return_reason: str | None = None
    next_step_at: datetime | None = None
    next_audience: Audience | None = None
    reminded_on: list[date] = Field(default_factory=list)
    items: list[NoticeItem] = Field(default_factory=list)
    item_count: int = 1
    announcement_folded: bool = False
    belated: bool = False
    rehearsal: bool = False
    link: str | None = None


class NewsItem(WireModel):
    """One line of a part: a unit and what became of it (`what`, `to`), or something owed (`document`, `thing`).

    `reason` is why the report of the unit changed.
    """

    unit_name: str
    what: str | None = None
    to: list[str] = Field(default_factory=list)
    document: str = ""
    thing: str = ""
    due_on: date | None = None
    promised_on: date | None = None
    reason: str | None = None
    link: str | None = None


class NewsSection(WireModel):
    """A part of a news: at most 50 items, all of them counted."""

    part: NewsPart
    count: int
    items: list[NewsItem] = Field(default_factory=list)


class NewsFacts(WireModel):
    """What a notice tells that no ladder made: by which text (`basis`), about what, as of when."""

    news: NewsKind
    basis: str
    about: str = ""
    effective_on: date | None = None
    as_of: datetime
    sections: list[NewsSection] = Field(default_factory=list)
    rehearsal: bool = False
    link: str | None = None


AnyFacts = NoticeFacts | NewsFacts


class Attention(WireModel):
    """How a notice asks for a person's attention: at once, or together with others in the person's next digest.

    Nothing goes out before `not_before`. With `digest` the notice waits for `digest_at` and is told in one message with
    all that waits for the same address. `daily_cap`: one that would be the person's next beyond so many messages on a
    local day is put into the digest as well; None: never put off.
    """

    not_before: datetime | None = None
    digest: bool = False
    digest_at: datetime | None = None
    daily_cap: int | None = None


class NoticeOut(WireModel):
    """One message to one seat."""

    notice_id: UUID
    recipient: NoticeRecipient
    facts: AnyFacts
    attention: Attention = Field(default_factory=Attention)


class NoticePage(WireModel):
    """A page of a batch, ordered by notice id; `next` is the cursor of the next page or None at the end."""

    batch_id: UUID
    not_before: datetime
    notices: list[NoticeOut]
    next: UUID | None = None


class Handover(WireModel):
    """Answer to a pull: a page of the batch asked about, then whole batches that wait as well, where there is room."""

    pages: list[NoticePage]


class HandedOver(WireModel):
    """Body of `POST …/handed`: how many notices notifier has recorded, by batch."""

    notices: dict[UUID, int]


class ClearanceRequest(WireModel):
    """Body of `POST …/clearance`: which of these notices are still owed and may be sent now?

    `addressees` says to whom notifier would send each; about a notice it leaves out nothing is compared.
    """

    notice_ids: list[UUID]
    addressees: dict[UUID, str] = Field(default_factory=dict)


class Withheld(WireModel):
    """A notice that must not be sent any more, with the reason's code (`answered`, `recalled`, `suspended`, …)."""

    notice_id: UUID
    reason: str


class Clearance(WireModel):
    """Answer to a clearance request; a notice in no list is to be held and asked about again.

    `readdressed` are owed still, but somebody else answers for the seat by now: these addresses and this link take the
    place of what was recorded, then clearance is asked again.
    """

    cleared: list[UUID]
    withheld: list[Withheld]
    readdressed: list[NoticeOut] = Field(default_factory=list)


class Outcome(WireModel):
    """What became of one notice."""

    notice_id: UUID
    state: NoticeState
    channel: Channel | None = None
    at: datetime
    detail: str | None = None


class Outcomes(WireModel):
    """Body of `POST …/outcomes`; idempotent by notice. `finished` closes the batch."""

    outcomes: list[Outcome]
    finished: bool = False
