"""Tell the unit that holds a level's consolidation that it is out of date: once, however many corrections mark it.

The news stays open as long as a mark does; taking the last mark off withdraws what was not sent. Whoever marks or
clears holds the round, so both see the other's work.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cascade_contracts.vocabulary import Audience, NewsKind
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.escalation import telling
from plan_api.escalation.service import kept_policy
from plan_api.read import levels
from plan_api.read.audience import seats
from plan_api.read.heirs import heir_of
from plan_api.rules.calendar import local_date
from plan_api.services import Services


async def tell(connection: AsyncConnection, services: Services, round_ids: Iterable[UUID], now: datetime) -> None:
    """Tell the holders of rounds' consolidations outside their quiet hours, unless they are being told already."""
    for round_id in round_ids:
        of = await levels.holder_of(connection, round_id)
        speaker = await heir_of(connection, of.issuer_unit_id)
        found = await seats(connection, [speaker], Audience.CONTACT, of.document_id, local_date(now))
        seat = found.get(speaker)
        policy = (await kept_policy(connection, services, of.policy_id)).policy
        cited = "/".join(part for part in (of.number, of.notation) if part)
        news = telling.News(
            NewsKind.OUT_OF_DATE,
            round_id,
            {"basis": ", ".join(part for part in (cited, of.document_title) if part), "about": of.title},
            telling.hour_to_tell(now, policy),
            of.document_id,
            round_id,
        )
        told = telling.Told(
            seat.seat_id if seat else None,
            speaker,
            opens_for=seat.holder_id if seat else None,
            vacant=seat is None or seat.holder_id is None,
        )
        await telling.tell(connection, services, news, [told], now)


async def withdraw(connection: AsyncConnection, round_id: UUID, now: datetime) -> None:
    """Withdraw what was not sent: the consolidation agrees with its reports again."""
    await telling.withdraw(connection, NewsKind.OUT_OF_DATE, round_id, now, "up_to_date")
