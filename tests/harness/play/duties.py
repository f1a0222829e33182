"""What every unit owes in a scenario and what it will do about it: the seeded plan, made before anything runs.

The plan is a function of file and seed alone; instants are at 09:00, 11:00, 14:00 or 16:00 of working days.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from cascade_contracts.vocabulary import AssignmentMode, LineKind, RoundKind

from harness.play.model import Scenario
from harness.play.rows import BoundRow, Conduct, DocumentRow, Habit, RoundRow
from harness.working_days import VIETNAM, DueDay, is_working, shifted

HOURS: Final = (9, 11, 14, 16)
GRACE: Final = 3
"""Working days within which a report returned as incomplete keeps its hand-in time."""


@dataclass(slots=True)
class Duty:
    """One obligation: who owes what by when, and when it is answered, returned, decided.

    `by_itself`: another act answers it (a plan issued, a consolidation submitted, any hand-in for an acknowledgement).
    `gaps`: the units missing below a report that is itself a consolidation.
    `told_at`: when a successor hears of what it took over; `transferred_at`: when it went on to one.
    """

    unit: str
    superior: str
    mode: AssignmentMode
    document: DocumentRow
    row: RoundRow
    conduct: Conduct | None = None
    handed_in_at: datetime | None = None
    returned_at: datetime | None = None
    mended_at: datetime | None = None
    accepted_at: datetime | None = None
    declined_at: datetime | None = None
    extended_at: datetime | None = None
    extended_to: str | None = None
    by_itself: bool = False
    told_at: datetime | None = None
    transferred_at: datetime | None = None
    figures: dict[str, int] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The round's name in the file."""
        return f"{self.document.key}.{self.row.key}"

    @property
    def asked_at(self) -> datetime:
        """When it was asked for: at issue, on request, or an hour after it was taken over."""
        return self.told_at or self.row.at or self.document.at

    @property
    def due_at(self) -> datetime | None:
        """The first instant too late, extended or not."""
        if self.extended_to is None:
            return self.row.due_at
        last_day = date.fromisoformat(self.extended_to)
        return datetime.combine(last_day + timedelta(days=1), time.min, VIETNAM)

    @property
    def decided_at(self) -> datetime | None:
        """When nothing of it is open or undecided any more; None: never."""
        if self.declined_at is not None:
            return self.declined_at
        return self.accepted_at if self.row.needs_acceptance else self.handed_in_at

    def open_at(self, at: datetime) -> bool:
        """Return whether it waits for its unit at an instant."""
        gone = [gone for gone in (self.declined_at, self.transferred_at) if gone is not None]
        if any(since <= at for since in gone):
            return False
        if self.handed_in_at is None or at < self.handed_in_at:
            return True
        if self.returned_at is None or at < self.returned_at:
            return False
        return self.mended_at is None or at < self.mended_at

    @property
    def kept_at(self) -> datetime | None:
        """The hand-in time that counts."""
        if self.returned_at is None or self.mended_at is None:
            return self.handed_in_at
        grace_ends = datetime.combine(shifted(self.returned_at.date(), GRACE) + timedelta(days=1), time.min, VIETNAM)
        return self.handed_in_at if self.mended_at < grace_ends else self.mended_at


def duties_of(scenario: Scenario) -> list[Duty]:
    """Return everything owed, with the conduct of habits and seed."""
    owed = []
    for document in scenario.documents:
        for row in document.rounds:
            for bound in scenario.asked(document, row):
                superior = superior_of(scenario, document, bound) or document.issuer
                owed.append(Duty(bound.code, superior, bound.mode, document, row))
    _answer_by_documents(scenario, owed)
    _play(scenario, owed)
    _hand_on(scenario, owed)
    _acknowledge_by_answering(owed)
    return owed


def superior_of(scenario: Scenario, document: DocumentRow, bound: BoundRow) -> str | None:
    """Return who is one step above a bound unit: on its selector's line, else the issuer if it is, else the first."""
    unit = next(unit for unit in scenario.all_units if unit.code == bound.code)
    superiors = {LineKind.PROFESSIONAL: unit.professional, LineKind.ADMINISTRATIVE: unit.administrative}
    if bound.line is not None:
        return superiors[bound.line] or None
    if document.issuer in superiors.values():
        return document.issuer
    return next(filter(None, superiors.values()), None)


def _answer_by_documents(scenario: Scenario, owed: list[Duty]) -> None:
    """A plan issued under its parents answers them; a consolidation submitted answers what it feeds."""
    for duty in owed:
        for child in scenario.documents:
            if child.issuer == duty.unit and duty.document.key in child.parents and duty.row.kind is RoundKind.PLAN:
                duty.handed_in_at, duty.conduct, duty.by_itself = child.at, "on_time", True
    for sent in scenario.reports_up:
        for fed in fed_duties(scenario, owed, sent.round):
            fed.handed_in_at, fed.conduct, fed.by_itself = sent.at, "on_time", True
            fed.accepted_at = _later(sent.at, 1, 10) if fed.row.needs_acceptance else None


def fed_duties(scenario: Scenario, owed: list[Duty], round_name: str) -> list[Duty]:
    """Return what a round's consolidation answers one level up: the report of the same period to each parent."""
    source = scenario.document(round_name.partition(".")[0])
    period = next(row.period for row in source.rounds if f"{source.key}.{row.key}" == round_name)
    return [
        duty
        for duty in owed
        if duty.unit == source.issuer
        and duty.document.key in source.parents
        and duty.row.kind is RoundKind.REPORT
        and duty.row.period == period
    ]


def _play(scenario: Scenario, owed: list[Duty]) -> None:
    habits = {(habit.unit, habit.round): habit for habit in scenario.habits}
    for duty in owed:
        chance = Random(f"{scenario.seed} {duty.unit} {duty.name}")  # noqa: S311 - a plan that can be repeated, no secret
        luck, day, hour, classes = chance.random(), chance.random(), chance.choice(HOURS), 1 + int(9 * chance.random())
        if duty.conduct is not None:
            continue
        habit = habits.get((duty.unit, duty.name))
        duty.conduct = habit.does if habit else _conduct(scenario, luck)
        if duty.row.kind is RoundKind.REPORT and duty.conduct != "nil":
            duty.figures = {"classes": classes, "people": 40 * classes}
        _act(duty, habit, day, hour)


def _hand_on(scenario: Scenario, owed: list[Duty]) -> None:
    """Let successors take over what is open, an hour after the merger; what was answered stays with who answered."""
    for merger in scenario.mergers:
        going = [duty for duty in owed if duty.unit == merger.unit and duty.open_at(merger.at)]
        heirs = [
            Duty(merger.into, duty.superior, duty.mode, duty.document, duty.row, told_at=merger.at + timedelta(hours=1))
            for duty in going
        ]
        for duty in going:
            duty.conduct, duty.transferred_at = "never", merger.at
            duty.handed_in_at = duty.returned_at = duty.mended_at = duty.accepted_at = None
        _play(scenario, heirs)
        owed += heirs


def _conduct(scenario: Scenario, luck: float) -> Conduct:
    if luck < scenario.odds.on_time:
        return "on_time"
    return "late" if luck < scenario.odds.on_time + scenario.odds.late else "never"


def _act(duty: Duty, habit: Habit | None, day: float, hour: int) -> None:
    at = habit.at if habit and habit.at else _moment(duty, day, hour)
    match duty.conduct:
        case "never":
            return
        case "declines":
            duty.declined_at = at
            return
        case "extended":
            assert habit is not None
            assert habit.until is not None
            duty.extended_at, duty.extended_to = at, habit.until
            last_day = date.fromisoformat(habit.until)
            duty.handed_in_at = datetime.combine(shifted(last_day, 0), time(hour), VIETNAM)
        case "returned":
            duty.handed_in_at = at
            duty.returned_at = _later(at, 1, 10)
            duty.mended_at = _later(at, 2, 15)
        case _:
            duty.handed_in_at = at
    if duty.row.needs_acceptance:
        duty.accepted_at = _later(duty.mended_at or duty.handed_in_at, 1, 10)


def _moment(duty: Duty, day: float, hour: int) -> datetime:
    """Return when it is answered: between issue and due day, 1 to 4 working days late, or within 60 days of issue."""
    begins = shifted(duty.asked_at.date(), 1)
    due_at = duty.row.due_at
    if due_at is None or due_at <= duty.asked_at:
        return datetime.combine(shifted(begins, int(40 * day)), time(hour), VIETNAM)
    last = shifted(DueDay.of(due_at).day, 0)
    if duty.conduct == "late":
        return datetime.combine(shifted(last, 1 + int(4 * day)), time(hour), VIETNAM)
    latest = last if duty.conduct != "returned" else shifted(last, -3)
    span = max((latest - begins).days, 0)
    chosen = begins + timedelta(days=int(span * (0.7 + 0.3 * day)))
    return datetime.combine(chosen if is_working(chosen) else shifted(chosen, 0), time(hour), VIETNAM)


def _later(at: datetime, days: int, hour: int) -> datetime:
    return datetime.combine(shifted(at.date(), days), time(hour), VIETNAM)


def _acknowledge_by_answering(owed: list[Duty]) -> None:
    """Whoever answers a document has thereby received it; an amendment is acknowledged for itself."""
    for duty in owed:
        if duty.row.kind is RoundKind.ACKNOWLEDGE and not duty.row.amends:
            answers = [
                other.handed_in_at
                for other in owed
                if other.unit == duty.unit
                and other.document is duty.document
                and other.handed_in_at is not None
                and (
                    other is duty
                    or (other.row.kind is not RoundKind.ACKNOWLEDGE and other.handed_in_at >= duty.asked_at)
                )
            ]
            first = min(answers, default=None)
            duty.by_itself, duty.handed_in_at = duty.by_itself or first != duty.handed_in_at, first
