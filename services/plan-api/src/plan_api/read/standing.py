"""Where an obligation stands: one row with all that a decision about it needs, locked for the deciding transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, DocumentState, ObligationState, RoundKind
from sqlalchemy import Row, Select, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import ASSIGNMENT, CALENDAR_LOCK, DOCUMENT, LADDER, OBLIGATION, ROUND, SUSPENSION


@dataclass(frozen=True, slots=True)
class Standing:
    """An obligation with what its round and document say."""

    id: UUID
    round_id: UUID
    document_id: UUID
    unit_id: UUID
    mode: AssignmentMode
    state: ObligationState
    deciding_unit_id: UUID
    superior_unit_id: UUID | None
    due_at: datetime | None
    due_on: date | None
    ladder_id: UUID | None
    review_ladder_id: UUID | None
    submission_id: UUID | None
    submission_version: int
    handed_in_at: datetime | None
    hand_in_kept_until: datetime | None
    submitted_at: datetime | None
    returned_at: datetime | None
    row_version: int
    round_kind: RoundKind
    round_title: str
    needs_acceptance: bool
    signed_file_required: bool
    policy_id: UUID
    cut_off_at: datetime | None
    round_closed_at: datetime | None
    document_state: DocumentState
    document_issued_at: datetime | None
    ladder_due_at: datetime | None
    suspended: bool
    form_id: UUID | None
    frozen_at: datetime | None

    @property
    def in_force(self) -> bool:
        """Whether the document still asks for anything."""
        return self.document_state is DocumentState.ISSUED


_SUSPENDED = exists().where(SUSPENSION.c.document_id == OBLIGATION.c.document_id, SUSPENSION.c.until_at.is_(None))


def _query() -> Select[Any]:
    o = OBLIGATION.c
    return (
        select(
            o.id,
            o.round_id,
            o.document_id,
            o.unit_id,
            o.mode,
            o.state,
            o.deciding_unit_id,
            o.superior_unit_id,
            o.due_at,
            o.due_on,
            o.ladder_id,
            o.review_ladder_id,
            o.submission_id,
            o.submission_version,
            o.handed_in_at,
            o.hand_in_kept_until,
            o.submitted_at,
            o.returned_at,
            o.row_version,
            ROUND.c.kind,
            ROUND.c.title,
            ROUND.c.needs_acceptance,
            ROUND.c.signed_file_required,
            ROUND.c.policy_id,
            ROUND.c.cut_off_at,
            ROUND.c.closed_at,
            DOCUMENT.c.state.label("document_state"),
            DOCUMENT.c.issued_at,
            LADDER.c.due_at.label("ladder_due_at"),
            _SUSPENDED.label("suspended"),
            ROUND.c.form_id,
            o.frozen_at,
        )
        .join(ROUND, ROUND.c.id == o.round_id)
        .join(DOCUMENT, DOCUMENT.c.id == o.document_id)
        .outerjoin(LADDER, LADDER.c.id == o.ladder_id)
    )


_ONE = _query().where(OBLIGATION.c.id == bindparam("obligation_id"))
_CALENDAR_HELD = select(func.pg_advisory_xact_lock_shared(CALENDAR_LOCK)).scalar_subquery().is_not(None)
"""Depends on no row, so it is asked before any is locked: a change of the calendar locks rows while it holds this."""
_LOCKED = _ONE.where(_CALENDAR_HELD).with_for_update(of=OBLIGATION, key_share=True)
_HELD_AT_ONCE = select(func.pg_try_advisory_xact_lock_shared(CALENDAR_LOCK)).scalar_subquery()
_LOCKED_AT_ONCE = _ONE.where(_HELD_AT_ONCE).with_for_update(of=OBLIGATION, key_share=True)
"""Whoever had to wait would see round and document as they were before what it waited for: it reads again."""


def _standing(row: Row[Any]) -> Standing:
    values: list[Any] = list(row)
    values[4], values[5] = AssignmentMode(str(values[4])), ObligationState(str(values[5]))
    values[19], values[26] = RoundKind(str(values[19])), DocumentState(str(values[26]))
    return Standing(*values)


async def lock_standing(connection: AsyncConnection, obligation_id: UUID) -> Standing | None:
    """Return an obligation's standing, its row locked `for no key update` (steps go on referring to it), or None.

    The calendar is held still from now on: what is derived from it is what a change of it finds.
    """
    row = (await connection.execute(_LOCKED_AT_ONCE, {"obligation_id": obligation_id})).one_or_none()
    if row is None:
        await connection.execute(select(func.pg_advisory_xact_lock_shared(CALENDAR_LOCK)))
        row = (await connection.execute(_LOCKED, {"obligation_id": obligation_id})).one_or_none()
    return None if row is None else _standing(row)


async def read_standing(connection: AsyncConnection, obligation_id: UUID) -> Standing | None:
    """Return an obligation's standing without a lock, or None."""
    row = (await connection.execute(_ONE, {"obligation_id": obligation_id})).one_or_none()
    return None if row is None else _standing(row)


async def find_obligation(connection: AsyncConnection, round_id: UUID, unit_id: UUID) -> UUID | None:
    """Return what a unit owes of a round, or None."""
    query = select(OBLIGATION.c.id).where(OBLIGATION.c.round_id == round_id, OBLIGATION.c.unit_id == unit_id)
    return (await connection.execute(query)).scalar_one_or_none()


async def is_assigned(connection: AsyncConnection, root_id: UUID, document_id: UUID, unit_id: UUID | None) -> bool:
    """Return whether a unit is bound by a document, or the document is the root of a cascade that reaches the unit."""
    query = select(
        exists()
        .where(ASSIGNMENT.c.unit_id == unit_id, ASSIGNMENT.c.document_id == DOCUMENT.c.id)
        .where((DOCUMENT.c.id == document_id) | ((DOCUMENT.c.root_id == root_id) & (root_id == document_id)))
    )
    return bool((await connection.execute(query)).scalar_one())
