"""Tell what no ladder tells: a batch of its own, handed over, rechecked and delivered as every other.

About one subject one news of a kind is open: who tells twice tells once. Withdrawing is a fact as well, asked about
right before each notice is sent. What a notice says is read at that moment, not when the news came up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Audience, NewsKind, NoticeState
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import service as auth
from plan_api.escalation import repository
from plan_api.integration import outbox
from plan_api.rules.calendar import local_date
from plan_api.rules.policies import STANDARD_POLICY, Policy
from plan_api.rules.quiet import not_before
from plan_api.services import Services


@dataclass(frozen=True, slots=True)
class Told:
    """A seat that is told; `holder_id`: that person only (None: who answers for the seat when it is sent).

    Without a seat, or a vacant one (`vacant`), the notice is one that nobody could be reached for. `opens_for`: the
    person whose link opens the round.
    """

    seat_id: UUID | None
    unit_id: UUID
    content: Mapping[str, Any] = field(default_factory=dict)
    holder_id: UUID | None = None
    opens_for: UUID | None = None
    vacant: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """What came up: its kind, what it is about (one open news a kind and subject), from when on it may be told."""

    kind: NewsKind
    subject_id: UUID
    content: Mapping[str, Any]
    not_before: datetime
    document_id: UUID | None = None
    round_id: UUID | None = None


def hour_to_tell(now: datetime, policy: Policy = STANDARD_POLICY) -> datetime:
    """Return the first instant from `now` on outside the quiet hours."""
    return not_before(now, policy)


async def tell(
    connection: AsyncConnection, services: Services, news: News, to: Sequence[Told], now: datetime
) -> UUID | None:
    """Have seats told and return the batch; None when there is nobody, or such a news is open already."""
    if not to:
        return None
    news_id, batch_id = new_id(), new_id()
    row = {
        "id": news_id,
        "kind": news.kind.value,
        "subject_id": news.subject_id,
        "document_id": news.document_id,
        "content": dict(news.content),
        "created_at": now,
    }
    if not await repository.open_news(connection, row):
        return None
    batch = {
        "id": batch_id,
        "document_id": news.document_id,
        "round_id": news.round_id,
        "news_id": news_id,
        "kind": news.kind.value,
        "audience": Audience.CONTACT.value,
        "notices": len(to),
        "obligations": 0,
        "not_before": news.not_before,
        "created_at": now,
    }
    await repository.add_batch(connection, batch)
    notices = [_notice(batch_id, each, now) for each in to]
    await repository.add_notices(connection, notices, [])
    links = [
        auth.LinkRow(notice["id"], each.seat_id, each.opens_for, None, news.round_id)
        for notice, each in zip(notices, to, strict=True)
        if each.seat_id is not None and each.opens_for is not None
    ]
    await auth.make_links(connection, services, links, now)
    await outbox.enqueue(connection, outbox.DELIVER, [batch_id], now)
    return batch_id


def _notice(batch_id: UUID, to: Told, now: datetime) -> dict[str, Any]:
    reachable = to.seat_id is not None and not to.vacant
    return {
        "id": new_id(),
        "month": local_date(now).replace(day=1),
        "batch_id": batch_id,
        "seat_id": to.seat_id,
        "unit_id": to.unit_id,
        "holder_id": to.holder_id,
        "content": dict(to.content),
        "state": (NoticeState.PENDING if reachable else NoticeState.UNREACHABLE).value,
        "detail": None if reachable else "seat_vacant" if to.seat_id else "no_seat",
        "created_at": now,
    }


async def withdraw(
    connection: AsyncConnection, kind: NewsKind, subject_id: UUID, now: datetime, why: str
) -> Row[Any] | None:
    """Close an open news: what was not sent is withheld. Return its batch where something may have been sent.

    Nothing is sent before the batch is handed over, and each notice is asked about after that: whoever finds it not
    handed over, holding its row, has taken everything back.
    """
    batch_id = await repository.close_news(connection, kind, subject_id, now, why)
    batch = None if batch_id is None else await repository.batch(connection, batch_id, lock=True)
    if batch is None or batch.handed_at is not None:
        return batch
    await repository.withhold_notices(connection, batch.id, now, why)
    return None
