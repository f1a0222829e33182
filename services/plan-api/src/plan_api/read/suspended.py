"""What suspended units owe in documents in force, with what resuming them has to know; and who is suspended now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import (
    AssignmentMode,
    DocumentState,
    ExtensionState,
    NoticeState,
    ObligationState,
    RoundKind,
    StepKind,
)
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import (
    DOCUMENT,
    EXTENSION,
    LADDER,
    NOTICE,
    OBLIGATION,
    OBLIGATION_STEP,
    ROUND,
    UNIT,
    UNIT_SUSPENSION,
    among,
)


def is_suspended(unit_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    """Return whether a unit is suspended now."""
    return exists().where(UNIT_SUSPENSION.c.unit_id == unit_id, UNIT_SUSPENSION.c.until_at.is_(None))


@dataclass(frozen=True, slots=True)
class Duty:
    """Something open or undecided that a unit owes, or (`decides`) has to decide on.

    `heard_at`: when something was last said about it that reached, or may yet reach, somebody. `due_set_at`: when
    the due time it has now was given, where it is not that of the issue. `withheld`: the last news of an amendment or a
    later due time, where it was kept from everybody and nothing was said since.
    """

    obligation_id: UUID
    unit_id: UUID
    unit_name: str
    document_id: UUID
    document_title: str
    round_id: UUID
    round_title: str
    policy_id: UUID
    cut_off_at: datetime | None
    issued_at: datetime | None
    mode: AssignmentMode
    state: ObligationState
    deciding_unit_id: UUID
    due_at: datetime | None
    due_on: date | None
    created_at: datetime
    returned_at: datetime | None
    ladder_due_at: datetime | None
    ladder_id: UUID | None
    heard_at: datetime | None
    withheld: StepKind | None
    due_set_at: datetime | None


_OWED = (ObligationState.OPEN, ObligationState.SUBMITTED)
_MOVED = ("extension", "extended", "resumed", "amended")
"""Why ladders are armed when a due time was moved; those of the obligation's beginning move nothing."""
_NOTICE_LATER = NOTICE.alias("notice_later")
_UNHEARD = (NoticeState.WITHHELD, NoticeState.UNREACHABLE)


async def documents_owed(connection: AsyncConnection, unit_ids: Collection[UUID]) -> list[UUID]:
    """Return the documents in force of which units owe or decide something unsettled, ascending."""
    query = (
        select(OBLIGATION.c.document_id)
        .distinct()
        .join(DOCUMENT, DOCUMENT.c.id == OBLIGATION.c.document_id)
        .where(_concerns(unit_ids), OBLIGATION.c.state.in_(_OWED), DOCUMENT.c.state == DocumentState.ISSUED)
        .order_by(OBLIGATION.c.document_id)
    )
    return list((await connection.execute(query)).scalars())


def _concerns(unit_ids: Collection[UUID]) -> ColumnElement[bool]:
    o = OBLIGATION.c
    return or_(among(o.unit_id, unit_ids), among(o.deciding_unit_id, unit_ids) & (o.state == ObligationState.SUBMITTED))


async def duties_of(connection: AsyncConnection, unit_ids: Collection[UUID]) -> list[Duty]:
    """Return what units owe or have to decide on in documents in force, by due time.

    They are locked, acknowledgements last, in the order in which an answer takes them.
    """
    o = OBLIGATION.c
    granted = (
        select(EXTENSION.c.decided_at)
        .where(
            EXTENSION.c.obligation_id == o.id,
            EXTENSION.c.state == ExtensionState.APPROVED,
            EXTENSION.c.decided_due_at == o.due_at,
        )
        .order_by(EXTENSION.c.decided_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    spoken = OBLIGATION_STEP.c
    heard_at = (
        select(func.max(spoken.at))
        .where(
            spoken.obligation_id == o.id,
            ~exists().where(NOTICE.c.id == spoken.notice_id, NOTICE.c.state.in_(_UNHEARD)),
        )
        .scalar_subquery()
    )
    later = OBLIGATION_STEP.alias("later")
    withheld = (
        select(spoken.kind)
        .join(NOTICE, NOTICE.c.id == spoken.notice_id)
        .where(
            spoken.obligation_id == o.id,
            spoken.kind.in_((StepKind.EXTENDED, StepKind.AMENDED)),
            NOTICE.c.state.in_(_UNHEARD),
            ~exists().where(
                later.c.obligation_id == o.id,
                later.c.at > spoken.at,
                ~exists().where(_NOTICE_LATER.c.id == later.c.notice_id, _NOTICE_LATER.c.state.in_(_UNHEARD)),
            ),
        )
        .order_by(spoken.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            o.id,
            o.unit_id,
            UNIT.c.name,
            o.document_id,
            DOCUMENT.c.title,
            o.round_id,
            ROUND.c.title,
            ROUND.c.policy_id,
            ROUND.c.cut_off_at,
            DOCUMENT.c.issued_at,
            o.mode,
            o.state,
            o.deciding_unit_id,
            o.due_at,
            o.due_on,
            o.created_at,
            o.returned_at,
            LADDER.c.due_at,
            o.ladder_id,
            heard_at,
            withheld,
            granted,
            LADDER.c.reason,
            LADDER.c.armed_at,
        )
        .join(UNIT, UNIT.c.id == o.unit_id)
        .join(DOCUMENT, DOCUMENT.c.id == o.document_id)
        .join(ROUND, ROUND.c.id == o.round_id)
        .outerjoin(LADDER, LADDER.c.id == o.ladder_id)
        .where(_concerns(unit_ids), o.state.in_(_OWED), DOCUMENT.c.state == DocumentState.ISSUED)
        .order_by(ROUND.c.kind == RoundKind.ACKNOWLEDGE, o.due_at.nulls_last(), o.id)
        .with_for_update(of=OBLIGATION, key_share=True)
    )
    found = []
    for row in await connection.execute(query):
        *facts, granted_at, reason, armed_at = tuple(row)
        moved_at = armed_at if reason in _MOVED and armed_at > row.created_at else None
        set_at = max((at for at in (granted_at, moved_at) if at is not None), default=None)
        facts[20] = None if facts[20] is None else StepKind(facts[20])
        facts[10], facts[11] = AssignmentMode(facts[10]), ObligationState(facts[11])
        duty: Any = [*facts, set_at]
        found.append(Duty(*duty))
    return found
