"""Tell units that an amendment no longer binds: what they owed has ended, and why. No ladder of theirs is left to."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import Audience, NewsKind
from sqlalchemy import Row

from plan_api.documents.reading import reference
from plan_api.escalation import telling
from plan_api.escalation.service import PolicyInForce
from plan_api.read import audience, released
from plan_api.requests import Act
from plan_api.rules.calendar import local_date


async def tell(
    act: Act, document: Row[Any], amendment_id: UUID, units: Collection[UUID], reason: str, policy: PolicyInForce
) -> None:
    """Have the seats of units told, once an amendment, outside the quiet hours."""
    owed = await released.withdrawn(act.connection, document.id, units, act.now)
    seats = await audience.seats(act.connection, units, Audience.CONTACT, document.id, local_date(act.now))
    cited = reference(document.number, document.notation)
    news = telling.News(
        NewsKind.RELEASED,
        amendment_id,
        {"basis": reason, "about": ", ".join(part for part in (cited, document.title) if part)},
        telling.hour_to_tell(act.now, policy.policy),
        document.id,
    )
    told = []
    for unit_id in units:
        seat = seats.get(unit_id)
        content: dict[str, Any] = {"lost": {str(obligation_id): [] for obligation_id in owed[unit_id]}}
        vacant = seat is None or seat.holder_id is None
        told.append(telling.Told(seat.seat_id if seat else None, unit_id, content, vacant=vacant))
    await telling.tell(act.connection, act.services, news, told, act.now)
