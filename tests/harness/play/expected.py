"""What must come of the duties, worked out from the words of the policy and not from the code under test.

The standard ladder in working days: told at issue, reminded 5 and 1 before, told on the day; 1 after to the contact, 2
to the head, 3 to the superior's contact, 5 to the superior's head; a reviewer 2 and 4 after the hand-in.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cascade_contracts.vocabulary import AssignmentMode, RoundKind

from harness.play.duties import GRACE, Duty
from harness.working_days import OFFICE_OPENS, VIETNAM, DueDay, shifted, working_days

CONTACT: Final = "focal_point"
HEAD: Final = "head"
BEFORE: Final = (("remind", -5), ("remind", -1), ("due", 0))
AFTER: Final = (
    ("overdue", 1, "unit", CONTACT),
    ("escalate", 2, "unit", HEAD),
    ("escalate", 3, "superior", CONTACT),
    ("escalate", 5, "superior", HEAD),
)
QUIET_UNTIL: Final = time(7)
QUIET_FROM: Final = time(21)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One line of a mail: to which seat of which unit, what, about whom, of which round, in which hour."""

    hour: str
    to: str
    seat: str
    step: str
    about: str
    round: str


def hour_of(at: datetime) -> str:
    """Return the local hour an instant lies in."""
    return at.astimezone(VIETNAM).strftime("%Y-%m-%d %H")


def lines(owed: Iterable[Duty], until: datetime) -> Counter[Line]:
    """Return every line of every mail that must have come by an instant."""
    found = (line for duty in owed for line in _of_duty(duty) if line.hour < hour_of(until))
    return Counter(found)


def _of_duty(duty: Duty) -> Iterator[Line]:
    issued = duty.asked_at
    if duty.open_at(awake(issued)):
        yield _line(duty, awake(issued), duty.unit, CONTACT, "amended" if duty.row.amends else "announce")
    if duty.mode is AssignmentMode.INFORMATION:
        return
    born_late = duty.row.due_at is not None and duty.row.due_at <= issued
    if duty.row.due_at is not None and not born_late:
        yield from _rungs(duty, duty.row.due_at, issued, duty.extended_at)
    if duty.extended_at is not None and duty.due_at is not None:
        yield from _rungs(duty, duty.due_at, duty.extended_at, None)
    if duty.returned_at is not None:
        yield _line(duty, awake(duty.returned_at), duty.unit, CONTACT, "returned")
        if duty.due_at is not None:
            yield from _rungs(duty, max(duty.due_at, _grace_end(duty.returned_at)), duty.returned_at, None)
    yield from _reviews(duty)


def _rungs(duty: Duty, due_at: datetime, armed_at: datetime, left_at: datetime | None) -> Iterator[Line]:
    """Return what one ladder says: from its arming, while the duty is open and stands on it.

    Of two rungs at one instant the later speaks: a due day on a Sunday has its last reminder and its due notice both on
    the Friday before.
    """
    due = DueDay.of(due_at)
    spoken = [(step, due + working_days(days), duty.unit, CONTACT) for step, days in BEFORE]
    if duty.mode is AssignmentMode.ORDER:
        spoken += [
            (step, due + working_days(days), duty.unit if whose == "unit" else duty.superior, seat)
            for step, days, whose, seat in AFTER
        ]
    latest = {at: rung for *rung, at in ((step, to, seat, at) for step, at, to, seat in spoken)}
    for at, (step, to, seat) in latest.items():
        if at >= armed_at and (left_at is None or at < left_at) and duty.open_at(at):
            yield _line(duty, at, to, seat, step)


def _reviews(duty: Duty) -> Iterator[Line]:
    if not duty.row.needs_acceptance:
        return
    for handed_in_at, decided_at in (
        (duty.handed_in_at, duty.returned_at or duty.accepted_at),
        (duty.mended_at, duty.accepted_at),
    ):
        if handed_in_at is None:
            continue
        for days, seat in ((2, CONTACT), (4, HEAD)):
            at = datetime.combine(shifted(handed_in_at.date(), days), OFFICE_OPENS, VIETNAM)
            if decided_at is None or at < decided_at:
                yield _line(duty, at, duty.document.issuer, seat, "review")


def _grace_end(returned_at: datetime) -> datetime:
    return datetime.combine(shifted(returned_at.date(), GRACE) + timedelta(days=1), time.min, VIETNAM)


def awake(at: datetime) -> datetime:
    """Return when something said at an instant may go out."""
    local = at.astimezone(VIETNAM)
    if local.time() >= QUIET_FROM:
        return datetime.combine(local.date() + timedelta(days=1), QUIET_UNTIL, VIETNAM)
    return max(local, datetime.combine(local.date(), QUIET_UNTIL, VIETNAM))


def _line(duty: Duty, at: datetime, to: str, seat: str, step: str) -> Line:
    return Line(hour_of(at), to, seat, step, duty.unit, duty.row.title)


def timeliness(duty: Duty, at: datetime) -> str:
    """Return how a duty must stand at an instant."""
    if any(since is not None and since <= at for since in (duty.declined_at, duty.transferred_at)):
        return "not_applicable"
    if duty.due_at is None:
        return "no_deadline"
    handed_in_at = duty.kept_at if duty.kept_at is not None and duty.kept_at <= at else None
    if at < duty.due_at:
        soon = datetime.combine(shifted(DueDay.of(duty.due_at).day, -3), time.min, VIETNAM)
        return "due_soon" if handed_in_at is None and soon <= at else "not_due"
    if handed_in_at is None:
        return "missing"
    return "on_time" if handed_in_at < duty.due_at else "late"


def tally(owed: Iterable[Duty], at: datetime) -> dict[str, int]:
    """Return the counts at an instant, with the sum that must hold."""
    counted = Counter(timeliness(duty, at) for duty in owed)
    expected = counted["on_time"] + counted["late"] + counted["missing"]
    return {"expected": expected, **counted}


def consolidated_at(owed: Iterable[Duty]) -> datetime | None:
    """Return when a round of reports is drafted: with its last decision, or at its cut-off; None: never."""
    duties = [duty for duty in owed if duty.transferred_at is None]
    decided = [duty.decided_at for duty in duties]
    whole = None if None in decided else max(at for at in decided if at is not None)
    cut_off = duties[0].row.cut_off_at
    known = [at for at in (whole, cut_off) if at is not None]
    return min(known, default=None) if duties[0].row.kind is RoundKind.REPORT else None
