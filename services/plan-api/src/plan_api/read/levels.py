"""How rounds stand on one another: what a round's consolidation was sent up as, and what it was made of."""

from collections.abc import Collection, Sequence
from typing import Any, cast
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState
from sqlalchemy import Row, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import (
    CONSOLIDATION,
    CONSOLIDATION_SOURCE,
    DIFFERENCE,
    DOCUMENT,
    OBLIGATION,
    ROUND,
    SUBMISSION,
    UNIT,
    among,
)

STANDS = frozenset({ObligationState.SUBMITTED, ObligationState.FULFILLED})
"""What was sent up stands with its superior; one that was returned, recalled or transferred stands for nothing."""


async def is_consolidated(connection: AsyncConnection, round_id: UUID) -> bool:
    """Return whether a round was consolidated, not only let off at its issue."""
    return bool((await connection.execute(select(exists().where(CONSOLIDATION.c.round_id == round_id)))).scalar_one())


async def sent_up(connection: AsyncConnection, round_id: UUID) -> Sequence[Row[Any]]:
    """Return what stands for a round one level up: (consolidation, obligation, its round and state, submission)."""
    query = (
        select(
            CONSOLIDATION.c.id.label("consolidation_id"),
            OBLIGATION.c.id.label("obligation_id"),
            OBLIGATION.c.round_id,
            OBLIGATION.c.state,
            SUBMISSION.c.id.label("submission_id"),
        )
        .join(SUBMISSION, SUBMISSION.c.consolidation_id == CONSOLIDATION.c.id)
        .join(OBLIGATION, OBLIGATION.c.submission_id == SUBMISSION.c.id)
        .where(CONSOLIDATION.c.round_id == round_id)
        .order_by(OBLIGATION.c.round_id)
    )
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())


async def holder_of(connection: AsyncConnection, round_id: UUID) -> Row[Any]:
    """Return whose consolidation a round's is: the issuer, with the document, its citation and the round's policy."""
    query = (
        select(
            DOCUMENT.c.id.label("document_id"),
            DOCUMENT.c.issuer_unit_id,
            DOCUMENT.c.number,
            DOCUMENT.c.notation,
            DOCUMENT.c.title.label("document_title"),
            ROUND.c.title,
            ROUND.c.policy_id,
        )
        .join(ROUND, ROUND.c.document_id == DOCUMENT.c.id)
        .where(ROUND.c.id == round_id)
    )
    return cast("Row[Any]", (await connection.execute(query)).one())


async def is_source(connection: AsyncConnection, round_id: UUID, submission_id: UUID) -> bool:
    """Return whether a round was consolidated from a submission."""
    query = exists().where(
        CONSOLIDATION.c.round_id == round_id,
        CONSOLIDATION_SOURCE.c.consolidation_id == CONSOLIDATION.c.id,
        CONSOLIDATION_SOURCE.c.submission_id == submission_id,
    )
    return bool((await connection.execute(select(query))).scalar_one())


async def holds_all(connection: AsyncConnection, round_id: UUID, consolidation_ids: Collection[UUID]) -> bool:
    """Return whether each of some consolidations was made of every report of its round that counts at present."""
    lacking = exists().where(
        OBLIGATION.c.round_id == round_id,
        OBLIGATION.c.state == ObligationState.FULFILLED,
        OBLIGATION.c.submission_id.is_not(None),
        CONSOLIDATION.c.round_id == OBLIGATION.c.round_id,
        among(CONSOLIDATION.c.id, consolidation_ids),
        ~exists().where(
            CONSOLIDATION_SOURCE.c.consolidation_id == CONSOLIDATION.c.id,
            CONSOLIDATION_SOURCE.c.submission_id == OBLIGATION.c.submission_id,
        ),
    )
    return not (await connection.execute(select(lacking))).scalar_one()


async def different_below(connection: AsyncConnection, round_id: UUID) -> Sequence[Row[Any]]:
    """Return the open differences of the consolidations a round's present reports were made of, with whose they are."""
    query = (
        select(
            UNIT.c.name.label("unit_name"),
            DIFFERENCE.c.submission_id,
            DIFFERENCE.c.former_id,
        )
        .select_from(OBLIGATION)
        .join(SUBMISSION, SUBMISSION.c.id == OBLIGATION.c.submission_id)
        .join(CONSOLIDATION, CONSOLIDATION.c.id == SUBMISSION.c.consolidation_id)
        .join(DIFFERENCE, DIFFERENCE.c.round_id == CONSOLIDATION.c.round_id)
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .where(
            OBLIGATION.c.round_id == round_id,
            OBLIGATION.c.state == ObligationState.FULFILLED,
            DIFFERENCE.c.cleared_at.is_(None),
        )
        .order_by(UNIT.c.name_sort, DIFFERENCE.c.submission_id)
    )
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())


async def causes(connection: AsyncConnection, round_id: UUID) -> Sequence[Row[Any]]:
    """Return the reports that make a round's consolidation out of date, with the versions they replaced."""
    former = SUBMISSION.alias("former")
    query = (
        select(
            DIFFERENCE.c.marked_at,
            OBLIGATION.c.unit_id,
            UNIT.c.name.label("unit_name"),
            OBLIGATION.c.id.label("obligation_id"),
            SUBMISSION.c.id.label("submission_id"),
            SUBMISSION.c.version,
            former.c.version.label("former_version"),
            SUBMISSION.c.received_at,
            SUBMISSION.c.correction_reason.label("reason"),
        )
        .join(SUBMISSION, SUBMISSION.c.id == DIFFERENCE.c.submission_id)
        .join(OBLIGATION, OBLIGATION.c.id == SUBMISSION.c.obligation_id)
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .outerjoin(former, former.c.id == DIFFERENCE.c.former_id)
        .where(DIFFERENCE.c.round_id == round_id, DIFFERENCE.c.cleared_at.is_(None))
        .order_by(DIFFERENCE.c.marked_at, DIFFERENCE.c.id)
    )
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())
