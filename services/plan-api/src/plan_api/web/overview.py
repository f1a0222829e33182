"""The page of a watched round: who is late, and one stacked bar whose figures stand in words beside it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cascade_contracts.vocabulary import ObligationState
from fastapi import Response

from plan_api.read.link_page import Subject, Watched
from plan_api.rules.calendar import WorkCalendar
from plan_api.web.rendering import render
from plan_api.web.standing import Dated, Shape, Stand, policy_of, stand
from plan_api.web.words import Words

ORDER: Final = (
    Shape.ON_TIME,
    Shape.LATE,
    Shape.SUBMITTED,
    Shape.RETURNED,
    Shape.OVERDUE,
    Shape.DUE_SOON,
    Shape.NOT_DUE,
)
"""The order of the bar, everywhere; what is not applicable stands outside it."""

_LISTED: Final = (
    Shape.OVERDUE,
    Shape.RETURNED,
    Shape.DUE_SOON,
    Shape.SUBMITTED,
    Shape.LATE,
    Shape.ON_TIME,
    Shape.NOT_DUE,
)
_HANDED_IN: Final = (Shape.ON_TIME, Shape.LATE, Shape.SUBMITTED)
BAR: Final = 328
_GAP: Final = 1.5
_LEAST: Final = 5.0
SHOWN: Final = 50
"""Units of one group named on the page; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Watch:
    """A round with the units that the link's unit watches in it, at an instant."""

    subject: Subject
    units: list[Watched]
    at: datetime
    calendar: WorkCalendar


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar, in its own units from the left."""

    shape: Shape
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Member:
    """A unit of a group."""

    name: str
    stand: Stand
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Group:
    """Units that stand alike; at most `SHOWN` named, the longest overdue first."""

    shape: Shape
    count: int
    members: list[Member]

    @property
    def more(self) -> int:
        """How many are counted but not named."""
        return self.count - len(self.members)


def segments(counts: Counter[Shape]) -> list[Segment]:
    """Return the bar's parts: widths by count, none too thin to be seen, together as long as the bar."""
    parts = [(shape, counts[shape]) for shape in ORDER if counts[shape]]
    total = sum(count for _, count in parts)
    if not total:
        return []
    room = BAR - _GAP * (len(parts) - 1)
    wide = [max(_LEAST, room * count / total) for _, count in parts]
    excess, spare = sum(wide) - room, sum(width - _LEAST for width in wide)
    found, x = [], 0.0
    for (shape, count), width in zip(parts, wide, strict=True):
        fitted = width - (excess * (width - _LEAST) / spare if spare else 0)
        found.append(Segment(shape, count, round(x, 2), round(fitted, 2)))
        x += fitted + _GAP
    return found


def _member(unit: Watched, watch: Watch) -> Member:
    facts = Dated(
        ObligationState(unit.state),
        unit.due_at,
        unit.due_on,
        unit.handed_in_at,
        unit.hand_in_kept_until,
        unit.returned,
    )
    return Member(unit.unit_name, stand(facts, watch.at, watch.calendar, policy_of(watch.subject)), unit.due_on)


def _groups(members: list[Member]) -> list[Group]:
    found = []
    for shape in _LISTED:
        alike = [member for member in members if member.stand.shape is shape]
        if shape is Shape.OVERDUE:
            alike.sort(key=lambda member: -(member.stand.days or 0))
        if alike:
            found.append(Group(shape, len(alike), alike[:SHOWN]))
    return found


def _finding(counts: Counter[Shape], total: int, words: Words) -> str:
    if not total:
        return words("watch_nothing")
    if counts[Shape.OVERDUE]:
        return words("watch_late", n=counts[Shape.OVERDUE], total=total)
    if sum(counts[shape] for shape in _HANDED_IN) == total:
        return words("watch_all_in", total=total)
    return words("watch_none_late")


def overview(watch: Watch, seat_title: str, path: str, words: Words) -> Response:
    """Return the page of a watched round."""
    subject = watch.subject
    members = [_member(unit, watch) for unit in watch.units]
    counts = Counter(member.stand.shape for member in members)
    total = len(members) - counts[Shape.NA]
    figures = ", ".join(f"{counts[shape]} {words(f'part_{shape.value}').lower()}" for shape in ORDER if counts[shape])
    return render(
        "overview.html",
        words,
        subject=subject,
        seat_title=seat_title,
        here=path,
        at=watch.at,
        finding=_finding(counts, total, words),
        total=total,
        handed_in=sum(counts[shape] for shape in _HANDED_IN),
        aside=counts[Shape.NA],
        bar=segments(counts),
        bar_length=BAR,
        figures=figures,
        groups=_groups(members),
        reference="/".join(part for part in (subject.number, subject.notation) if part) or None,
        rehearsal=policy_of(subject).rehearsal,
    )
