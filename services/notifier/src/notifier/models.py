"""Tables of the delivery. Addresses stand in delivery rows only, encrypted; every time comes from the injected clock.

Keys of notice and delivery begin with the batch's month, so that both can be partitioned by it without a rewrite.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from notifier.keys import SealedText

_INSTANT = DateTime(timezone=True)


class DeliveryState(StrEnum):
    """One try to get a notice to one address.

    `standby` waits for an earlier address of the same notice to fail. Only `pending` is ever claimed, so what was
    `transmitting` when its process died becomes `unknown` and is never sent again. `replaced` was to go to somebody who
    does not answer for the seat any more. `awaiting`: the vendor took it and owes a receipt; with it `delivered`,
    without it in time `expired`, as is what waited too long for a channel that does not work. For a channel without
    receipts `accepted` is the end.
    """

    STANDBY = "standby"
    PENDING = "pending"
    CLAIMED = "claimed"
    TRANSMITTING = "transmitting"
    ACCEPTED = "accepted"
    AWAITING = "awaiting"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    WITHHELD = "withheld"
    REPLACED = "replaced"


class NotifierTable(SQLModel, registry=registry()):
    """Base of this service's tables, apart from every other service's."""

    metadata: ClassVar[MetaData] = MetaData()


class Batch(NotifierTable, table=True):
    """A batch taken over; `cursor` is the last notice recorded, `month` the partition of all its rows."""

    __tablename__ = "batch"

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    month: date = Field(sa_column=Column(Date, nullable=False))
    not_before: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    notices: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    cursor: UUID | None = Field(default=None, sa_column=Column(Uuid))
    taken_over_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    finished_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))


class Notice(NotifierTable, table=True):
    """One message to one seat: the facts of its text without any address; the link is erased once settled.

    `link_hash` stays: the SHA-256 of the link's token, by which a reply may be handed in and nothing be opened.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_of_batch", "batch_id", "id"),
        Index("notice_open", "batch_id", postgresql_where="state = 'pending'"),
        Index("notice_unreported", "batch_id", postgresql_where="state <> 'pending' and reported_at is null"),
    )

    month: date = Field(sa_column=Column(Date, primary_key=True))
    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    batch_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("batch.id"), nullable=False))
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    recipient: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    link_enc: str | None = Field(default=None, sa_column=Column(SealedText))
    link_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    template: str = Field(sa_column=Column(Text, nullable=False))
    template_version: int = Field(sa_column=Column(SmallInteger, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    channel: str | None = Field(default=None, sa_column=Column(Text))
    detail: str | None = Field(default=None, sa_column=Column(Text))
    settled_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    reported_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))


class Delivery(NotifierTable, table=True):
    """One address of one notice. `attempt_token` names the claim that alone may change the row while it is held.

    With `digest` it is sent in one message with all that waits for the same address, at `not_before`. One that would be
    beyond `daily_cap` is put off until `digest_at` and waits so, too.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("month", "notice_id", "address_index", name="delivery_once"),
        Index("delivery_by_id", "id"),
        Index("delivery_of_batch", "batch_id", "id"),
        Index("delivery_waiting", "batch_id", "id", postgresql_where="state = 'pending'"),
        Index("delivery_held", "batch_id", postgresql_where="state in ('claimed', 'transmitting')"),
        Index("delivery_by_vendor_id", "vendor_id", postgresql_where="vendor_id is not null"),
        Index("delivery_by_message_id", "message_id", postgresql_where="message_id is not null"),
        Index("delivery_sent_to", "address_index", "transmitting_at", postgresql_where="transmitting_at is not null"),
        Index("delivery_gathered", "address_index", postgresql_where="state = 'pending' and digest"),
        Index("delivery_awaiting", "batch_id", "retry_at", postgresql_where="state = 'awaiting'"),
        Index("delivery_trouble", "state", postgresql_where="state not in ('accepted', 'standby', 'withheld')"),
    )

    month: date = Field(sa_column=Column(Date, primary_key=True))
    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    batch_id: UUID = Field(sa_column=Column(Uuid, ForeignKey("batch.id"), nullable=False))
    notice_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    position: int = Field(sa_column=Column(SmallInteger, nullable=False))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    address_enc: str = Field(sa_column=Column(SealedText, nullable=False))
    address_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    attempt_token: UUID | None = Field(default=None, sa_column=Column(Uuid))
    created_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    retry_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    claimed_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    transmitting_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    finished_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    message_id: str | None = Field(default=None, sa_column=Column(Text))
    vendor_id: str | None = Field(default=None, sa_column=Column(Text))
    receipt_by: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    not_before: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    digest: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    digest_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    daily_cap: int | None = Field(default=None, sa_column=Column(SmallInteger))
    detail: str | None = Field(default=None, sa_column=Column(Text))


class Reply(NotifierTable, table=True):
    """A person's reply to a notice, by its mail: what became of it and of our answer; no address once answered.

    `to_answer`, `answering`, then `answered`, `failed` or `unknown`; `quiet` is never answered. `said` is what the
    answer says: the receipt, or why nothing was taken in.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index("reply_of_delivery", "delivery_id", "received_at"),
        Index("reply_open", "received_at", postgresql_where="state in ('to_answer', 'answering')"),
    )

    mail_id: str = Field(sa_column=Column(Text, primary_key=True))
    delivery_id: UUID = Field(sa_column=Column(Uuid, nullable=False))
    verdict: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    answer_to_enc: str | None = Field(default=None, sa_column=Column(SealedText))
    message_id: str | None = Field(default=None, sa_column=Column(Text))
    said: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    received_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    answering_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    retry_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    detail: str | None = Field(default=None, sa_column=Column(Text))


class Suppression(NotifierTable, table=True):
    """An address nothing is sent to any more, known by its blind index only."""

    __tablename__ = "suppression"

    address_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    channel: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    since: datetime = Field(sa_column=Column(_INSTANT, nullable=False))


class ChannelHealth(NotifierTable, table=True):
    """Whether a channel works; while `down`, nothing is tried before `retry_at`."""

    __tablename__ = "channel_health"

    channel: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
    since: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    failures: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    retry_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    detail: str | None = Field(default=None, sa_column=Column(Text))


class Alarm(NotifierTable, table=True):
    """Something only a person can mend; told to the operator by e-mail, once a day while it keeps coming."""

    __tablename__ = "alarm"

    key: str = Field(sa_column=Column(Text, primary_key=True))
    first_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    last_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    times: int = Field(sa_column=Column(Integer, nullable=False))
    told_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))


class ZaloGrant(NotifierTable, table=True):
    """What Zalo lets one Official Account of ours send with; both tokens encrypted."""

    __tablename__ = "zalo_grant"

    oa_id: str = Field(sa_column=Column(Text, primary_key=True))
    app_id: str = Field(sa_column=Column(Text, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    generation: int = Field(sa_column=Column(Integer, nullable=False))
    access_enc: str = Field(sa_column=Column(SealedText, nullable=False))
    refresh_enc: str = Field(sa_column=Column(SealedText, nullable=False))
    consented_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    rotate_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    rotated_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    access_until: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    failures: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    retry_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    detail: str | None = Field(default=None, sa_column=Column(Text))
    recoveries: int = Field(default=1, sa_column=Column(Integer, nullable=False))
    alarm: str | None = Field(default=None, sa_column=Column(Text))
    alarmed_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))


class ZaloRotation(NotifierTable, table=True):
    """One try to rotate the tokens of a generation, committed before Zalo is asked; no foreign key, see the store."""

    __tablename__ = "zalo_rotation"

    oa_id: str = Field(sa_column=Column(Text, primary_key=True))
    generation: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    attempt: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    begun_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    outcome: str | None = Field(default=None, sa_column=Column(Text))
    detail: str | None = Field(default=None, sa_column=Column(Text))


class ZaloLink(NotifierTable, table=True):
    """The Zalo user a telephone number stands for; both unreadable without the keys."""

    __tablename__ = "zalo_link"

    phone_index: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    user_enc: str = Field(sa_column=Column(SealedText, nullable=False))


class ZaloEvent(NotifierTable, table=True):
    """A webhook of Zalo's, known by its identity; its content is erased once it was worked on."""

    __tablename__ = "zalo_event"
    __table_args__ = (Index("zalo_event_waiting", "next_at", postgresql_where="worked_at is null"),)

    id: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    happened_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    received_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    next_at: datetime = Field(sa_column=Column(_INSTANT, nullable=False))
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    signed_by: str = Field(sa_column=Column(Text, nullable=False))
    body_enc: str | None = Field(default=None, sa_column=Column(SealedText))
    worked_at: datetime | None = Field(default=None, sa_column=Column(_INSTANT))
    outcome: str | None = Field(default=None, sa_column=Column(Text))


def table(model: type[NotifierTable]) -> Table:
    """Return the Core table of a model."""
    return NotifierTable.metadata.tables[str(model.__tablename__)]
