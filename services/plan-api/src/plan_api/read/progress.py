"""Progress: counts of obligations by round, document, level or unit, all from one grouped SELECT.

Obligations with the same round, due time, state and hand-in class stand alike, so the database groups and the rules
classify groups: the same definition everywhere, and counts that add up because each obligation is in one group.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from cascade_contracts.vocabulary import TERMINAL_WITHOUT_HAND_IN, ObligationState, RoundKind
from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from plan_api.read.tables import (
    DOCUMENT,
    EXTENSION,
    OBLIGATION,
    OBLIGATION_STEP,
    OBLIGATION_TRANSFER,
    ROUND,
    SUBMISSION,
    UNIT,
)
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.policies import Offset
from plan_api.rules.timeliness import Tally, classify, due_soon_from

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Group:
    """Obligations that stand alike; `handed_in_at` is a representative of its class (in time, late, none)."""

    document_id: UUID
    round_id: UUID
    unit_id: UUID | None
    due_at: datetime | None
    state: ObligationState
    handed_in_at: datetime | None
    count: int


def _as_it_was(scope: ColumnElement[bool]) -> Subquery:
    """Return obligations by the units of before every reorganisation, each standing as what took its place stands.

    What was opened for a successor is counted with its predecessors only. Of several that took a place the one that
    lags stands for all, so that nothing counts as handed in before every part of it is.
    """
    o, taking = OBLIGATION.c, OBLIGATION.alias("taking")
    t = OBLIGATION_TRANSFER.c
    unexpected = taking.c.state.in_(TERMINAL_WITHOUT_HAND_IN)
    last = (
        select(taking)
        .join(OBLIGATION_TRANSFER, t.to_id == taking.c.id)
        .where(t.from_id == o.id, taking.c.state != ObligationState.TRANSFERRED)
        .order_by(unexpected, taking.c.handed_in_at.is_not(None), taking.c.handed_in_at.desc())
        .limit(1)
        .lateral("last")
    )
    standing = [
        case((last.c.id.is_not(None), last.c[name]), else_=o[name]).label(name)
        for name in ("state", "due_at", "handed_in_at", "hand_in_kept_until")
    ]
    return (
        select(o.document_id, o.round_id, o.unit_id, *standing)
        .select_from(OBLIGATION.outerjoin(last, true()))
        .where(scope, _owed_before())
        .subquery("was")
    )


def _owed_before() -> ColumnElement[bool]:
    """Return whether an obligation was there of itself, not opened for a successor."""
    return ~exists().where(OBLIGATION_TRANSFER.c.to_id == OBLIGATION.c.id, OBLIGATION_TRANSFER.c.opened)


def handed_by(at: datetime) -> ColumnElement[datetime]:
    """Return the hand-in time of an obligation as it counts at an instant, null for none."""
    return _handed(at, OBLIGATION.c)


def _handed(at: datetime, o: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[datetime]:
    counts = and_(or_(o.hand_in_kept_until.is_(None), o.hand_in_kept_until > at), o.handed_in_at <= at)
    return case((counts, o.handed_in_at))


def _groups(at: datetime, scope: ColumnElement[bool], *, by_unit: bool, then: bool) -> Select[Any]:
    o = _as_it_was(scope).c if then else OBLIGATION.c
    handed = _handed(at, o)
    in_time = handed < o.due_at
    unit = [o.unit_id] if by_unit else []
    return (
        select(o.document_id, o.round_id, *unit, o.due_at, o.state, func.min(handed), func.count())
        .where(true() if then else scope)
        .group_by(o.document_id, o.round_id, *unit, o.due_at, o.state, handed.is_(None), in_time)
    )


async def groups(
    connection: AsyncConnection,
    at: datetime,
    scope: ColumnElement[bool],
    *,
    by_unit: bool = False,
    then: bool = False,
) -> list[Group]:
    """Return the groups of the obligations in a scope, as of an instant; `then` by the units of before."""
    rows: Iterable[Row[Any]] = await connection.execute(_groups(at, scope, by_unit=by_unit, then=then))
    found = []
    for row in rows:
        document_id, round_id, *units, due_at, state, handed_in_at, count = tuple(row)
        unit_id = units[0] if units else None
        found.append(Group(document_id, round_id, unit_id, due_at, ObligationState(state), handed_in_at, count))
    return found


class Counter:
    """Classifies groups at one instant, with the calendar's idea of "due soon"."""

    def __init__(self, at: datetime, calendar: WorkCalendar, due_soon: Offset) -> None:
        self._at, self._calendar, self._due_soon = at, calendar, due_soon
        self._soon: dict[datetime, datetime] = {}

    def tally(self, group: Group) -> Tally:
        """Return the tally of one group."""
        timeliness = classify(group.state, group.due_at, group.handed_in_at, self._at, self._soon_from(group.due_at))
        return Tally.of(timeliness, group.state, group.count)

    def by(self, found: Iterable[Group], key: Callable[[Group], K]) -> dict[K, Tally]:
        """Return tallies by a key of the groups."""
        tallies: dict[K, Tally] = defaultdict(Tally)
        for group in found:
            tallies[key(group)] += self.tally(group)
        return tallies

    def _soon_from(self, due_at: datetime | None) -> datetime | None:
        if due_at is None:
            return None
        if due_at not in self._soon:
            self._soon[due_at] = due_soon_from(due_at, self._due_soon, self._calendar)
        return self._soon[due_at]


@dataclass(frozen=True, slots=True)
class DocumentOfCascade:
    """A document of a cascade with its issuer."""

    id: UUID
    level: int
    issuer_unit_id: UUID
    issuer_name: str
    title: str
    number: str | None
    notation: str | None
    state: str


async def cascade_documents(connection: AsyncConnection, root_id: UUID) -> list[DocumentOfCascade]:
    """Return the issued or recalled documents of a cascade, by level and issuer."""
    query = (
        select(
            DOCUMENT.c.id,
            DOCUMENT.c.level,
            DOCUMENT.c.issuer_unit_id,
            UNIT.c.name,
            DOCUMENT.c.title,
            DOCUMENT.c.number,
            DOCUMENT.c.notation,
            DOCUMENT.c.state,
        )
        .join(UNIT, UNIT.c.id == DOCUMENT.c.issuer_unit_id)
        .where(DOCUMENT.c.root_id == root_id, DOCUMENT.c.issued_at.is_not(None))
        .order_by(DOCUMENT.c.level, UNIT.c.name_sort, DOCUMENT.c.id)
    )
    return [DocumentOfCascade(*row) for row in await connection.execute(query)]


async def round_kinds(connection: AsyncConnection, document_ids: list[UUID]) -> dict[UUID, RoundKind]:
    """Return the kind of each round of some documents."""
    query = select(ROUND.c.id, ROUND.c.kind).where(ROUND.c.document_id.in_(document_ids))
    return {row.id: RoundKind(row.kind) for row in await connection.execute(query)}


async def round_periods(connection: AsyncConnection, document_ids: list[UUID]) -> dict[UUID, str | None]:
    """Return the period of each round of some documents."""
    query = select(ROUND.c.id, ROUND.c.period).where(ROUND.c.document_id.in_(document_ids))
    return {row.id: row.period for row in await connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Events:
    """What happened beside the sum: obligations escalated, submissions returned, extensions granted."""

    escalated: int
    returned: int
    extended: int


async def events(connection: AsyncConnection, document_ids: list[UUID]) -> Events:
    """Count escalated obligations, returned submissions and approved extensions of some documents."""
    here = OBLIGATION.c.document_id.in_(document_ids)
    escalated = (
        select(func.count(func.distinct(OBLIGATION_STEP.c.obligation_id)))
        .join(OBLIGATION, OBLIGATION.c.id == OBLIGATION_STEP.c.obligation_id)
        .where(here, OBLIGATION_STEP.c.kind == "escalate")
    )
    returned = (
        select(func.count())
        .select_from(SUBMISSION)
        .join(OBLIGATION, OBLIGATION.c.id == SUBMISSION.c.obligation_id)
        .where(here, SUBMISSION.c.state == "returned")
    )
    extended = (
        select(func.count())
        .select_from(EXTENSION)
        .join(OBLIGATION, OBLIGATION.c.id == EXTENSION.c.obligation_id)
        .where(here, EXTENSION.c.state == "approved")
    )
    row = (
        await connection.execute(
            select(escalated.scalar_subquery(), returned.scalar_subquery(), extended.scalar_subquery())
        )
    ).one()
    return Events(*row)


def of_document(document_id: UUID) -> ColumnElement[bool]:
    """Return the scope of one document."""
    return OBLIGATION.c.document_id == document_id


def of_documents(document_ids: list[UUID]) -> ColumnElement[bool]:
    """Return the scope of some documents."""
    return OBLIGATION.c.document_id.in_(document_ids)


def owed_by(unit_id: UUID) -> ColumnElement[bool]:
    """Return the scope of what a unit owes."""
    return OBLIGATION.c.unit_id == unit_id


def decided_by(unit_id: UUID) -> ColumnElement[bool]:
    """Return the scope of what a unit decides about."""
    return OBLIGATION.c.deciding_unit_id == unit_id


def of_units(unit_ids: list[UUID]) -> ColumnElement[bool]:
    """Return the scope of what some units owe."""
    return OBLIGATION.c.unit_id.in_(unit_ids)


async def units_page(
    connection: AsyncConnection, document_ids: list[UUID], after: UUID | None, limit: int, *, then: bool = False
) -> list[UUID]:
    """Return a page of the units that owe under some documents, by id."""
    query = select(OBLIGATION.c.unit_id).where(of_documents(document_ids)).distinct().order_by(OBLIGATION.c.unit_id)
    if then:
        query = query.where(_owed_before())
    if after is not None:
        query = query.where(OBLIGATION.c.unit_id > after)
    return list((await connection.execute(query.limit(limit))).scalars())
