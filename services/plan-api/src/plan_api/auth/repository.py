"""SQL over accounts and links."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, any_, bindparam, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.models import Account, Link
from plan_api.journal import Journal

ACCOUNT: Final = Account.__table__  # type: ignore[attr-defined]
LINK: Final = Link.__table__  # type: ignore[attr-defined]


async def account(connection: AsyncConnection, account_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """Return an account."""
    statement = select(ACCOUNT).where(ACCOUNT.c.id == account_id)
    return (await connection.execute(statement.with_for_update(key_share=True) if lock else statement)).one_or_none()


async def accounts(
    connection: AsyncConnection, after: tuple[datetime, UUID] | None, limit: int, *, revoked: bool
) -> Sequence[Row[Any]]:
    """Return accounts, newest first."""
    statement = select(ACCOUNT).order_by(ACCOUNT.c.created_at.desc(), ACCOUNT.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(ACCOUNT.c.created_at, ACCOUNT.c.id) < after)
    if not revoked:
        statement = statement.where(ACCOUNT.c.revoked_at.is_(None))
    return (await connection.execute(statement)).all()


async def insert_account(connection: AsyncConnection, **values: Any) -> None:
    """Insert an account."""
    await connection.execute(insert(ACCOUNT).values(**values))


async def revoke_account(connection: AsyncConnection, account_id: UUID, now: datetime) -> None:
    """End an account's key."""
    await connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(revoked_at=now))


async def living_with_role(connection: AsyncConnection, role: str) -> Sequence[UUID]:
    """Lock and return the accounts of a role that are system-wide and not revoked, in one order for all."""
    statement = (
        select(ACCOUNT.c.id)
        .where(ACCOUNT.c.role == role, ACCOUNT.c.unit_id.is_(None), ACCOUNT.c.revoked_at.is_(None))
        .order_by(ACCOUNT.c.id)
        .with_for_update(key_share=True)
    )
    return [row.id for row in (await connection.execute(statement)).all()]


async def insert_links(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert links; those that exist already stay as they are (a repeated hand-over)."""
    await connection.execute(upsert(LINK).on_conflict_do_nothing(index_elements=[LINK.c.id]), rows)


async def links(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Return links by id."""
    wanted = bindparam("ids", list(ids), type_=ARRAY(Uuid))
    return (await connection.execute(select(LINK).where(LINK.c.id == any_(wanted)))).all()


async def link_by_token(connection: AsyncConnection, token_hash: bytes) -> Row[Any] | None:
    """Return a link by the hash of its token, whether it still counts or not."""
    return (await connection.execute(select(LINK).where(LINK.c.token_hash == token_hash))).one_or_none()


async def revoke_links_of_seats(connection: AsyncConnection, seat_ids: Sequence[UUID], now: datetime) -> int:
    """End the links bound to seats; return how many."""
    seats = bindparam("seats", list(seat_ids), type_=ARRAY(Uuid))
    statement = update(LINK).where(LINK.c.seat_id == any_(seats), LINK.c.revoked_at.is_(None)).values(revoked_at=now)
    return (await connection.execute(statement)).rowcount


async def revoke_links_of_holder(connection: AsyncConnection, holder_id: UUID, now: datetime) -> int:
    """End the links sent to one person; return how many."""
    statement = update(LINK).where(LINK.c.holder_id == holder_id, LINK.c.revoked_at.is_(None)).values(revoked_at=now)
    return (await connection.execute(statement)).rowcount


async def journal_revoked_links(journal: Journal, seat_ids: Sequence[UUID], now: datetime) -> int:
    """End the links bound to seats, through a journal; return how many."""
    seats = bindparam("seats", list(seat_ids), type_=ARRAY(Uuid))
    living = (LINK.c.seat_id == any_(seats)) & LINK.c.revoked_at.is_(None)
    return len(await journal.update(LINK, living, {"revoked_at": now}))
