"""Brief whoever takes a seat over: duties belong to seats, so what its unit owes and decides is what is handed over.

The brief is sent when the seat changes hands, as news for that person alone; it says what is so when it is sent.
"""

from datetime import date
from uuid import UUID

from cascade_contracts.vocabulary import NewsKind, ObligationState, Timeliness
from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.escalation import telling
from plan_api.obligations import reading
from plan_api.obligations.errors import NothingToHandOver
from plan_api.obligations.schemas import BriefSent, PromiseOut, SeatBrief
from plan_api.organizations import service as organizations
from plan_api.organizations.errors import SeatVacant
from plan_api.read import news
from plan_api.read import obligations as read
from plan_api.read.obligations import Filters
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date, start_of_day
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


async def tell(act: Act, seat_id: UUID, holder_id: UUID, since: date | None = None) -> None:
    """Have the brief sent to who takes a seat over, on the day it is theirs; with nothing under way there is none."""
    seat = (await organizations.seat_cards(act.connection, [seat_id]))[seat_id]
    today = local_date(act.now)
    begins = since or today
    if begins <= today and not await news.has_work(act.connection, seat.unit_id):
        return
    from_then = telling.hour_to_tell(max(act.now, start_of_day(begins)))
    told = telling.Told(seat_id, seat.unit_id, holder_id=holder_id)
    given = telling.News(NewsKind.HANDED_OVER, holder_id, {"about": seat.title}, from_then)
    await telling.tell(act.connection, act.services, given, [told], act.now)


async def send_again(act: Act, seat_id: UUID) -> BriefSent:
    """Send the brief to who holds a seat at present, instead of one that still waits to be sent.

    Raises:
        NotFound, Forbidden, SeatVacant, NothingToHandOver: nothing is sent.
    """
    seat = (await organizations.seat_cards(act.connection, [seat_id])).get(seat_id)
    if seat is None:
        raise NotFound(what="seat")
    await require(act.connection, act.caller, Verb.IMPORT_UNITS, seat.unit_id)
    holder_id = await news.present_holder(act.connection, seat_id, local_date(act.now))
    if holder_id is None:
        raise SeatVacant
    if not await news.has_work(act.connection, seat.unit_id):
        raise NothingToHandOver
    await telling.withdraw(act.connection, NewsKind.HANDED_OVER, holder_id, act.now, "sent_again")
    await tell(act, seat_id, holder_id)
    act.record("send_brief", "seat", seat_id, holder=holder_id)
    return BriefSent(seat_id=seat_id, unit_id=seat.unit_id, not_before=telling.hour_to_tell(act.now))
