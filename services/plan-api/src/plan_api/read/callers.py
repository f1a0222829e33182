"""Whose key it is, and whether the unit it belongs to has ended."""

from typing import Any, Final, cast

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import ACCOUNT, UNIT

_BY_KEY: Final = (
    select(ACCOUNT.c.id, ACCOUNT.c.name, ACCOUNT.c.role, ACCOUNT.c.unit_id, UNIT.c.valid_to.label("unit_ends_on"))
    .outerjoin(UNIT, UNIT.c.id == ACCOUNT.c.unit_id)
    .where(ACCOUNT.c.key_hash == bindparam("key_hash"), ACCOUNT.c.revoked_at.is_(None))
)


async def account_by_key(connection: AsyncConnection, key_hash: bytes) -> Row[Any] | None:
    """Return the account a key belongs to, unless revoked, with the first day its unit is no more (None: goes on)."""
    return cast("Row[Any] | None", (await connection.execute(_BY_KEY, {"key_hash": key_hash})).one_or_none())
