"""Timeliness: what counts as handed in, and how obligations stand at an instant.

Derived, never stored. At t, `expected` are the obligations with `due_at ≤ t` of which something is expected, and
on_time + late + missing = expected. Not-due, due-soon and no-deadline obligations stand beside that sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Self

from cascade_contracts.vocabulary import (
    TERMINAL_WITHOUT_HAND_IN,
    ObligationState,
    OffsetUnit,
    ReturnKind,
    Timeliness,
)

from plan_api.rules.calendar import WorkCalendar, local_date, start_of_day
from plan_api.rules.policies import Offset


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a submission: when it came and, if it went back, when and why."""

    received_at: datetime
    returned_at: datetime | None = None
    return_kind: ReturnKind | None = None

    def __post_init__(self) -> None:
        if (self.returned_at is None) != (self.return_kind is None):
            raise ValueError("a return has both an instant and a kind")


@dataclass(frozen=True, slots=True)
class HandIn:
    """What stands of the hand-ins so far.

    `handed_in_at` counts until `kept_until` (None: for good), the end of the grace of a return as incomplete.
    """

    handed_in_at: datetime | None = None
    kept_until: datetime | None = None

    def received(self, received_at: datetime) -> Self:
        """Return what stands once a new version has come."""
        return replace(self, handed_in_at=self.at(received_at) or received_at, kept_until=None)

    def returned(self, returned_at: datetime, kind: ReturnKind, grace: Offset, calendar: WorkCalendar) -> Self:
        """Return what stands once the last version has gone back."""
        if kind is ReturnKind.WRONG:
            return replace(self, handed_in_at=None, kept_until=None)
        return replace(self, kept_until=grace_end(returned_at, grace, calendar))

    def at(self, at: datetime) -> datetime | None:
        """Return the hand-in time that counts at an instant."""
        return self.handed_in_at if self.kept_until is None or at < self.kept_until else None


def grace_end(begun_at: datetime, grace: Offset, calendar: WorkCalendar) -> datetime:
    """Return the first instant after a grace; working days are granted to the end of the last one."""
    if grace.unit is not OffsetUnit.WORKING_DAYS:
        return (begun_at + grace.span).astimezone(UTC)
    return start_of_day(calendar.shift(local_date(begun_at), grace.days) + timedelta(days=1))


def due_after_return(
    due_at: datetime | None, returned_at: datetime, grace: Offset, calendar: WorkCalendar
) -> datetime | None:
    """Return the due time a return's ladder is armed with: the obligation's own, or the end of the grace if later."""
    return None if due_at is None else max(due_at, grace_end(returned_at, grace, calendar))


def due_soon_from(due_at: datetime, due_soon: Offset, calendar: WorkCalendar) -> datetime:
    """Return the instant from which an open obligation counts as due soon."""
    if due_soon.unit is not OffsetUnit.WORKING_DAYS:
        return (due_at - due_soon.span).astimezone(UTC)
    last_day = local_date(due_at - timedelta(microseconds=1))
    return start_of_day(calendar.shift(last_day, -due_soon.days))


def stand(versions: Sequence[Version], grace: Offset, calendar: WorkCalendar) -> HandIn:
    """Return what stands of all versions, taken in the order they came."""
    standing = HandIn()
    for version in sorted(versions, key=lambda version: version.received_at):
        standing = standing.received(version.received_at)
        if version.returned_at is not None and version.return_kind is not None:
            standing = standing.returned(version.returned_at, version.return_kind, grace, calendar)
    return standing


def handed_in_at(versions: Sequence[Version], grace: Offset, calendar: WorkCalendar, at: datetime) -> datetime | None:
    """Return the receipt of the first version not wholly rejected, as it counts at an instant.

    A return as incomplete keeps it if the new version comes within the grace, and while the grace runs; a return as
    wrong does not.
    """
    return stand(versions, grace, calendar).at(at)


def classify(
    state: ObligationState,
    due_at: datetime | None,
    handed_in_at: datetime | None,
    at: datetime,
    due_soon_from: datetime | None = None,
    kept_until: datetime | None = None,
) -> Timeliness:
    """Return how an obligation stands at an instant.

    Before its due time a handed-in obligation is simply not due: it enters the sum when its due time has come.
    """
    if state in TERMINAL_WITHOUT_HAND_IN:
        return Timeliness.NOT_APPLICABLE
    if due_at is None:
        return Timeliness.NO_DEADLINE
    counts = HandIn(handed_in_at, kept_until).at(at)
    handed = counts is not None and counts <= at
    if at < due_at:
        soon = not handed and due_soon_from is not None and due_soon_from <= at
        return Timeliness.DUE_SOON if soon else Timeliness.NOT_DUE
    if counts is None or not handed:
        return Timeliness.MISSING
    return Timeliness.ON_TIME if counts < due_at else Timeliness.LATE


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of obligations at one instant; adds up over levels and units.

    Keeps on_time + late + missing = expected; `awaiting_acceptance` is counted inside that sum.
    """

    expected: int = 0
    on_time: int = 0
    late: int = 0
    missing: int = 0
    not_due: int = 0
    due_soon: int = 0
    no_deadline: int = 0
    not_applicable: int = 0
    awaiting_acceptance: int = 0

    def __post_init__(self) -> None:
        if any(getattr(self, field.name) < 0 for field in fields(self)):
            raise ValueError("counts are not negative")
        if self.on_time + self.late + self.missing != self.expected:
            raise ValueError("on_time + late + missing must be expected")
        if self.awaiting_acceptance > self.on_time + self.late:
            raise ValueError("only what is handed in awaits acceptance")

    @classmethod
    def of(cls, timeliness: Timeliness, state: ObligationState, count: int = 1) -> Self:
        """Return the tally of `count` obligations of one standing."""
        handed = timeliness in {Timeliness.ON_TIME, Timeliness.LATE}
        return cls(
            **{timeliness.value: count},
            expected=count if handed or timeliness is Timeliness.MISSING else 0,
            awaiting_acceptance=count if handed and state is ObligationState.SUBMITTED else 0,
        )

    @classmethod
    def total(cls, tallies: Iterable[Self]) -> Self:
        """Return the sum of tallies; empty for none."""
        total = cls()
        for tally in tallies:
            total += tally
        return total

    def __add__(self, other: Self) -> Self:
        return replace(
            self, **{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)}
        )

    @property
    def on_time_share(self) -> Fraction | None:
        """Share of the expected that came in time; None ("không áp dụng") where nothing is expected, never 100 %."""
        return Fraction(self.on_time, self.expected) if self.expected else None
