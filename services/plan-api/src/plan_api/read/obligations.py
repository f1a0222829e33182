"""Lists of obligations and one obligation with everything that happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from cascade_contracts.vocabulary import TERMINAL_WITHOUT_HAND_IN, ExtensionState, ObligationState
from sqlalchemy import ColumnElement, Row, Select, Table, exists, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.models import METADATA
from plan_api.read.tables import (
    CANARY_UNITS,
    CONSOLIDATION,
    DOCUMENT,
    EXTENSION,
    LADDER_STEP,
    NOTICE,
    OBLIGATION,
    OBLIGATION_RECEIVER,
    OBLIGATION_STEP,
    ROUND,
    SUBMISSION,
    UNIT,
    among,
)

SUBMISSION_FILE: Table = METADATA.tables["submission_file"]
FAR = datetime(9000, 1, 1, tzinfo=UTC)
"""Where obligations without a due time sort."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of obligations is narrowed to.

    `units` limits what the caller may see, by owing or deciding unit, `seen` by receiving one: with it, the ended units
    those speak for. One of `receiving` must be among the receivers.
    """

    units: set[UUID] | None = None
    unit_id: UUID | None = None
    document_id: UUID | None = None
    round_id: UUID | None = None
    deciding_unit_id: UUID | None = None
    state: ObligationState | None = None
    seen: set[UUID] | None = None
    receiving: set[UUID] | None = None


def _cards() -> Select[Any]:
    o = OBLIGATION.c
    return (
        select(
            o.id,
            o.document_id,
            o.round_id,
            o.unit_id,
            UNIT.c.name.label("unit_name"),
            DOCUMENT.c.title.label("document_title"),
            DOCUMENT.c.number,
            DOCUMENT.c.notation,
            ROUND.c.title.label("round_title"),
            ROUND.c.kind,
            o.mode,
            o.state,
            o.deciding_unit_id,
            o.due_at,
            o.due_on,
            o.handed_in_at,
            o.hand_in_kept_until,
            o.submitted_at,
            o.returned_at,
            o.row_version,
            o.ladder_id,
            o.review_ladder_id,
            o.frozen_at,
            o.frozen_by,
            ROUND.c.due_reasons,
            func.coalesce(o.due_at, literal(FAR, o.due_at.type)).label("due_order"),
        )
        .join(UNIT, UNIT.c.id == o.unit_id)
        .join(DOCUMENT, DOCUMENT.c.id == o.document_id)
        .join(ROUND, ROUND.c.id == o.round_id)
    )


async def page(
    connection: AsyncConnection, filters: Filters, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Return obligations by due time (none last), then id."""
    o = OBLIGATION.c
    query = _cards()
    order = query.selected_columns.due_order
    if filters.document_id is None:
        query = query.where(o.unit_id.not_in(CANARY_UNITS))
    if filters.units is not None:
        query = query.where(
            o.unit_id.in_(filters.units) | o.deciding_unit_id.in_(filters.units) | _received(filters.seen or set())
        )
    if filters.receiving is not None:
        query = query.where(_received(filters.receiving))
    equal = {
        o.unit_id: filters.unit_id,
        o.document_id: filters.document_id,
        o.round_id: filters.round_id,
        o.deciding_unit_id: filters.deciding_unit_id,
        o.state: filters.state,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(tuple_(order, o.id) > tuple_(*after))
    return cast("Sequence[Row[Any]]", (await connection.execute(query.order_by(order, o.id).limit(limit))).all())


def _received(units: set[UUID]) -> ColumnElement[bool]:
    receiver = OBLIGATION_RECEIVER.c
    return exists().where(receiver.obligation_id == OBLIGATION.c.id, among(receiver.unit_id, units))


async def receivers(connection: AsyncConnection, obligation_id: UUID) -> list[UUID]:
    """Return who receives what the deciding unit decides on, by id."""
    receiver = OBLIGATION_RECEIVER.c
    query = select(receiver.unit_id).where(receiver.obligation_id == obligation_id).order_by(receiver.unit_id)
    return list((await connection.execute(query)).scalars())


async def round_receivers(connection: AsyncConnection, round_id: UUID) -> list[UUID]:
    """Return the units that receive a round."""
    receiver = OBLIGATION_RECEIVER.c
    query = (
        select(receiver.unit_id)
        .join(OBLIGATION, OBLIGATION.c.id == receiver.obligation_id)
        .where(OBLIGATION.c.round_id == round_id)
        .distinct()
    )
    return list((await connection.execute(query)).scalars())


async def is_answered(connection: AsyncConnection, round_id: UUID) -> bool:
    """Return whether anything was handed in of a round."""
    query = exists().where(OBLIGATION.c.round_id == round_id, OBLIGATION.c.submission_version > 0)
    return bool((await connection.execute(select(query))).scalar_one())


async def one(connection: AsyncConnection, obligation_id: UUID) -> Row[Any] | None:
    """Return one obligation."""
    row: Row[Any] | None = (await connection.execute(_cards().where(OBLIGATION.c.id == obligation_id))).one_or_none()
    return row


async def submissions(connection: AsyncConnection, obligation_id: UUID) -> list[dict[str, Any]]:
    """Return the versions handed in, newest first, with their files."""
    query = (
        select(SUBMISSION, CONSOLIDATION.c.gaps)
        .outerjoin(CONSOLIDATION, CONSOLIDATION.c.id == SUBMISSION.c.consolidation_id)
        .where(SUBMISSION.c.obligation_id == obligation_id)
        .order_by(SUBMISSION.c.version.desc())
    )
    found = await connection.execute(query)
    rows = [dict(row._mapping) | {"files": [], "by_mail": row.mail_id is not None} for row in found]
    by_id = {row["id"]: row for row in rows}
    files = select(SUBMISSION_FILE).where(SUBMISSION_FILE.c.submission_id.in_(by_id))
    for file in await connection.execute(files):
        by_id[file.submission_id]["files"].append({"sha256": file.sha256, "name": file.name, "signed": file.signed})
    return rows


async def steps(connection: AsyncConnection, obligation_id: UUID, ladder_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Return the steps that spoke about an obligation and those still armed on its ladders, by fire time."""
    spoke = OBLIGATION_STEP.alias("spoke")
    query = (
        select(LADDER_STEP, NOTICE.c.state.label("notice_state"), spoke.c.at.label("spoke_at"))
        .outerjoin(spoke, (spoke.c.step_id == LADDER_STEP.c.id) & (spoke.c.obligation_id == obligation_id))
        .outerjoin(NOTICE, NOTICE.c.id == spoke.c.notice_id)
        .where(
            spoke.c.obligation_id.is_not(None)
            | (
                LADDER_STEP.c.ladder_id.in_(ladder_ids)
                & (LADDER_STEP.c.outcome.is_(None) | (LADDER_STEP.c.batch_id.is_(None)))
            )
        )
        .order_by(LADDER_STEP.c.fire_at, LADDER_STEP.c.position)
    )
    return [dict(row._mapping) for row in await connection.execute(query)]


async def extensions(connection: AsyncConnection, obligation_id: UUID) -> list[dict[str, Any]]:
    """Return the requests for a later due time, newest first."""
    query = (
        select(EXTENSION).where(EXTENSION.c.obligation_id == obligation_id).order_by(EXTENSION.c.requested_at.desc())
    )
    return [dict(row._mapping) for row in await connection.execute(query)]


async def calls(connection: AsyncConnection, obligation_id: UUID) -> list[dict[str, Any]]:
    """Return the telephone calls about an obligation, newest first."""
    table = METADATA.tables["obligation_call"]
    query = select(table).where(table.c.obligation_id == obligation_id)
    rows = await connection.execute(query.order_by(table.c.called_at.desc(), table.c.id.desc()))
    return [dict(row._mapping) for row in rows]


async def promises(connection: AsyncConnection, unit_id: UUID) -> Sequence[Row[Any]]:
    """Return the undecided and granted requests for more time about what a unit has not settled, newest first."""
    query = (
        select(
            EXTENSION.c.id,
            EXTENSION.c.obligation_id,
            DOCUMENT.c.title.label("document_title"),
            ROUND.c.title.label("round_title"),
            EXTENSION.c.state,
            EXTENSION.c.reason,
            EXTENSION.c.requested_at,
            EXTENSION.c.requested_due_at,
            EXTENSION.c.decided_due_at,
        )
        .join(OBLIGATION, OBLIGATION.c.id == EXTENSION.c.obligation_id)
        .join(DOCUMENT, DOCUMENT.c.id == OBLIGATION.c.document_id)
        .join(ROUND, ROUND.c.id == OBLIGATION.c.round_id)
        .where(
            OBLIGATION.c.unit_id == unit_id,
            OBLIGATION.c.state.in_((ObligationState.OPEN, ObligationState.SUBMITTED)),
            EXTENSION.c.state.in_((ExtensionState.OPEN, ExtensionState.APPROVED)),
        )
        .order_by(EXTENSION.c.requested_at.desc(), EXTENSION.c.id)
    )
    return cast("Sequence[Row[Any]]", (await connection.execute(query)).all())


async def asked_of(connection: AsyncConnection, round_id: UUID) -> set[UUID]:
    """Return the units of which a round expects or expected something."""
    asked = OBLIGATION.c.state.not_in(TERMINAL_WITHOUT_HAND_IN)
    query = select(OBLIGATION.c.unit_id).where(OBLIGATION.c.round_id == round_id, asked)
    return set((await connection.execute(query)).scalars())
