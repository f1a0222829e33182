"""Open the obligations of a document at its issue: one a round and unit, each on its ladder."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import AssignmentMode, ObligationState
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import chunks
from plan_api.obligations import repository


@dataclass(frozen=True, slots=True)
class Assigned:
    """A unit a document binds, with who is one step up on the line it came down."""

    unit_id: UUID
    mode: AssignmentMode
    superior_unit_id: UUID


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round about to be opened, with the ladder of each mode."""

    round_id: UUID
    document_id: UUID
    deciding_unit_id: UUID
    due_at: datetime | None
    due_on: date | None
    ladders: dict[AssignmentMode, UUID]
    receivers: Sequence[UUID]


async def open_obligations(
    connection: AsyncConnection,
    opened: OpenRound,
    assigned: Sequence[Assigned],
    now: datetime,
    state: ObligationState = ObligationState.OPEN,
) -> int:
    """Insert what the assigned units owe of a round, or (`waived`) would have owed; return how many."""
    for part in chunks(assigned):  # of tens of thousands of units never all rows at once
        rows = [_row(opened, unit, now, state) for unit in part]
        receivers = [{"obligation_id": row["id"], "unit_id": receiver} for row in rows for receiver in opened.receivers]
        await repository.add_obligations(connection, rows, receivers)
    return len(assigned)


def _row(opened: OpenRound, unit: Assigned, now: datetime, state: ObligationState) -> dict[str, Any]:
    return {
        "id": new_id(),
        "document_id": opened.document_id,
        "round_id": opened.round_id,
        "unit_id": unit.unit_id,
        "mode": unit.mode,
        "state": state,
        "settled_at": None if state is ObligationState.OPEN else now,
        "deciding_unit_id": opened.deciding_unit_id,
        "superior_unit_id": unit.superior_unit_id,
        "due_at": opened.due_at,
        "due_on": opened.due_on,
        "original_due_at": opened.due_at,
        "ladder_id": opened.ladders[unit.mode],
        "submission_version": 0,
        "row_version": 1,
        "created_at": now,
    }
