"""What fair measures are made of: the chain above a document with its delays, and who is late under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import TERMINAL_WITHOUT_HAND_IN, RoundKind
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.progress import handed_by
from plan_api.read.tables import DOCUMENT, DOCUMENT_PARENT, OBLIGATION, ROUND, UNIT


@dataclass(frozen=True, slots=True)
class Link:
    """A document of a chain; `due_at` and `handed_in_at` are of the plan its issuer owed under the one before."""

    document_id: UUID
    issuer_unit_id: UUID
    issuer_name: str
    title: str
    number: str | None
    notation: str | None
    issued_at: datetime
    due_at: datetime | None = None
    handed_in_at: datetime | None = None


async def chain(connection: AsyncConnection, document_id: UUID) -> list[Link]:
    """Return a document with those above it, the root first, each implementing (as its first parent) the one before."""
    links: list[Link] = []
    below: UUID | None = document_id
    while below is not None:
        parent = await _parent(connection, below)
        row = await _document(connection, below)
        plan = None if parent is None else await _plan_owed(connection, parent, row[1])
        links.append(Link(*row, *(plan or (None, None))))
        below = parent
    return links[::-1]


async def _document(connection: AsyncConnection, document_id: UUID) -> tuple[Any, ...]:
    d = DOCUMENT.c
    columns = (d.id, d.issuer_unit_id, UNIT.c.name, d.title, d.number, d.notation, d.issued_at)
    query = select(*columns).join(UNIT, UNIT.c.id == d.issuer_unit_id).where(d.id == document_id)
    return tuple((await connection.execute(query)).one())


async def _parent(connection: AsyncConnection, document_id: UUID) -> UUID | None:
    parent = DOCUMENT_PARENT.c
    query = select(parent.parent_id).where(parent.document_id == document_id).order_by(parent.position).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()


async def _plan_owed(
    connection: AsyncConnection, document_id: UUID, unit_id: UUID
) -> tuple[datetime, datetime | None] | None:
    """Return due time and hand-in of the earliest plan a unit owed, where it had one to hand in."""
    o = OBLIGATION.c
    query = (
        select(o.due_at, o.handed_in_at)
        .join(ROUND, ROUND.c.id == o.round_id)
        .where(o.document_id == document_id, o.unit_id == unit_id, ROUND.c.kind == RoundKind.PLAN)
        .where(o.state.not_in(TERMINAL_WITHOUT_HAND_IN), o.due_at.is_not(None))
        .order_by(o.due_at)
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else (row.due_at, row.handed_in_at)


async def late_page(
    connection: AsyncConnection, document_id: UUID, at: datetime, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Return a page, by id, of what was late or is missing under a document at an instant."""
    o, handed = OBLIGATION.c, handed_by(at)
    query = (
        select(o.id, o.unit_id, UNIT.c.name, o.round_id, o.due_at, handed.label("handed_in_at"))
        .join(UNIT, UNIT.c.id == o.unit_id)
        .where(o.document_id == document_id, o.due_at <= at, o.state.not_in(TERMINAL_WITHOUT_HAND_IN))
        .where(handed.is_(None) | (handed >= o.due_at))
        .order_by(o.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(o.id > after)
    return (await connection.execute(query)).all()
