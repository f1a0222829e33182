"""Give what units owe of a round another due time: each onto a ladder armed for it, told once, the old ladders retired.

Whoever has more time already, by an extension or the grace of a return, keeps it. What was answered is due at a later
time as well, so that those who answered meanwhile are judged like those who still may; never at an earlier one. The
document is locked by the caller: a step under way is waited for.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, LadderKind, ObligationState, StepKind
from sqlalchemy import Row

from plan_api.escalation import service as escalation
from plan_api.escalation import steps
from plan_api.obligations import repository
from plan_api.requests import Act
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.ladders import RetiredFor


@dataclass(frozen=True, slots=True)
class NewDue:
    """Another due time of a round: what its ladders are armed for, and how those affected are told (None: not)."""

    document_id: UUID
    round_id: UUID
    was_at: datetime | None
    due_at: datetime | None
    due_on: date | None
    cut_off_at: datetime | None
    anchor_at: datetime
    why: RetiredFor
    news: StepKind | None
    note: str
    at_once: bool
    """Whether the news is told now; else by the next step taken (a suspended document's after its resumption)."""

    def moves(self, state: ObligationState, due_at: datetime | None) -> bool:
        """Return whether an obligation that is due at an instant gets the new due time."""
        later = self.due_at is not None and due_at is not None and due_at < self.due_at
        if state is ObligationState.OPEN:
            return due_at != self.due_at and (later or due_at == self.was_at)
        return later


@dataclass(frozen=True, slots=True)
class UnitMoved:
    """A unit's obligation before and after; `moved` is false for one with more time already."""

    unit_id: UUID
    state: ObligationState
    was_on: date | None
    due_on: date | None
    moved: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a round's obligations, and the ladders they stand on now."""

    units: list[UnitMoved]
    requests_met: int
    ladders: list[UUID]


async def move_round(
    act: Act, new: NewDue, policy: escalation.PolicyInForce, days: WorkCalendar, *, arm_anyway: bool = False
) -> Moved:
    """Move everything of a round that the new due time is for; the round's own row is the caller's.

    With `arm_anyway` a ladder is armed even if nobody stands on it: its cut-off has to close the round.
    """
    rows = await repository.lock_expected(act.connection, new.round_id)
    earlier = [row for row in rows if new.moves(ObligationState(row.state), row.due_at)]
    ids = [row.id for row in earlier]
    await repository.change_many(act.connection, ids, due_at=new.due_at, due_on=new.due_on)
    met = 0
    if new.due_at is not None:
        met = await repository.meet_requests(act.connection, ids, new.due_at, act.now, new.note)
    ladders = await _rearm(act, new, policy, days, [row for row in earlier if row.state != ObligationState.FULFILLED])
    if arm_anyway and not ladders:
        ladders = [await _arm(act, new, policy, days, AssignmentMode.ORDER, None, [])]
    moved = set(ids)
    units = [
        UnitMoved(
            row.unit_id,
            ObligationState(row.state),
            row.due_on,
            new.due_on if row.id in moved else row.due_on,
            row.id in moved,
        )
        for row in rows
    ]
    return Moved(units, met, ladders)


async def _rearm(
    act: Act, new: NewDue, policy: escalation.PolicyInForce, days: WorkCalendar, rows: Sequence[Row[Any]]
) -> list[UUID]:
    """Put unsettled obligations on ladders of the new due time; what was still to be told is told by them."""
    stood_on = {row.ladder_id for row in rows if row.ladder_id is not None}
    present = await escalation.ladders(act.connection, stood_on)
    untold = await escalation.untold(act.connection, stood_on)
    groups: dict[tuple[str, escalation.News | None], list[UUID]] = defaultdict(list)
    for row in rows:
        if not _keeps_its_grace(present.get(row.ladder_id), new):
            groups[row.mode, untold.get(row.ladder_id)].append(row.id)
    armed = [
        await _arm(act, new, policy, days, AssignmentMode(mode), news, ids) for (mode, news), ids in groups.items()
    ]
    left = stood_on - await repository.stood_on(act.connection, stood_on)
    await escalation.retire(act.connection, sorted(left), act.now, new.why)
    return armed


def _keeps_its_grace(ladder: Row[Any] | None, new: NewDue) -> bool:
    """Return whether a return's grace ends no earlier than the new due time."""
    if ladder is None or ladder.due_at is None or new.due_at is None:
        return False
    return bool(ladder.reason == "return" and ladder.due_at >= new.due_at)


async def _arm(
    act: Act,
    new: NewDue,
    policy: escalation.PolicyInForce,
    days: WorkCalendar,
    mode: AssignmentMode,
    untold: escalation.News | None,
    obligation_ids: Sequence[UUID],
) -> UUID:
    later = untold is not None and untold.fire_at > act.now
    order = escalation.LadderOrder(
        new.document_id,
        new.round_id,
        LadderKind.OBLIGATION,
        mode,
        due_at=new.due_at,
        anchor_at=new.anchor_at,
        reason=new.why,
        cut_off_at=new.cut_off_at,
        announce=untold is not None or new.news is not None,
        announce_as=untold.kind if untold else new.news or StepKind.ANNOUNCE,
        shared=untold is None,
        armed_from=untold.fire_at if untold is not None and later else None,
    )
    ladder_id = await escalation.arm_ladder(act.connection, order, policy, days, act.now)
    await repository.change_many(act.connection, obligation_ids, ladder_id=ladder_id)
    if new.at_once and not later and order.announce:
        await steps.announce(act.connection, act.services, ladder_id, policy, act.now)
    return ladder_id
