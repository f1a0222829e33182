"""What becomes of an obligation when its suspended unit goes on: its due time, how it is chased, what it is told."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cascade_contracts.vocabulary import ObligationState, StepKind

from plan_api.rules.calendar import WorkCalendar, local_date
from plan_api.rules.policies import Offset
from plan_api.rules.timeliness import grace_end


@dataclass(frozen=True, slots=True)
class Resumption:
    """The due time from now on; with `rearm` a ladder until `chased_until` that begins by telling `told`."""

    due_at: datetime | None
    due_on: date | None
    rearm: bool
    chased_until: datetime | None
    told: StepKind | None


def resumption(
    *,
    state: ObligationState,
    due_at: datetime | None,
    due_on: date | None,
    created_at: datetime,
    heard_at: datetime | None,
    due_set_at: datetime | None,
    withheld: StepKind | None,
    returned_at: datetime | None,
    chased_until: datetime | None,
    suspended_at: datetime,
    now: datetime,
    shift: bool,
    grace: Offset,
    calendar: WorkCalendar,
) -> Resumption:
    """Return how an obligation goes on.

    With `shift` a due time that lay ahead when the suspension began moves by the working days lost since then (since
    the obligation came into being, if later), unless somebody has set it meanwhile. What is past by now is chased anew
    at the end of the grace, for its steps have passed unheard. What came into being or came back meanwhile, or was
    never heard of (by `heard_at`, or since it came back), is told now; so is an amendment or a later due time if
    that news was `withheld` and nothing was heard since.
    """
    moved_at, moved_on = due_at, due_on
    settled_meanwhile = due_set_at is not None and due_set_at >= suspended_at
    ahead = due_at is not None and due_at > suspended_at
    if shift and due_at is not None and due_on is not None and ahead and not settled_meanwhile:
        lost = calendar.working_days_between(local_date(max(suspended_at, created_at)), local_date(now))
        moved_on = calendar.shift(due_on, lost)
        moved_at = due_at + timedelta(days=(moved_on - due_on).days)
    told: StepKind | None = None
    unheard = heard_at is None or (returned_at is not None and heard_at < returned_at)
    if returned_at is not None and (returned_at >= suspended_at or unheard) and state is ObligationState.OPEN:
        told = StepKind.RETURNED
    elif created_at > suspended_at or heard_at is None:
        told = StepKind.ANNOUNCE
    elif moved_at != due_at or settled_meanwhile:
        told = StepKind.EXTENDED
    else:
        told = withheld
    until = max((at for at in (moved_at, chased_until) if at is not None), default=None)
    passed = until is not None and until <= now
    if passed:
        until = grace_end(now, grace, calendar)
    return Resumption(moved_at, moved_on, told is not None or passed, until if moved_at is not None else None, told)
