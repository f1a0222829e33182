"""Issued documents a citation may mean, and the notations a unit has used: for matching what is printed."""

from collections.abc import Iterable
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import DOCUMENT
from plan_api.rules.symbols import Confidence, Reading

MOST = 500


async def numbered(connection: AsyncConnection, numbers: Iterable[str]) -> list[tuple[UUID, Reading]]:
    """Return issued documents of some numbers, newest first."""
    keys = {(number.lstrip("0") or "0").casefold() for number in numbers}
    if not keys:
        return []
    query = (
        select(DOCUMENT.c.id, DOCUMENT.c.number, DOCUMENT.c.notation, DOCUMENT.c.year, DOCUMENT.c.issued_on)
        .where(
            DOCUMENT.c.number_key.in_(keys), DOCUMENT.c.notation.is_not(None), DOCUMENT.c.state != DocumentState.DRAFT
        )
        .order_by(DOCUMENT.c.issued_at.desc(), DOCUMENT.c.id)
        .limit(MOST)
    )
    return [
        (row.id, Reading(row.number, row.notation, row.year, row.issued_on, Confidence.EXACT))
        for row in await connection.execute(query)
    ]


async def notations_of(connection: AsyncConnection, issuer_unit_id: UUID) -> list[str]:
    """Return the notations a unit has issued under."""
    query = (
        select(DOCUMENT.c.notation)
        .where(DOCUMENT.c.issuer_unit_id == issuer_unit_id, DOCUMENT.c.notation.is_not(None))
        .where(DOCUMENT.c.state != DocumentState.DRAFT)
        .distinct()
        .limit(MOST)
    )
    return [row.notation for row in await connection.execute(query)]
