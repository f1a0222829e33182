"""What units of a round reported, and what the same units reported to the same decider in former rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, SubmissionKind
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import OBLIGATION, SUBMISSION, UNIT, among

FORMER: int = 8
"""How many former reports of a unit are looked at, the newest ones."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One unit's present report of a round."""

    unit_id: UUID
    unit_name: str
    name_sort: str
    obligation_id: UUID
    submission_id: UUID
    version: int
    deciding_unit_id: UUID
    filled: dict[str, Any] | None
    figures: dict[str, Any] | None


async def reported(connection: AsyncConnection, round_id: UUID) -> list[Reported]:
    """Return the reports of a round that are in, accepted or not, by unit name; nil returns are none."""
    o, s = OBLIGATION.c, SUBMISSION.c
    query = (
        select(UNIT.c.id, UNIT.c.name, UNIT.c.name_sort, o.id, s.id, s.version, o.deciding_unit_id, s.filled, s.figures)
        .join(SUBMISSION, s.id == o.submission_id)
        .join(UNIT, UNIT.c.id == o.unit_id)
        .where(
            o.round_id == round_id,
            o.state.in_((ObligationState.SUBMITTED, ObligationState.FULFILLED)),
            s.kind == SubmissionKind.REPORT,
        )
        .order_by(UNIT.c.name_sort, UNIT.c.id)
    )
    return [Reported(*row) for row in await connection.execute(query)]


async def former_reports(
    connection: AsyncConnection, round_id: UUID, unit_ids: Sequence[UUID], deciding_unit_id: UUID
) -> Sequence[Row[Any]]:
    """Return (unit, values, figures) of the newest accepted reports of units in other rounds of the same decider."""
    o, s = OBLIGATION.c, SUBMISSION.c
    numbered = (
        select(
            o.unit_id,
            s.filled,
            s.figures,
            func.row_number().over(partition_by=o.unit_id, order_by=s.received_at.desc()).label("age"),
        )
        .join(SUBMISSION, s.id == o.submission_id)
        .where(
            among(o.unit_id, unit_ids),
            o.round_id != round_id,
            o.deciding_unit_id == deciding_unit_id,
            o.state == ObligationState.FULFILLED,
            s.kind == SubmissionKind.REPORT,
        )
        .subquery()
    )
    query = select(numbered.c.unit_id, numbered.c.filled, numbered.c.figures).where(numbered.c.age <= FORMER)
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())
