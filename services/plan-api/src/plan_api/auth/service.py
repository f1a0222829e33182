"""Who calls, what they may do, and the links that stand in for a key.

Keys and tokens are kept as hashes only. A caller bound to a unit is judged by that unit's relation to the unit acted
upon; a caller without a unit is system-wide. The policy itself is `plan_api.rules.access`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from cascade_contracts.vocabulary import Role
from cascade_servicekit.problems import Forbidden, NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import repository
from plan_api.auth.errors import KeyOfEndedUnit, Unauthenticated
from plan_api.journal import Journal
from plan_api.organizations import service as organizations
from plan_api.read.answering import may_answer
from plan_api.read.callers import account_by_key
from plan_api.read.heirs import Ended, ended
from plan_api.requests import Caller, reachable_database
from plan_api.rules.access import Relation, Verb, may
from plan_api.rules.calendar import local_date
from plan_api.rules.vietnamese import format_date
from plan_api.services import Services
from plan_api.tokens import token_hash

CALLER_SECONDS: Final = 5.0
"""How long a process may go on trusting a key that was revoked elsewhere."""

_CALLERS_KEPT: Final = 5_000


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link to make: `id` is the notice's id, from which the token is derived."""

    id: UUID
    seat_id: UUID
    holder_id: UUID | None
    obligation_id: UUID | None
    round_id: UUID | None


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link that counts, with the seat it is bound to."""

    id: UUID
    seat_id: UUID
    holder_id: UUID | None
    obligation_id: UUID | None
    round_id: UUID | None
    unit_id: UUID
    seat_title: str
    expires_at: datetime

    @property
    def caller(self) -> Caller:
        """Who acts through the link: the seat, with the rights of its unit."""
        return Caller(self.id, self.seat_title, Role.UNIT, self.unit_id, self.seat_id)


# --- callers ---


def _callers(services: Services) -> dict[bytes, tuple[float, Caller]]:
    kept: dict[bytes, tuple[float, Caller]] = services.cache.setdefault("auth.callers", {})  # type: ignore[assignment]
    return kept


async def authenticate(services: Services, key: str | None) -> Caller:
    """Return the caller an API key belongs to; trusted for five seconds without a query.

    Raises:
        Unauthenticated: no key came, or it is unknown or revoked.
        KeyOfEndedUnit: its unit has ended; says who took over.
    """
    if not key:
        raise Unauthenticated
    digest = token_hash(key)
    callers = _callers(services)
    kept = callers.get(digest)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    async with reachable_database(), services.reading.connect() as connection:
        row = await account_by_key(connection, digest)
        if row is not None and row.unit_ends_on is not None:
            await _refuse_ended(connection, services, row.unit_id)
    if row is None:
        callers.pop(digest, None)
        raise Unauthenticated
    caller = Caller(row.id, row.name, Role(row.role), row.unit_id)
    if len(callers) >= _CALLERS_KEPT:
        callers.clear()
    callers[digest] = (time.monotonic() + CALLER_SECONDS, caller)
    return caller


async def _refuse_ended(connection: AsyncConnection, services: Services, unit_id: UUID) -> None:
    unit = await ended(connection, unit_id, local_date(services.clock.now()))
    if unit is not None:
        vi, en = successors_said(unit)
        raise KeyOfEndedUnit(unit=unit.name, on=format_date(unit.on), vi=vi, en=en)


def successors_said(unit: Ended) -> tuple[str, str]:
    """Return who took over from an ended unit, in Vietnamese and English, as part of a sentence."""
    if not unit.successors:
        return "không có đơn vị kế thừa", "nobody took over from it"
    names = ", ".join(unit.successors)
    return f"đơn vị kế thừa: {names}", f"its work went on to {names}"


def forget_callers(services: Services) -> None:
    """Look every key up again: an account has just been revoked, or a unit ended, by this process."""
    _callers(services).clear()


# --- permissions ---


async def _relation(connection: AsyncConnection, caller: Caller, unit_id: UUID | None) -> Relation:
    if unit_id is None or caller.unit_id is None:
        return Relation.OTHER
    if unit_id == caller.unit_id:
        return Relation.OWN
    if await organizations.is_under(connection, unit_id, caller.unit_id):
        return Relation.SUBTREE
    return Relation.OTHER


async def allows(connection: AsyncConnection, caller: Caller, verb: Verb, unit_id: UUID | None) -> bool:
    """Return whether the caller may do something to what belongs to a unit (None: to the installation).

    A system-wide caller stands in every relation to every unit. Costs a query only where the answer depends on
    whether the unit lies below the caller's.
    """
    if caller.unit_id is None:
        return any(may(caller.role, verb, relation) for relation in Relation)
    if unit_id == caller.unit_id:
        return may(caller.role, verb, Relation.OWN)
    elsewhere = may(caller.role, verb, Relation.OTHER)
    if unit_id is None or elsewhere == may(caller.role, verb, Relation.SUBTREE):
        return elsewhere
    return may(caller.role, verb, await _relation(connection, caller, unit_id))


async def require(connection: AsyncConnection, caller: Caller, verb: Verb, unit_id: UUID | None) -> None:
    """Refuse what the caller may not do to what belongs to a unit (None: to the installation).

    Raises:
        NotFound: the caller may not even know of it.
        Forbidden: the caller may know, but not do this.
    """
    if await allows(connection, caller, verb, unit_id):
        return
    if unit_id is not None and not await allows(connection, caller, Verb.READ, unit_id):
        raise NotFound(what="unit")
    raise Forbidden(role=caller.role.value, verb=verb.value)


# --- links ---


async def make_links(connection: AsyncConnection, services: Services, rows: Sequence[LinkRow], now: datetime) -> None:
    """Make links in bulk; one that exists is left as it is, so a repeated hand-over keeps its links."""
    expires_at = now + timedelta(days=services.settings.link_days)
    if not rows:
        return
    await repository.insert_links(
        connection,
        [
            {
                "id": row.id,
                "token_hash": token_hash(services.links.token(row.id)),
                "seat_id": row.seat_id,
                "holder_id": row.holder_id,
                "obligation_id": row.obligation_id,
                "round_id": row.round_id,
                "created_at": now,
                "expires_at": expires_at,
            }
            for row in rows
        ],
    )


async def relink(
    connection: AsyncConnection, services: Services, to: Mapping[UUID, tuple[UUID, UUID]], now: datetime
) -> dict[UUID, str]:
    """Make links for who answers notices now, given as (seat, holder) by notice; return each notice's token.

    The link a notice began with serves again where it is the same person's; asked again, the same tokens come back.
    """
    again: dict[UUID, LinkRow] = {}
    for row in await repository.links(connection, list(to)):
        seat_id, holder_id = to[row.id]
        same = row.holder_id == holder_id and row.seat_id == seat_id and row.revoked_at is None
        link_id = row.id if same else uuid5(row.id, f"{seat_id}/{holder_id}")
        again[row.id] = LinkRow(link_id, seat_id, holder_id, row.obligation_id, row.round_id)
    await make_links(connection, services, list(again.values()), now)
    return {notice_id: services.links.token(link.id) for notice_id, link in again.items()}


async def open_link(connection: AsyncConnection, services: Services, token: str, now: datetime) -> LinkView | None:
    """Return the link a token opens, or None when it is unknown, expired or revoked, or its person does not answer.

    It opens for who holds its seat on the day or stands in for an absent holder: it dies without being revoked. One
    made for a seat and no person opens while it lasts.
    """
    return await open_link_by_hash(connection, services, token_hash(token), now)


async def open_link_by_hash(
    connection: AsyncConnection, services: Services, digest: bytes, now: datetime
) -> LinkView | None:
    """Return the link whose token has this hash, as `open_link` does."""
    row = await repository.link_by_token(connection, digest)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    decrypt, today = services.cipher.decrypt, local_date(now)
    if row.holder_id is not None and not await may_answer(connection, decrypt, row.holder_id, row.seat_id, today):
        return None
    seat = (await organizations.seat_cards(connection, [row.seat_id]))[row.seat_id]
    return LinkView(
        row.id,
        row.seat_id,
        row.holder_id,
        row.obligation_id,
        row.round_id,
        seat.unit_id,
        f"{seat.title}, {seat.unit_name}",
        row.expires_at,
    )


async def revoke_links_of_holder(connection: AsyncConnection, holder_id: UUID, now: datetime) -> int:
    """End the links a person was sent; the next message carries a fresh one. Return how many."""
    return await repository.revoke_links_of_holder(connection, holder_id, now)


async def revoke_links_of_seats(connection: AsyncConnection, seat_ids: Sequence[UUID], now: datetime) -> int:
    """End every link bound to seats that somebody else takes over. Return how many."""
    return await repository.revoke_links_of_seats(connection, seat_ids, now) if seat_ids else 0


async def journal_revoked_links(journal: Journal, seat_ids: Sequence[UUID], now: datetime) -> int:
    """End every link bound to seats that end, so that it can be taken back. Return how many."""
    return await repository.journal_revoked_links(journal, seat_ids, now)
