"""What a reorganisation must re-home: the unsettled obligations of ended units in documents in force."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, ObligationState, RoundKind
from sqlalchemy import ColumnElement, Row, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import ASSIGNMENT, DOCUMENT, LADDER_STEP, OBLIGATION, ROUND, among

UNSETTLED = (ObligationState.OPEN, ObligationState.SUBMITTED)


async def owed_in_force(connection: AsyncConnection, unit_ids: Collection[UUID]) -> list[Row[Any]]:
    """Lock and return what units owe of issued documents, open or undecided, by id, with round and assignment.

    They are taken acknowledgements last, as amendments and answers take them: each then waits for the others.
    """
    o = OBLIGATION.c
    assigned = (ASSIGNMENT.c.document_id == o.document_id) & (ASSIGNMENT.c.unit_id == o.unit_id)
    query = (
        select(
            o.id,
            o.document_id,
            o.round_id,
            o.unit_id,
            o.mode,
            o.state,
            o.deciding_unit_id,
            o.superior_unit_id,
            o.due_at,
            o.due_on,
            o.original_due_at,
            ROUND.c.policy_id,
            DOCUMENT.c.issued_at,
            ASSIGNMENT.c.line_kind,
        )
        .join(ROUND, ROUND.c.id == o.round_id)
        .join(DOCUMENT, DOCUMENT.c.id == o.document_id)
        .outerjoin(ASSIGNMENT, assigned)
        .where(among(o.unit_id, unit_ids), o.state.in_(UNSETTLED), DOCUMENT.c.state == DocumentState.ISSUED)
        .order_by(ROUND.c.kind == RoundKind.ACKNOWLEDGE, o.id)
        .with_for_update(of=OBLIGATION, key_share=True)
    )
    return sorted(await connection.execute(query), key=lambda row: row.id)


def rounds_and_steps(round_id: UUID) -> list[tuple[Table, ColumnElement[bool], list[str]]]:
    """Return what settling a round changes: its row and its untaken steps, with the columns concerned."""
    untaken = (LADDER_STEP.c.round_id == round_id) & LADDER_STEP.c.outcome.is_(None)
    return [
        (ROUND, ROUND.c.id == round_id, ["settled_at"]),
        (LADDER_STEP, untaken, ["outcome", "taken_at", "why"]),
    ]
