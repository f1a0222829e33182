"""Link a holder's Zalo to the seat with a one-time code: the person sends it to the Official Account.

A code is good once and for half an hour, a new one ends the former; only its keyed hash is kept, the code itself is
derived from the row's id. The user id is kept encrypted, as telephone numbers are, and ends when the person leaves the
account. After five wrong codes in an hour a person is not listened to: codes cannot be guessed.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.zalo import Linked, ZaloLeft, ZaloSaid
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.organizations import repository
from plan_api.organizations.errors import SeatVacant, ZaloNotOffered
from plan_api.organizations.models import ZaloCode, ZaloMiss
from plan_api.organizations.repository import HOLDER, holds_on
from plan_api.organizations.schemas import ZaloCodeView, ZaloLinkView
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date
from plan_api.services import Services

CODES = ZaloCode.__table__  # type: ignore[attr-defined]
MISSES = ZaloMiss.__table__  # type: ignore[attr-defined]

LIFE: Final = timedelta(minutes=30)
MISS_WINDOW: Final = timedelta(hours=1)
MISSES_ALLOWED: Final = 5
NOTHING: Final[dict[str, Any]] = {"zalo_encrypted": None, "zalo_index": None, "zalo_linked_at": None}
"""The columns of a holder who is not linked."""


def _code(services: Services, code_id: UUID) -> str:
    """Return the eight digits of a code's row."""
    digest = hashlib.sha256(f"zalo-code/{services.links.token(code_id)}".encode()).digest()
    return f"{int.from_bytes(digest[:8]) % 10**8:08d}"


def _shown(services: Services, row: Row[Any]) -> ZaloCodeView:
    code = _code(services, row.id)
    return ZaloCodeView(
        code=f"{code[:4]} {code[4:]}", expires_at=row.expires_at, account_url=services.settings.zalo_account_url
    )


async def _holder_of(doing: Act, seat_id: UUID) -> Row[Any]:
    cards = await repository.seats(doing.connection, [seat_id])
    if not cards:
        raise NotFound(what="seat")
    await require(doing.connection, doing.caller, Verb.LINK_ZALO, cards[0].unit_id)
    holders = await repository.holders_on(doing.connection, [seat_id], local_date(doing.now))
    if not holders:
        raise SeatVacant
    return holders[0]


async def issue(doing: Act, seat_id: UUID) -> ZaloCodeView:
    """Make a code for who holds a seat today; a former one of theirs ends.

    Raises:
        NotFound, Forbidden.
        SeatVacant: nobody holds the seat.
        ZaloNotOffered: the installation names no Official Account.
    """
    if not doing.services.settings.zalo_account_url:
        raise ZaloNotOffered
    holder = await _holder_of(doing, seat_id)
    return await issue_for(doing, holder.id)


async def issue_for(doing: Act, holder_id: UUID) -> ZaloCodeView:
    """Make a code for a holder the caller may speak for."""
    await doing.connection.execute(select(HOLDER.c.id).where(HOLDER.c.id == holder_id).with_for_update())
    await doing.connection.execute(delete(CODES).where(CODES.c.holder_id == holder_id, CODES.c.used_at.is_(None)))
    code_id = new_id()
    while await _live(doing.connection, _index(doing.services, _code(doing.services, code_id)), doing.now):
        code_id = new_id()
    made = insert(CODES).values(
        id=code_id,
        holder_id=holder_id,
        code_index=_index(doing.services, _code(doing.services, code_id)),
        created_at=doing.now,
        expires_at=doing.now + LIFE,
    )
    row = (await doing.connection.execute(made.returning(CODES))).one()
    doing.record("issue_zalo_code", "holder", holder_id)
    return _shown(doing.services, row)


async def shown_code(
    connection: AsyncConnection, services: Services, holder_id: UUID, now: datetime
) -> ZaloCodeView | None:
    """Return a holder's code that is still good."""
    query = select(CODES).where(CODES.c.holder_id == holder_id, CODES.c.used_at.is_(None), CODES.c.expires_at > now)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _shown(services, row)


async def linked_since(connection: AsyncConnection, holder_id: UUID) -> datetime | None:
    """Return since when a holder's Zalo is linked."""
    query = select(HOLDER.c.zalo_linked_at).where(HOLDER.c.id == holder_id)
    since: datetime | None = (await connection.execute(query)).scalar_one_or_none()
    return since


def _index(services: Services, code: str) -> bytes:
    index = services.cipher.index(f"zalo-code/{code}")
    assert index is not None  # noqa: S101 - a code is never empty
    return index


async def _live(connection: AsyncConnection, index: bytes, now: datetime) -> Row[Any] | None:
    query = (
        select(CODES)
        .where(CODES.c.code_index == index, CODES.c.used_at.is_(None), CODES.c.expires_at > now)
        .with_for_update()
    )
    return (await connection.execute(query)).one_or_none()


async def link(doing: Act, said: ZaloSaid) -> Linked:
    """Link who wrote a code to the holder it was made for; the same again answers the same."""
    cipher, connection = doing.services.cipher, doing.connection
    person = cipher.index(f"zalo/{said.user_id}")
    index = _index(doing.services, said.code)
    again = select(CODES.c.id).join(HOLDER, HOLDER.c.id == CODES.c.holder_id)
    again = again.where(CODES.c.code_index == index, CODES.c.used_by == person, CODES.c.used_at > doing.now - LIFE)
    if (await connection.execute(again)).first() is not None:
        return Linked.LINKED
    await connection.execute(delete(MISSES).where(MISSES.c.missed_at <= doing.now - MISS_WINDOW))
    recent = select(func.count()).where(MISSES.c.user_index == person, MISSES.c.missed_at > doing.now - MISS_WINDOW)
    if (await connection.execute(recent)).scalar_one() >= MISSES_ALLOWED:
        return Linked.TOO_MANY
    code = await _live(connection, index, doing.now)
    today = local_date(doing.now)
    holder = None
    if code is not None:
        query = select(HOLDER.c.id).where(HOLDER.c.id == code.holder_id, holds_on(today)).with_for_update()
        holder = (await connection.execute(query)).one_or_none()
    if code is None or holder is None:
        await connection.execute(insert(MISSES).values(id=new_id(), user_index=person, missed_at=doing.now))
        return Linked.UNKNOWN
    await connection.execute(update(CODES).where(CODES.c.id == code.id).values(used_at=doing.now, used_by=person))
    await connection.execute(
        update(HOLDER)
        .where(HOLDER.c.id == holder.id)
        .values(zalo_encrypted=cipher.encrypt(said.user_id), zalo_index=person, zalo_linked_at=doing.now)
    )
    doing.record("link_zalo", "holder", holder.id)
    return Linked.LINKED


async def left(doing: Act, told: ZaloLeft) -> int:
    """Unlink whoever left the account; one who linked anew since stays linked. Return how many holders that were."""
    person = doing.services.cipher.index(f"zalo/{told.user_id}")
    gone = update(HOLDER).where(HOLDER.c.zalo_index == person, HOLDER.c.zalo_linked_at <= told.at).values(NOTHING)
    holders = (await doing.connection.execute(gone.returning(HOLDER.c.id))).scalars().all()
    for holder_id in holders:
        doing.record("unlink_zalo", "holder", holder_id, why="left")
    return len(holders)


async def unlink(doing: Act, seat_id: UUID) -> ZaloLinkView:
    """Forget the Zalo of who holds a seat today.

    Raises:
        NotFound, Forbidden, SeatVacant.
    """
    holder = await _holder_of(doing, seat_id)
    await doing.connection.execute(update(HOLDER).where(HOLDER.c.id == holder.id).values(NOTHING))
    await doing.connection.execute(delete(CODES).where(CODES.c.holder_id == holder.id, CODES.c.used_at.is_(None)))
    if holder.zalo_linked_at is not None:
        doing.record("unlink_zalo", "holder", holder.id, why="asked")
    return ZaloLinkView(seat_id=seat_id, linked_at=None)
