"""SQL over groups of units and their dated membership."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Row, and_, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.organizations.models import Succession, UnitGroup, UnitGroupMember
from plan_api.organizations.repository import UNIT, Rows, fetch

GROUP: Final = UnitGroup.__table__  # type: ignore[attr-defined]
MEMBER: Final = UnitGroupMember.__table__  # type: ignore[attr-defined]
SUCCESSION: Final = Succession.__table__  # type: ignore[attr-defined]


async def group(connection: AsyncConnection, group_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """Return a group that was not dissolved."""
    statement = select(GROUP).where(GROUP.c.id == group_id, GROUP.c.dissolved_at.is_(None))
    return (await connection.execute(statement.with_for_update() if lock else statement)).one_or_none()


async def by_code(connection: AsyncConnection, code: str) -> Row[Any] | None:
    """Return the living group of a code."""
    statement = select(GROUP).where(GROUP.c.code == code, GROUP.c.dissolved_at.is_(None))
    return (await connection.execute(statement)).one_or_none()


async def page(
    connection: AsyncConnection, owners: Sequence[UUID] | None, after: tuple[str, UUID] | None, limit: int
) -> Rows:
    """Return living groups in Vietnamese order: the installation's and those of some owners (None: of all)."""
    statement = select(GROUP).where(GROUP.c.dissolved_at.is_(None))
    if owners is not None:
        statement = statement.where(or_(GROUP.c.owner_unit_id.is_(None), GROUP.c.owner_unit_id.in_(owners)))
    if after is not None:
        statement = statement.where(tuple_(GROUP.c.name_sort, GROUP.c.id) > after)
    return await fetch(connection, statement.order_by(GROUP.c.name_sort, GROUP.c.id).limit(limit))


def _belongs(on: date) -> ColumnElement[bool]:
    return and_(MEMBER.c.valid_from <= on, or_(MEMBER.c.valid_to.is_(None), MEMBER.c.valid_to > on))


def _ended(on: date) -> ColumnElement[bool]:
    return and_(UNIT.c.valid_to.is_not(None), UNIT.c.valid_to <= on)


def _standing(group_ids: Sequence[UUID], on: date) -> CTE:
    """Return (`member`, `id`): members of a day and, for ended ones, their successors along any chain."""
    seed = select(MEMBER.c.unit_id.label("member"), MEMBER.c.unit_id.label("id")).where(
        MEMBER.c.group_id.in_(group_ids), _belongs(on)
    )
    found = seed.cte("standing", recursive=True)
    heirs = (
        select(found.c.member, SUCCESSION.c.successor_id)
        .join(UNIT, UNIT.c.id == found.c.id)
        .join(SUCCESSION, SUCCESSION.c.predecessor_id == found.c.id)
        .where(_ended(on), SUCCESSION.c.effective_on <= on)
    )
    return found.union(heirs)


async def members(connection: AsyncConnection, group_ids: Sequence[UUID], on: date) -> Rows:
    """Return (unit row, member) of the units groups mean on a day, in Vietnamese order.

    `member` is the unit that was put into the group: itself or, for a successor, the one that ended.
    """
    standing = _standing(group_ids, on)
    statement = (
        select(UNIT, standing.c.member)
        .join(standing, standing.c.id == UNIT.c.id)
        .where(
            or_(UNIT.c.valid_to.is_(None), UNIT.c.valid_to > on),
            or_(UNIT.c.valid_from.is_(None), UNIT.c.valid_from <= on),
        )
        .order_by(UNIT.c.name_sort, UNIT.c.id, standing.c.member != UNIT.c.id, standing.c.member)
    )
    return await fetch(connection, statement)


async def memberships(connection: AsyncConnection, group_id: UUID, on: date) -> dict[UUID, Row[Any]]:
    """Return the memberships of a group that are not over on a day, by unit."""
    statement = select(MEMBER).where(
        MEMBER.c.group_id == group_id, or_(MEMBER.c.valid_to.is_(None), MEMBER.c.valid_to > on)
    )
    return {row.unit_id: row for row in await fetch(connection, statement)}
