"""Tell those a reorganisation concerns, once: the seats of ended units, through who held them at the end, and of heirs.

Nothing is told before the time to undo is over. Undone before, nobody hears of it; undone after, those who heard do.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import NewsKind

from plan_api.escalation import telling
from plan_api.journal import Change
from plan_api.obligations.rehoming import Moved
from plan_api.organizations.service import unit_cards
from plan_api.read import news as read
from plan_api.reorganisations.schemas import LineChange, ReorganisationIn, SeatTold, UnitChange
from plan_api.requests import Act
from plan_api.rules.calendar import local_date


@dataclass(slots=True)
class Concerned:
    """What an order means to one unit."""

    units: list[dict[str, Any]] = field(default_factory=list)
    gained: list[UUID] = field(default_factory=list)
    lost: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))
    to_decide: list[UUID] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """Return it as a notice keeps it."""
        return {
            "units": self.units,
            "gained": [str(each) for each in dict.fromkeys(self.gained)],
            "lost": {str(each): names for each, names in self.lost.items()},
            "to_decide": [str(each) for each in self.to_decide],
        }


async def concerned(
    doing: Act,
    units: Sequence[UnitChange],
    lines: Sequence[LineChange],
    moved: Sequence[Moved],
    changes: Iterable[Change],
) -> dict[UUID, Concerned]:
    """Return what an order means to the units it ends, creates, renames or moves, and to their successors."""
    named = {each.unit_id for each in units} | {heir for each in units for heir in each.successors}
    named |= {line.to_superior_id for line in lines if line.to_superior_id is not None}
    named |= {each.to_unit_id for each in moved if each.to_unit_id is not None}
    names = {unit_id: card.name for unit_id, card in (await unit_cards(doing.connection, list(named))).items()}
    found: dict[UUID, Concerned] = defaultdict(Concerned)
    for each in units:
        to = [names[heir] for heir in each.successors]
        if each.what == "moved":
            above = [line.to_superior_id for line in lines if line.subordinate_id == each.unit_id]
            to = [names[superior] for superior in dict.fromkeys(above) if superior is not None]
        said = {"unit_name": each.name, "what": each.what, "to": to}
        for unit_id in (each.unit_id, *each.successors):
            found[unit_id].units.append(said)
    for one in moved:
        if one.to_unit_id in found and one.to_obligation_id is not None:
            found[one.to_unit_id].gained.append(one.to_obligation_id)
        if one.from_unit_id in found:
            found[one.from_unit_id].lost[one.obligation_id] += [names[one.to_unit_id]] if one.to_unit_id else []
    for change in changes:
        decider = change.after.get("deciding_unit_id") if change.table == "obligation" and change.before else None
        if decider is not None and UUID(decider) in found:
            found[UUID(decider)].to_decide.append(change.row_id)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Audience:
    """The seats to be told, as a report shows them and as a notice needs them."""

    shown: list[SeatTold]
    seats: list[telling.Told]


async def audience(doing: Act, found: dict[UUID, Concerned], changes: Iterable[Change]) -> Audience:
    """Return the seats an order is told to; of ended units those held to the end."""
    ended = {change.row_id for change in changes if change.table == "holder" and change.before is not None}
    rows = await read.held_seats(doing.connection, found, local_date(doing.now), ended)
    contents = {unit_id: each.content() for unit_id, each in found.items()}
    shown = [
        SeatTold(
            seat_id=row.seat_id,
            seat_title=row.title,
            unit_id=row.unit_id,
            unit_name=row.unit_name,
            leaves=row.leaves,
            gained=len(contents[row.unit_id]["gained"]),
            lost=len(contents[row.unit_id]["lost"]),
        )
        for row in rows
    ]
    seats = [
        telling.Told(row.seat_id, row.unit_id, contents[row.unit_id], row.holder_id if row.leaves else None)
        for row in rows
    ]
    return Audience(shown, seats)


async def tell(doing: Act, reorganisation_id: UUID, order: ReorganisationIn, seats: Sequence[telling.Told]) -> None:
    """Have the seats told when the time to undo is over."""
    from_then = telling.hour_to_tell(doing.now + timedelta(minutes=order.told_after_minutes))
    content = _content(order.legal_reference, order.effective_on.isoformat())
    news = telling.News(NewsKind.REORGANISED, reorganisation_id, content, from_then)
    await telling.tell(doing.connection, doing.services, news, seats, doing.now)


async def tell_undone(doing: Act, reorganisation_id: UUID, legal_reference: str, effective_on: str) -> None:
    """Take back what was not sent; who heard of the order, in a seat there still is, hears that it was undone."""
    connection, now = doing.connection, doing.now
    batch = await telling.withdraw(connection, NewsKind.REORGANISED, reorganisation_id, now, "withdrawn")
    if batch is None:
        return
    told_from: datetime = batch.not_before
    news = telling.News(
        NewsKind.REORGANISATION_UNDONE,
        reorganisation_id,
        _content(legal_reference, effective_on),
        max(telling.hour_to_tell(now), told_from),
    )
    rows = await read.told_seats(connection, batch.id)
    seats = [telling.Told(row.seat_id, row.unit_id, {"after": str(row.id)}) for row in rows]
    await telling.tell(connection, doing.services, news, seats, now)


def _content(legal_reference: str, effective_on: str) -> dict[str, str]:
    return {"basis": legal_reference, "effective_on": effective_on}
