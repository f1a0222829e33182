"""Brief whoever takes a seat over: duties belong to seats, so what its unit owes and decides is what is handed over."""

from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, Timeliness
from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.obligations import reading
from plan_api.obligations.schemas import PromiseOut, SeatBrief
from plan_api.organizations import service as organizations
from plan_api.read import obligations as read
from plan_api.read.obligations import Filters
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.services import Services

LIMIT = 500


async def brief(connection: AsyncConnection, services: Services, caller: Caller, seat_id: UUID) -> SeatBrief:
    """Return what is open, late, promised, under review and to be decided at a seat's unit.

    Raises:
        NotFound: there is no such seat, or the caller may not know of it.
    """
    seat = (await organizations.seat_cards(connection, [seat_id])).get(seat_id)
    if seat is None:
        raise NotFound(what="seat")
    await require(connection, caller, Verb.READ_PROGRESS, seat.unit_id)
    owes = Filters(unit_id=seat.unit_id, state=ObligationState.OPEN)
    handed_in = Filters(unit_id=seat.unit_id, state=ObligationState.SUBMITTED)
    decides = Filters(deciding_unit_id=seat.unit_id, state=ObligationState.SUBMITTED)
    opened, reviewed, waiting = [
        await reading.page(connection, services, filters, None, LIMIT) for filters in (owes, handed_in, decides)
    ]
    promised = await read.promises(connection, seat.unit_id)
    return SeatBrief(
        seat_id=seat_id,
        seat_title=seat.title,
        unit_id=seat.unit_id,
        unit_name=seat.unit_name,
        at=services.clock.now(),
        late=[card for card in opened.items if card.timeliness is Timeliness.MISSING],
        open=opened,
        awaiting_review=reviewed,
        to_decide=waiting,
        promised=[PromiseOut.model_validate(row, from_attributes=True) for row in promised],
    )
