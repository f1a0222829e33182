"""Who still owes on a ladder, and which seat a step speaks to about it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cascade_contracts.vocabulary import Audience, LadderKind, ObligationState, SeatRole
from sqlalchemy import ColumnElement, case, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.answering import absent_holders, answerers
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
    """The seat that answers for a unit, and who answers for it at present (None: vacant)."""

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

    Where the holder is away, the substitute answers for the seat; without one, the unit's next seat does. The tracker's
    seat, where the document names one, stands for the issuer's; an ended unit's only while it is held.
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
            _rank(order),
            HOLDER.c.acting.desc().nulls_last(),
            SEAT.c.position,
        )
    )
    found = {row[0]: SeatOf(row[1], row[2]) for row in await connection.execute(query)}
    away = await absent_holders(connection, {seat.holder_id for seat in found.values() if seat.holder_id}, today)
    if away:
        found |= await _standing_in(
            connection, [unit for unit, seat in found.items() if seat.holder_id in away], order, today
        )
    if audience is Audience.TRACKER:
        tracker = (
            await connection.execute(
                select(DOCUMENT.c.issuer_unit_id, DOCUMENT.c.tracker_seat_id).where(
                    DOCUMENT.c.id == document_id, DOCUMENT.c.tracker_seat_id.is_not(None)
                )
            )
        ).first()
        if tracker is not None:
            answer = (await answerers(connection, [tracker[1]], today)).get(tracker[1])
            speaker = await heir_of(connection, tracker[0])
            if speaker == tracker[0] or answer is not None:
                found[speaker] = SeatOf(tracker[1], answer.holder_id if answer else None)
    return found


def _rank(order: Sequence[SeatRole]) -> ColumnElement[int]:
    return case({role: position for position, role in enumerate(order)}, value=SEAT.c.role, else_=9)


async def _standing_in(
    connection: AsyncConnection, unit_ids: Collection[UUID], order: Sequence[SeatRole], today: date
) -> dict[UUID, SeatOf]:
    """Return the seat of each unit that somebody who is there answers for, in the audience's order of seats."""
    query = (
        select(SEAT.c.unit_id, SEAT.c.id).where(among(SEAT.c.unit_id, unit_ids)).order_by(_rank(order), SEAT.c.position)
    )
    seats_ = [(row[0], row[1]) for row in await connection.execute(query)]
    answers = await answerers(connection, [seat_id for _, seat_id in seats_], today)
    held = [(unit_id, seat_id, answers[seat_id]) for unit_id, seat_id in seats_ if seat_id in answers]
    found: dict[UUID, SeatOf] = {}
    for unit_id, seat_id, answer in sorted(held, key=lambda each: each[2].absent):
        found.setdefault(unit_id, SeatOf(seat_id, answer.holder_id))
    return found
