"""How an obligation stands, as a page shows it: one shape and word, days left or late, and what can be done now.

Pure: facts and the present in, values out. What is offered is what the services would take; they still decide.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from cascade_contracts.vocabulary import (
    TERMINAL_WITHOUT_HAND_IN,
    DocumentState,
    ExtensionState,
    ObligationState,
    RoundKind,
    SubmissionKind,
    SubmissionState,
    Timeliness,
)

from plan_api.read.link_page import Owed, Subject, Version
from plan_api.rules.calendar import WorkCalendar, local_date
from plan_api.rules.policies import Policy, policy_from_json
from plan_api.rules.timeliness import classify, due_soon_from


class Shape(StrEnum):
    """The derived states that have a shape and a colour of their own."""

    NOT_DUE = "not_due"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ON_TIME = "on_time"
    LATE = "late"
    NA = "na"


class Action(StrEnum):
    """What a contact person can do on the page; the last part of its address."""

    ACKNOWLEDGE = "acknowledge"
    HAND_IN = "hand-in"
    NIL = "nil"
    EXTENSION = "extension"
    CONFIRM = "confirm"


HANDED_IN_AS: Final = {
    RoundKind.PLAN: SubmissionKind.PLAN,
    RoundKind.REPORT: SubmissionKind.REPORT,
    RoundKind.TASK: SubmissionKind.REPORT,
}
_NIL_ROUNDS: Final = frozenset({RoundKind.REPORT, RoundKind.TASK})


@dataclass(frozen=True, slots=True)
class Stand:
    """A shape, the name of its word in `texts`, and the days the word counts."""

    shape: Shape
    word: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """What a standing is derived from, beside the stored state."""

    state: ObligationState
    due_at: datetime | None
    due_on: date | None
    handed_in_at: datetime | None
    kept_until: datetime | None
    returned: bool


def stand(facts: Dated, at: datetime, calendar: WorkCalendar, policy: Policy) -> Stand:
    """Return how an obligation stands at an instant."""
    if facts.state in TERMINAL_WITHOUT_HAND_IN:
        return Stand(Shape.NA, facts.state.value)
    if facts.state is ObligationState.SUBMITTED:
        return Stand(Shape.SUBMITTED, "submitted")
    if facts.state is ObligationState.FULFILLED:
        return _done(facts)
    return _open(facts, at, calendar, policy)


def _done(facts: Dated) -> Stand:
    if facts.due_at is None or facts.handed_in_at is None:
        return Stand(Shape.ON_TIME, "done")
    return Stand(Shape.ON_TIME, "on_time") if facts.handed_in_at < facts.due_at else Stand(Shape.LATE, "late")


def _open(facts: Dated, at: datetime, calendar: WorkCalendar, policy: Policy) -> Stand:
    soon = None if facts.due_at is None else due_soon_from(facts.due_at, policy.due_soon, calendar)
    timeliness = classify(facts.state, facts.due_at, facts.handed_in_at, at, soon, kept_until=facts.kept_until)
    today = local_date(at)
    if timeliness is Timeliness.MISSING and facts.due_on is not None:
        late = calendar.working_days_between(facts.due_on, today)
        return Stand(Shape.OVERDUE, _counted(late, "days_late", "day_late", "overdue"), late)
    if facts.returned:
        return Stand(Shape.RETURNED, "returned")
    if facts.due_at is None or facts.due_on is None:
        return Stand(Shape.NOT_DUE, "no_deadline")
    left = calendar.working_days_between(today, facts.due_on)
    if timeliness is Timeliness.DUE_SOON:
        ending = "due_today" if today == facts.due_on else "due_soon"
        return Stand(Shape.DUE_SOON, _counted(left, "days_left", "day_left", ending), left)
    return Stand(Shape.NOT_DUE, _counted(left, "days_left", "day_left", "not_due"), left)


def _counted(days: int, many: str, one: str, none: str) -> str:
    return none if days < 1 else one if days == 1 else many


def stand_of(subject: Subject, owed: Owed, newest: Version | None, at: datetime, calendar: WorkCalendar) -> Stand:
    """Return how the obligation of a page stands."""
    if subject.document_state == DocumentState.RECALLED and owed.state not in {"fulfilled", "submitted"}:
        return Stand(Shape.NA, "withdrawn")
    facts = Dated(
        ObligationState(owed.state),
        owed.due_at,
        owed.due_on,
        owed.handed_in_at,
        owed.hand_in_kept_until,
        is_returned(owed, newest),
    )
    return stand(facts, at, calendar, policy_of(subject))


def policy_of(subject: Subject) -> Policy:
    """Return the policy a round is chased by."""
    return policy_from_json(subject.policy)


def is_returned(owed: Owed, newest: Version | None) -> bool:
    """Return whether the last version went back and nothing has come since."""
    return owed.state == ObligationState.OPEN and newest is not None and newest.state == SubmissionState.RETURNED


def _may_ask(subject: Subject, owed: Owed, at: datetime) -> bool:
    if owed.due_at is None or owed.extension_state == ExtensionState.OPEN:
        return False
    return at < owed.due_at or policy_of(subject).extension_after_due


def is_to_confirm(owed: Owed, newest: Version | None) -> bool:
    """Return whether the version that stands was typed by somebody else and the unit has yet to confirm it."""
    told = newest is not None and newest.entered_for is not None and newest.confirmed_at is None
    return told and owed.state != ObligationState.OPEN


def actions(subject: Subject, owed: Owed, at: datetime, newest: Version | None = None) -> frozenset[Action]:
    """Return what the owing unit can do now."""
    state, kind = ObligationState(owed.state), RoundKind(subject.round_kind)
    if subject.document_state != DocumentState.ISSUED:
        return frozenset()
    found: set[Action] = set()
    acknowledges = kind is RoundKind.ACKNOWLEDGE
    acknowledgement = owed.state if acknowledges else owed.acknowledgement_state
    if acknowledgement == ObligationState.OPEN:
        found.add(Action.ACKNOWLEDGE)
    if state in {ObligationState.OPEN, ObligationState.SUBMITTED} and kind in HANDED_IN_AS:
        found.add(Action.HAND_IN)
        if kind in _NIL_ROUNDS:
            found.add(Action.NIL)
    if is_to_confirm(owed, newest):
        found.add(Action.CONFIRM)
    if state is ObligationState.OPEN and _may_ask(subject, owed, at):
        found.add(Action.EXTENSION)
    return frozenset(found)
