"""Read the log of notices; each to those who stand over its unit, or over who issued what it is about."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cascade_contracts.vocabulary import Channel, NoticeState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import allows
from plan_api.integration import notifier
from plan_api.notices.schemas import Attempt, NoticeCard, NoticeCounts, NoticeLog, NoticeWhole, SpokenOf
from plan_api.organizations import service as organizations
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.read import notice_log as read
from plan_api.read.notice_log import Filters
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.services import Services

MOST_SPOKEN_OF: Final = 100
RATE: Final = timedelta(hours=1)


async def _within(connection: AsyncConnection, caller: Caller, filters: Filters) -> Filters:
    if caller.unit_id is None:
        return filters
    return replace(filters, within=await organizations.subtree(connection, caller.unit_id))


async def page(
    connection: AsyncConnection, caller: Caller, filters: Filters, cursor: str | None, limit: int
) -> NoticeLog:
    """Return a page of the log.

    Raises:
        CursorInvalid: the cursor is none of ours.
    """
    rows = await read.page(connection, await _within(connection, caller, filters), _after(cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return NoticeLog(
        items=[NoticeCard(**_card(row)) for row in rows[:limit]],
        next=encode_cursor(last.created_at.isoformat(), last.id) if last else None,
    )


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, identifier = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(identifier)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


def _card(row: Row[Any]) -> dict[str, Any]:
    named = {name: getattr(row, name) for name in NoticeCard.model_fields if name != "reference"}
    return named | {"reference": "/".join(part for part in (row.number, row.notation) if part) or None}


async def visible(connection: AsyncConnection, caller: Caller, notice_id: UUID) -> Row[Any]:
    """Return a notice the caller may know of.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    row = await read.one(connection, notice_id)
    if row is None:
        raise NotFound(what="notice")
    stands_over = [row.unit_id, *([row.issuer_unit_id] if row.issuer_unit_id else [])]
    for unit_id in stands_over:
        if await allows(connection, caller, Verb.READ_PROGRESS, unit_id):
            return row
    raise NotFound(what="notice")


async def whole(connection: AsyncConnection, services: Services, caller: Caller, notice_id: UUID) -> NoticeWhole:
    """Return a notice with what it speaks about and everything that was tried.

    Raises:
        NotFound: as `visible`.
    """
    row = await visible(connection, caller, notice_id)
    about = await read.obligations_of(connection, notice_id, MOST_SPOKEN_OF)
    again = await read.resent_as(connection, notice_id)
    tried = await notifier.attempts_at(services.settings, notice_id)
    return NoticeWhole(
        **_card(row),
        about=[SpokenOf(obligation_id=item.id, unit_id=item.unit_id, unit_name=item.name) for item in about],
        attempts=None if tried is None else [_attempt(item) for item in tried],
        resent_as=again,
    )


def _attempt(tried: dict[str, Any]) -> Attempt:
    return Attempt(
        channel=Channel(tried["channel"]),
        state=tried["state"],
        attempts=tried["attempts"],
        retry_at=tried["retry_at"],
        transmitting_at=tried["transmitting_at"],
        finished_at=tried["finished_at"],
        message_id=tried["message_id"],
        answer=tried["detail"],
        cost=tried.get("cost"),
    )


async def counts(connection: AsyncConnection, caller: Caller, filters: Filters, now: datetime) -> NoticeCounts:
    """Return the log's counts; they add up to `total`."""
    filters = await _within(connection, caller, filters)
    rows = await read.counts(connection, filters)
    states: Counter[str] = Counter()
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    channels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    reasons: Counter[str] = Counter()
    for row in rows:
        states[row.state] += row.number
        kinds[row.kind][row.state] += row.number
        channels[row.channel or "none"][row.state] += row.number
        if row.state not in (NoticeState.DELIVERED, NoticeState.PENDING):
            reasons[row.detail or "none"] += row.number
    waiting = [row.oldest for row in rows if row.state == NoticeState.PENDING]
    return NoticeCounts(
        total=states.total(),
        states=dict(states),
        kinds={kind: dict(numbers) for kind, numbers in kinds.items()},
        channels={channel: dict(numbers) for channel, numbers in channels.items()},
        reasons=dict(reasons),
        waiting=states[NoticeState.PENDING],
        oldest_waiting_at=min(waiting, default=None),
        delivered_last_hour=await read.delivered_since(connection, filters, now - RATE),
    )
