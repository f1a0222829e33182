"""What a change of the calendar may move: unsettled rounds of issued documents, their ladders, who stands on them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, ExtensionState, ObligationState, StepKind
from sqlalchemy import Row, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import DOCUMENT, EXTENSION, LADDER, LADDER_STEP, OBLIGATION, ROUND, among
from plan_api.rules.ladders import RetiredFor


@dataclass(frozen=True, slots=True)
class Standing:
    """How many unsettled obligations of one due time stand on a ladder, those with a granted extension apart.

    On a review ladder all of them together: `due_at` is None.
    """

    extended: bool
    obligations: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class LadderNow:
    """A ladder with its steps (rows of `ladder_step`) and who stands on it."""

    row: Row[Any]
    steps: list[Row[Any]]
    standing: list[Standing]

    @property
    def has_cut_off(self) -> bool:
        """Whether the ladder still has to close its round."""
        return any(step.kind == StepKind.CUT_OFF and step.outcome is None for step in self.steps)


@dataclass(frozen=True, slots=True)
class RoundNow:
    """An unsettled round of an issued document with its ladders that still have something ahead."""

    id: UUID
    document_id: UUID
    kind: str
    title: str
    document_title: str
    due_rule: dict[str, Any]
    due_at: datetime | None
    due_on: date | None
    due_reasons: list[str]
    cut_off_at: datetime | None
    ladders: list[LadderNow]


_EXTENDED = exists().where(
    EXTENSION.c.obligation_id == OBLIGATION.c.id,
    EXTENSION.c.state == ExtensionState.APPROVED,
    EXTENSION.c.decided_due_at == OBLIGATION.c.due_at,
)
_OWING = OBLIGATION.c.state.in_((ObligationState.OPEN, ObligationState.SUBMITTED))
_UNTAKEN = exists().where(LADDER_STEP.c.ladder_id == LADDER.c.id, LADDER_STEP.c.outcome.is_(None))
_RETIRED = exists().where(LADDER_STEP.c.ladder_id == LADDER.c.id, LADDER_STEP.c.why.in_(tuple(RetiredFor)))


async def unsettled(
    connection: AsyncConnection, now: datetime, document_ids: Collection[UUID] | None = None
) -> list[RoundNow]:
    """Return rounds (of some documents) with something ahead, by document and position."""
    query = (
        select(ROUND, DOCUMENT.c.title.label("document_title"))
        .join(DOCUMENT, DOCUMENT.c.id == ROUND.c.document_id)
        .where(DOCUMENT.c.state == DocumentState.ISSUED, ROUND.c.settled_at.is_(None))
        .order_by(ROUND.c.document_id, ROUND.c.position)
    )
    if document_ids is not None:
        query = query.where(among(ROUND.c.document_id, document_ids))
    rounds = list(await connection.execute(query))
    ladders = await _ladders(connection, [row.id for row in rounds], now)
    return [
        RoundNow(
            row.id,
            row.document_id,
            row.kind,
            row.title,
            row.document_title,
            row.due_rule,
            row.due_at,
            row.due_on,
            row.due_reasons,
            row.cut_off_at,
            ladders.get(row.id, []),
        )
        for row in rounds
    ]


async def _ladders(
    connection: AsyncConnection, round_ids: Collection[UUID], now: datetime
) -> dict[UUID, list[LadderNow]]:
    query = (
        select(LADDER)
        .where(among(LADDER.c.round_id, round_ids), or_(_UNTAKEN, LADDER.c.due_at > now), ~_RETIRED)
        .order_by(LADDER.c.armed_at, LADDER.c.id)
    )
    rows = list(await connection.execute(query))
    steps: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    chosen = select(LADDER_STEP).where(among(LADDER_STEP.c.ladder_id, steps)).order_by(LADDER_STEP.c.position)
    for step in await connection.execute(chosen):
        steps[step.ladder_id].append(step)
    standing = await _standing(connection, steps)
    found: dict[UUID, list[LadderNow]] = {}
    for row in rows:
        ladder = LadderNow(row, steps[row.id], standing.get(row.id, []))
        if ladder.standing or ladder.has_cut_off:
            found.setdefault(row.round_id, []).append(ladder)
    return found


async def _standing(connection: AsyncConnection, ladder_ids: Collection[UUID]) -> dict[UUID, list[Standing]]:
    """Return who stands on ladders: those who still owe or await the decision, on review ladders only the latter."""
    found: dict[UUID, list[Standing]] = {}
    grouped = (
        select(OBLIGATION.c.ladder_id, _EXTENDED.label("extended"), func.count(), OBLIGATION.c.due_at)
        .where(among(OBLIGATION.c.ladder_id, ladder_ids), _OWING)
        .group_by(OBLIGATION.c.ladder_id, _EXTENDED, OBLIGATION.c.due_at)
        .order_by(OBLIGATION.c.due_at, _EXTENDED)
    )
    inner = grouped.subquery()
    for ladder_id, extended, count, due_at in await connection.execute(select(inner)):
        found.setdefault(ladder_id, []).append(Standing(extended, count, due_at))
    reviews = (
        select(OBLIGATION.c.review_ladder_id, func.count())
        .where(among(OBLIGATION.c.review_ladder_id, ladder_ids), OBLIGATION.c.state == ObligationState.SUBMITTED)
        .group_by(OBLIGATION.c.review_ladder_id)
    )
    for ladder_id, count in await connection.execute(reviews):
        found.setdefault(ladder_id, []).append(Standing(False, count, None))
    return found
