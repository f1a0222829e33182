"""What came as a reply to a notice: recorded once, answered at most once.

`to_answer` → `answering` (committed before anything leaves) → `answered`; silence after that is `unknown` and final.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.models import Delivery, Notice, Reply, table

replies, _deliveries, _notices = table(Reply), table(Delivery), table(Notice)

ANSWERS_A_DAY: Final = 5
"""Answers within a day about one delivery: beyond, somebody's machine talks to ours (RFC 3834 §2)."""

_LEASE: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Told:
    """The notice a reply answers."""

    month: date
    notice_id: UUID
    address_index: bytes
    channel: str
    facts: dict[str, Any]
    recipient: dict[str, Any]
    link_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Owed:
    """An answer still to be given."""

    mail_id: str
    delivery_id: UUID
    verdict: str
    address: str
    message_id: str
    said: dict[str, Any]
    attempts: int


async def told(connection: AsyncConnection, delivery_id: UUID) -> Told | None:
    """Return the notice of a delivery."""
    query = (
        select(
            _notices.c.month,
            _notices.c.id,
            _deliveries.c.address_index,
            _deliveries.c.channel,
            _notices.c.facts,
            _notices.c.recipient,
            _notices.c.link_hash,
        )
        .join(_notices, (_notices.c.month == _deliveries.c.month) & (_notices.c.id == _deliveries.c.notice_id))
        .where(_deliveries.c.id == delivery_id)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Told(*row)


async def known(connection: AsyncConnection, mail_id: str) -> bool:
    """Return whether a mail was dealt with before."""
    return (await connection.execute(select(replies.c.mail_id).where(replies.c.mail_id == mail_id))).first() is not None


async def record(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Record a reply, to be answered unless its delivery was answered too often; a mail is recorded once."""
    since = row["received_at"] - timedelta(days=1)
    count = select(func.count()).where(replies.c.delivery_id == row["delivery_id"], replies.c.received_at > since)
    if row["state"] == "to_answer" and (await connection.execute(count)).scalar_one() >= ANSWERS_A_DAY:
        row = row | {"state": "quiet", "detail": "answered too often", "answer_to_enc": None}
    await connection.execute(insert(replies).values(row).on_conflict_do_nothing())


async def owed(connection: AsyncConnection, now: datetime, at_most: int) -> list[Owed]:
    """Return answers to be given now, after giving up those of which nothing was heard."""
    await connection.execute(
        update(replies)
        .where(replies.c.state == "answering", replies.c.answering_at <= now - _LEASE)
        .values(state="unknown", detail="interrupted while transmitting")
    )
    query = (
        select(
            replies.c.mail_id,
            replies.c.delivery_id,
            replies.c.verdict,
            replies.c.answer_to_enc,
            replies.c.message_id,
            replies.c.said,
            replies.c.attempts,
        )
        .where(replies.c.state == "to_answer", func.coalesce(replies.c.retry_at, now) <= now)
        .order_by(replies.c.received_at)
        .limit(at_most)
    )
    return [Owed(*row) for row in await connection.execute(query)]


async def begin(connection: AsyncConnection, mail_id: str, now: datetime) -> bool:
    """Mark that the answer may be out from now on; False when somebody else answers."""
    statement = (
        update(replies)
        .where(replies.c.mail_id == mail_id, replies.c.state == "to_answer")
        .values(state="answering", answering_at=now, attempts=replies.c.attempts + 1)
    )
    return (await connection.execute(statement)).rowcount == 1


_END: Final = text(
    """
    update reply set state = :state, detail = :detail, retry_at = :retry_at,
        answer_to_enc = case when :state = 'to_answer' then answer_to_enc end
    where mail_id = :mail_id and state in ('to_answer', 'answering')
    """
)


async def end(
    connection: AsyncConnection, mail_id: str, state: str, detail: str, retry_at: datetime | None = None
) -> None:
    """Record what became of an answer; an address is kept only while it is needed."""
    await connection.execute(_END, {"mail_id": mail_id, "state": state, "detail": detail, "retry_at": retry_at})
