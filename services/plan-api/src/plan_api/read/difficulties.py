"""Difficulties with their documents, units and answers, and who stands on either side of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState
from sqlalchemy import ColumnElement, Row, Select, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import ASSIGNMENT, DIFFICULTY, DIFFICULTY_ANSWER, DOCUMENT, OBLIGATION, SEAT, UNIT, among


@dataclass(frozen=True, slots=True)
class Sides:
    """Who answers about a document: its issuer, and the unit of its tracker's seat."""

    issuer_unit_id: UUID
    tracker_unit_id: UUID | None
    state: DocumentState


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. `raised_by` and `received_by` limit it to units on either side (None: all)."""

    raised_by: set[UUID] | None = None
    received_by: set[UUID] | None = None
    document_id: UUID | None = None
    unit_id: UUID | None = None
    answered: bool | None = None


async def sides(connection: AsyncConnection, document_id: UUID) -> Sides | None:
    """Return who answers about a document, or None."""
    query = (
        select(DOCUMENT.c.issuer_unit_id, SEAT.c.unit_id, DOCUMENT.c.state)
        .outerjoin(SEAT, SEAT.c.id == DOCUMENT.c.tracker_seat_id)
        .where(DOCUMENT.c.id == document_id)
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Sides(row[0], row[1], DocumentState(row[2]))


async def is_bound(connection: AsyncConnection, document_id: UUID, unit_id: UUID) -> bool:
    """Return whether a document is assigned to a unit."""
    query = select(exists().where(ASSIGNMENT.c.document_id == document_id, ASSIGNMENT.c.unit_id == unit_id))
    return bool((await connection.execute(query)).scalar_one())


async def owes(connection: AsyncConnection, obligation_id: UUID, document_id: UUID, unit_id: UUID) -> bool:
    """Return whether an obligation is a unit's of a document."""
    query = select(
        exists().where(
            OBLIGATION.c.id == obligation_id,
            OBLIGATION.c.document_id == document_id,
            OBLIGATION.c.unit_id == unit_id,
        )
    )
    return bool((await connection.execute(query)).scalar_one())


def _cards() -> Select[Any]:
    same = DIFFICULTY.alias("same")
    together = (
        select(func.count()).select_from(same).where(same.c.answer_id == DIFFICULTY_ANSWER.c.id).scalar_subquery()
    )
    return (
        select(
            DIFFICULTY,
            UNIT.c.name.label("unit_name"),
            DOCUMENT.c.title.label("document_title"),
            DOCUMENT.c.issuer_unit_id,
            SEAT.c.unit_id.label("tracker_unit_id"),
            DIFFICULTY_ANSWER.c.text.label("answer_text"),
            DIFFICULTY_ANSWER.c.unit_id.label("answer_unit_id"),
            DIFFICULTY_ANSWER.c.answered_at,
            together.label("together"),
        )
        .join(UNIT, UNIT.c.id == DIFFICULTY.c.unit_id)
        .join(DOCUMENT, DOCUMENT.c.id == DIFFICULTY.c.document_id)
        .outerjoin(SEAT, SEAT.c.id == DOCUMENT.c.tracker_seat_id)
        .outerjoin(DIFFICULTY_ANSWER, DIFFICULTY_ANSWER.c.id == DIFFICULTY.c.answer_id)
    )


async def page(
    connection: AsyncConnection, filters: Filters, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Return difficulties newest first, after a (raised_at, id) cursor."""
    query = _cards().order_by(DIFFICULTY.c.raised_at.desc(), DIFFICULTY.c.id.desc()).limit(limit)
    concerned: list[ColumnElement[bool]] = []
    if filters.raised_by is not None:
        concerned.append(among(DIFFICULTY.c.unit_id, filters.raised_by))
    if filters.received_by is not None:
        received = filters.received_by
        concerned.append(among(DOCUMENT.c.issuer_unit_id, received) | among(SEAT.c.unit_id, received))
    if concerned:
        query = query.where(concerned[0] if len(concerned) == 1 else concerned[0] | concerned[1])
    if filters.document_id is not None:
        query = query.where(DIFFICULTY.c.document_id == filters.document_id)
    if filters.unit_id is not None:
        query = query.where(DIFFICULTY.c.unit_id == filters.unit_id)
    if filters.answered is not None:
        has_answer = DIFFICULTY.c.answer_id.is_not(None)
        query = query.where(has_answer if filters.answered else ~has_answer)
    if after is not None:
        query = query.where(tuple_(DIFFICULTY.c.raised_at, DIFFICULTY.c.id) < tuple_(*after))
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())


async def some(connection: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Return difficulties by id, oldest first."""
    query = _cards().where(among(DIFFICULTY.c.id, ids)).order_by(DIFFICULTY.c.raised_at, DIFFICULTY.c.id)
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())
