"""To whom a notice goes at present: who answers for its seat, and what to do when that is somebody else by now.

A notice is asked about right before it is sent. Whoever has left, or is away, is not written to: the notice goes to who
answers by now, with a link of their own; the link of the former addressee opens nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import Address, NoticeRecipient
from cascade_contracts.vocabulary import Audience, Channel
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import service as auth
from plan_api.escalation import repository
from plan_api.organizations import service as organizations
from plan_api.read.answering import Answerer, answerers, in_person
from plan_api.read.audience import seats
from plan_api.read.heirs import heirs_of
from plan_api.rules.attention import Preferences
from plan_api.rules.calendar import local_date
from plan_api.services import Services

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Addressed:
    """A notice with the seat it speaks to now and who answers for it (None: nobody at all).

    `tells`: of news, what stands for what it tells at present.
    """

    notice_id: UUID
    batch_id: UUID
    seat_id: UUID
    unit_id: UUID
    seat_title: str
    unit_name: str
    linked_to: UUID | None
    answerer: Answerer | None
    tells: str = ""
    resent: bool = False

    @property
    def version(self) -> str:
        """What stands for the addressee: another person, or another address of the same, gives another one.

        So does news that tells something else by now.
        """
        if self.answerer is None:
            return NOBODY
        row = self.answerer.holder
        parts = (str(row.id), str(self.seat_id), _hex(row.email_index), _hex(row.phone_index), ",".join(row.channels))
        further = (*([self.tells] if self.tells else []), *([_hex(row.zalo_index)] if row.zalo_index else []))
        return hashlib.sha256("|".join((*parts, *further)).encode()).hexdigest()[:24]

    @property
    def chosen(self) -> Preferences:
        """What the person has chosen about being written to."""
        row = self.answerer.holder if self.answerer else None
        if row is None:
            return Preferences()
        return Preferences(row.digest, row.digest_at, row.quiet_from, row.quiet_until)

    def recipient(self, services: Services, addressee: str) -> NoticeRecipient:
        """Return the recipient with the addresses deciphered, in the person's order of channels."""
        row = self.answerer.holder if self.answerer else None
        return NoticeRecipient(
            seat_id=self.seat_id,
            seat_title=self.seat_title,
            unit_name=self.unit_name,
            language=(row.language if row else None) or "vi",
            addressee=addressee,
            addresses=_addresses(services, row) if row else [],
            zalo_user_id=services.cipher.decrypt(row.zalo_encrypted) if row else None,
        )


def _hex(value: bytes | None) -> str:
    return value.hex() if value else ""


def _addresses(services: Services, row: Row[Any]) -> list[Address]:
    by_channel = {
        Channel.EMAIL: services.cipher.decrypt(row.email_encrypted),
        Channel.ZALO: services.cipher.decrypt(row.phone_encrypted),
    }
    order = dict.fromkeys([*(Channel(channel) for channel in row.channels or []), *Channel])
    return [
        Address(channel=channel, address=address) for channel in order if (address := by_channel[channel]) is not None
    ]


async def present(
    connection: AsyncConnection, batches: Mapping[UUID, Row[Any]], rows: Sequence[Row[Any]], now: datetime
) -> dict[UUID, Addressed]:
    """Return whom notices (rows of `read.notices.notice_rows`) go to at an instant; nothing is changed.

    A seat nobody is there for hands over to the unit's other seats in the audience's order; an ended unit to its heir.
    What is for one person goes to that person: in the seat still (or who stands in), or to the end of the unit.
    """
    answers = await answerers(connection, {row.seat_id for row in rows}, local_date(now))
    persons = {row.id: row.holder_id for row in rows if row.holder_id is not None}
    there = await in_person(connection, set(persons.values()), local_date(now)) if persons else {}
    found = {
        row.id: Addressed(
            row.id,
            row.batch_id,
            row.seat_id,
            row.unit_id,
            row.seat_title,
            row.unit_name,
            row.linked_to,
            there.get(row.holder_id) or answers.get(row.seat_id),
            resent=row.resend_of is not None,
        )
        for row in rows
    }
    left: dict[UUID, list[Addressed]] = {}
    for each in found.values():
        if each.notice_id not in persons and (each.answerer is None or each.answerer.absent):
            left.setdefault(each.batch_id, []).append(each)
    for batch_id, notices in left.items():
        found |= await _reseated(connection, batches[batch_id], notices, now)
    return found


async def _reseated(
    connection: AsyncConnection, batch: Row[Any], left: Sequence[Addressed], now: datetime
) -> dict[UUID, Addressed]:
    today = local_date(now)
    heirs = await heirs_of(connection, {each.unit_id for each in left})
    chosen = await seats(connection, heirs.values(), Audience(batch.audience), batch.document_id, today)
    held = {unit_id: seat for unit_id, seat in chosen.items() if seat.holder_id is not None}
    cards = await organizations.seat_cards(connection, [seat.seat_id for seat in held.values()])
    answers = await answerers(connection, cards, today)
    again: dict[UUID, Addressed] = {}
    for each in left:
        seat = held.get(heirs[each.unit_id])
        if seat is not None:
            card = cards[seat.seat_id]
            again[each.notice_id] = replace(
                each,
                seat_id=card.id,
                unit_id=card.unit_id,
                seat_title=card.title,
                unit_name=card.unit_name,
                answerer=answers.get(card.id),
            )
    return again


async def readdress(
    connection: AsyncConnection, services: Services, changed: Sequence[Addressed], now: datetime
) -> dict[UUID, str]:
    """Point notices to whom they go to now and make links for them; return each notice's link token. Repeatable."""
    held = [each for each in changed if each.answerer is not None]
    await repository.reseat_notices(connection, [(each.notice_id, each.seat_id, each.unit_id) for each in held])
    to = {each.notice_id: (each.seat_id, each.answerer.holder_id) for each in held if each.answerer}
    return await auth.relink(connection, services, to, now)
