"""Who still owes on a ladder, and which seat a step speaks to about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cascade_contracts.vocabulary import Audience, LadderKind, ObligationState, SeatRole
from sqlalchemy import ColumnElement, case, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.heirs import heir_of, heirs_of
from plan_api.read.suspended import is_suspended
from plan_api.read.tables import DOCUMENT, HOLDER, OBLIGATION, SEAT, among, holding

CONTACT_ORDER = (SeatRole.FOCAL_POINT, SeatRole.CLERK, SeatRole.DEPUTY, SeatRole.HEAD)
HEAD_ORDER = (SeatRole.HEAD, SeatRole.DEPUTY, SeatRole.FOCAL_POINT, SeatRole.CLERK)

_HEADS = {Audience.HEAD, Audience.SUPERIOR_HEAD, Audience.REVIEWER_HEAD}


@dataclass(frozen=True, slots=True)
class Owing:
    """An obligation a step speaks about, and the unit whose seat is spoken to."""

    obligation_id: UUID
    spoken_to_unit_id: UUID


@dataclass(frozen=True, slots=True)
class SeatOf:
    """The seat that answers for a unit, and its present holder (None: vacant)."""

    seat_id: UUID
    holder_id: UUID | None


def _spoken_to(audience: Audience) -> ColumnElement[UUID]:
    match audience:
        case Audience.SUPERIOR_CONTACT | Audience.SUPERIOR_HEAD:
            return OBLIGATION.c.superior_unit_id
        case Audience.REVIEWER_CONTACT | Audience.REVIEWER_HEAD:
            return OBLIGATION.c.deciding_unit_id
        case Audience.ISSUER | Audience.TRACKER:
            return DOCUMENT.c.issuer_unit_id
        case _:
            return OBLIGATION.c.unit_id


async def owing(connection: AsyncConnection, ladder_id: UUID, kind: LadderKind, audience: Audience) -> list[Owing]:
    """Return the obligations standing on a ladder that it still chases, ordered by id.

    An obligation ladder chases what is open, a review ladder what is submitted and undecided; nothing of whoever is
    suspended.
    """
    if kind is LadderKind.REVIEW:
        chased = (OBLIGATION.c.review_ladder_id == ladder_id) & (OBLIGATION.c.state == ObligationState.SUBMITTED)
        silent = OBLIGATION.c.deciding_unit_id
    else:
        chased = (OBLIGATION.c.ladder_id == ladder_id) & (OBLIGATION.c.state == ObligationState.OPEN)
        silent = OBLIGATION.c.unit_id
    query = (
        select(OBLIGATION.c.id, _spoken_to(audience))
        .join(DOCUMENT, DOCUMENT.c.id == OBLIGATION.c.document_id)
        .where(chased, ~is_suspended(silent))
        .order_by(OBLIGATION.c.id)
    )
    found = [Owing(*row) for row in await connection.execute(query)]
    if audience not in {Audience.ISSUER, Audience.TRACKER}:
        return found
    heirs = await heirs_of(connection, {item.spoken_to_unit_id for item in found})
    return [Owing(item.obligation_id, heirs[item.spoken_to_unit_id]) for item in found]


async def seats(
    connection: AsyncConnection, unit_ids: Iterable[UUID], audience: Audience, document_id: UUID, today: date
) -> dict[UUID, SeatOf]:
    """Return for each unit the seat an audience means: held ones first, then by role; units without one are absent.

    The tracker's seat, where the document names one, stands for the issuer's; an ended unit's only while it is held.
    """
    order = HEAD_ORDER if audience in _HEADS else CONTACT_ORDER
    query = (
        select(SEAT.c.unit_id, SEAT.c.id, HOLDER.c.id)
        .outerjoin(HOLDER, (HOLDER.c.seat_id == SEAT.c.id) & holding(today))
        .where(among(SEAT.c.unit_id, set(unit_ids)))
        .ext(distinct_on(SEAT.c.unit_id))
        .order_by(
            SEAT.c.unit_id,
            HOLDER.c.id.is_(None),
            case({role: position for position, role in enumerate(order)}, value=SEAT.c.role, else_=9),
            HOLDER.c.acting.desc().nulls_last(),
            SEAT.c.position,
        )
    )
    found = {row[0]: SeatOf(row[1], row[2]) for row in await connection.execute(query)}
    if audience is Audience.TRACKER:
        tracker = (
            await connection.execute(
                select(DOCUMENT.c.issuer_unit_id, SEAT.c.id, HOLDER.c.id)
                .join(SEAT, SEAT.c.id == DOCUMENT.c.tracker_seat_id)
                .outerjoin(HOLDER, (HOLDER.c.seat_id == SEAT.c.id) & holding(today))
                .where(DOCUMENT.c.id == document_id)
            )
        ).first()
        if tracker is not None:
            speaker = await heir_of(connection, tracker[0])
            if speaker == tracker[0] or tracker[2] is not None:
                found[speaker] = SeatOf(tracker[1], tracker[2])
    return found
