"""Re-home what ended units owe and decide on: nothing is lost, nobody is asked twice.

What an ended unit owes (open or submitted, of a document in force) becomes `transferred`, and one open obligation of
each successor takes its place, on a ladder of the round for the same due time; a successor that owes in the round
already is not asked again. What was settled stays with who held it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import AssignmentMode, LadderKind, ObligationState
from sqlalchemy import Row, func, select

from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.escalation import service as escalation
from plan_api.journal import Journal
from plan_api.obligations import repository
from plan_api.obligations.repository import OBLIGATION, RECEIVER, TRANSFER
from plan_api.obligations.settling import settle_if_complete
from plan_api.read.rehoming import owed_in_force, rounds_and_steps
from plan_api.read.tables import among
from plan_api.requests import Act
from plan_api.rules.timeliness import grace_end

Outcome = Literal["opened", "owed", "with_decider", "ended"]


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Who takes over from ended units: `takers` what they owe, `heir_of(ended, subordinate)` what they decide."""

    ended: Collection[UUID]
    takers: dict[UUID, list[UUID]]
    heir_of: Callable[[UUID, UUID], UUID | None]
    speaks_from: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """What took the place of one obligation of an ended unit; a split gives several."""

    document_id: UUID
    round_id: UUID
    obligation_id: UUID
    from_unit_id: UUID
    state: str
    to_unit_id: UUID | None
    to_obligation_id: UUID | None
    outcome: Outcome


@dataclass(slots=True)
class Rehomed:
    """What was re-homed."""

    moved: list[Moved]
    deciding_changed: int = 0
    superior_changed: int = 0
    documents: set[UUID] = field(default_factory=set)


async def decides(act: Act, unit_ids: Sequence[UUID]) -> int:
    """Return how many unsettled obligations some units decide on."""
    query = select(func.count()).select_from(OBLIGATION)
    unsettled = OBLIGATION.c.state.in_(repository.UNSETTLED)
    found = await act.connection.execute(query.where(among(OBLIGATION.c.deciding_unit_id, unit_ids), unsettled))
    return int(found.scalar_one())


async def rehome(act: Act, journal: Journal, succeeded: Succeeded) -> Rehomed:
    """Re-home in sets: what ended units owe, what they decide on, whose silence they were told of."""
    done = Rehomed([])
    await _hand_on_columns(act, journal, succeeded, done)
    owed = await owed_in_force(act.connection, succeeded.ended)
    if owed:
        await _transfer(act, journal, succeeded, owed, done)
    return done


async def _hand_on_columns(act: Act, journal: Journal, succeeded: Succeeded, done: Rehomed) -> None:
    """Give the part of the decider and of the superior to the heir."""
    unsettled = OBLIGATION.c.state.in_(repository.UNSETTLED)
    for column in ("deciding_unit_id", "superior_unit_id"):
        held = OBLIGATION.c[column]
        query = select(OBLIGATION, held.label("held")).where(among(held, succeeded.ended), unsettled)
        by_heir: dict[UUID, list[UUID]] = defaultdict(list)
        own: dict[UUID, tuple[UUID, UUID]] = {}
        for row in await act.connection.execute(query):
            heir = succeeded.heir_of(row.held, row.unit_id)
            if heir == row.unit_id and column == "deciding_unit_id":
                own[row.id] = (row.round_id, row.document_id)
                done.moved.append(_moved(row, heir, None, "with_decider"))
            elif heir == row.unit_id:
                by_heir[row.deciding_unit_id].append(row.id)
            elif heir is not None:
                by_heir[heir].append(row.id)
            done.documents.add(row.document_id)
        await _mark_transferred(act, journal, list(own))
        await _settle(act, journal, dict(own.values()))
        for heir, ids in by_heir.items():
            changed = await journal.update(OBLIGATION, among(OBLIGATION.c.id, ids) & unsettled, {column: heir})
            if column == "deciding_unit_id":
                done.deciding_changed += len(changed)
            else:
                done.superior_changed += len(changed)


async def _transfer(act: Act, journal: Journal, succeeded: Succeeded, owed: Sequence[Row[Any]], done: Rehomed) -> None:
    takers = {taker for each in succeeded.takers.values() for taker in each}
    query = select(OBLIGATION.c.round_id, OBLIGATION.c.unit_id, OBLIGATION.c.id)
    known = among(OBLIGATION.c.round_id, {row.round_id for row in owed}) & among(OBLIGATION.c.unit_id, takers)
    present = {(row[0], row[1]): row[2] for row in await act.connection.execute(query.where(known))}
    from_ids: dict[tuple[UUID, UUID], list[Row[Any]]] = defaultdict(list)
    for row in owed:
        done.documents.add(row.document_id)
        heirs = succeeded.takers.get(row.unit_id, [])
        for taker in heirs:
            if taker == row.deciding_unit_id:
                done.moved.append(_moved(row, taker, None, "with_decider"))
            else:
                from_ids[row.round_id, taker].append(row)
        if not heirs:
            done.moved.append(_moved(row, None, None, "ended"))
    await _mark_transferred(act, journal, [row.id for row in owed])
    fresh = {key: rows for key, rows in from_ids.items() if key not in present}
    opened = await _open(act, journal, succeeded, fresh)
    transfers = []
    for key, rows in from_ids.items():
        to_id = opened.get(key) or present[key]
        done.moved += [_moved(row, key[1], to_id, "opened" if key in opened else "owed") for row in rows]
        transfers += [(row.id, to_id, key in opened) for row in rows]
    await _write_transfers(act, journal, transfers)
    await _settle(act, journal, {row.round_id: row.document_id for row in owed})


async def _mark_transferred(act: Act, journal: Journal, ids: Sequence[UUID]) -> None:
    values = {"state": ObligationState.TRANSFERRED.value, "settled_at": act.now}
    await journal.update(OBLIGATION, among(OBLIGATION.c.id, ids), values)


def _moved(row: Row[Any], taker: UUID | None, to_id: UUID | None, outcome: Outcome) -> Moved:
    return Moved(row.document_id, row.round_id, row.id, row.unit_id, row.state, taker, to_id, outcome)


def _latest(rows: Sequence[Row[Any]]) -> Row[Any]:
    """Return the one whose due time stands for all: the latest, so that nobody loses an extension; none is latest."""
    return max(rows, key=lambda row: (row.due_at is None, row.due_at.timestamp() if row.due_at else 0.0, row.id.hex))


async def _open(
    act: Act, journal: Journal, succeeded: Succeeded, fresh: dict[tuple[UUID, UUID], list[Row[Any]]]
) -> dict[tuple[UUID, UUID], UUID]:
    """Open one obligation a round and successor; return their ids."""
    ladders: dict[tuple[UUID, str, datetime | None], UUID] = {}
    rows: list[dict[str, Any]] = []
    opened: dict[tuple[UUID, UUID], UUID] = {}
    bound: dict[tuple[UUID, UUID], Row[Any]] = {}
    for (round_id, taker), former in fresh.items():
        one = _latest(former)
        on = (round_id, one.mode, one.due_at)
        if on not in ladders:
            ladders[on] = await _ladder(act, journal, one, succeeded.speaks_from)
        superior = None if one.superior_unit_id == taker else one.superior_unit_id
        opened[round_id, taker] = new_id()
        bound.setdefault((one.document_id, taker), one)
        rows.append(
            {
                "id": opened[round_id, taker],
                "document_id": one.document_id,
                "round_id": round_id,
                "unit_id": taker,
                "mode": one.mode,
                "state": ObligationState.OPEN.value,
                "deciding_unit_id": one.deciding_unit_id,
                "superior_unit_id": superior or one.deciding_unit_id,
                "due_at": one.due_at,
                "due_on": one.due_on,
                "original_due_at": one.original_due_at,
                "ladder_id": ladders[on],
                "submission_version": 0,
                "row_version": 1,
                "created_at": act.now,
            }
        )
    await journal.insert(OBLIGATION, rows)
    await _copy_receivers(act, journal, {opened[key]: _latest(former).id for key, former in fresh.items()})
    await documents.bind_successors(journal, [(d, taker, row.unit_id) for (d, taker), row in bound.items()])
    return opened


async def _ladder(act: Act, journal: Journal, one: Row[Any], speaks_from: datetime) -> UUID:
    """Arm a ladder for the same due time that begins by telling the successor.

    What is past by then is chased as after a return, from the end of its grace: nobody had asked the successor in time.
    """
    policy = await escalation.policy_by_id(act.connection, one.policy_id)
    days = await calendar.settled_calendar(act.connection, act.services)
    past = one.due_at is not None and one.due_at <= speaks_from
    order = escalation.LadderOrder(
        one.document_id,
        one.round_id,
        LadderKind.OBLIGATION,
        AssignmentMode(one.mode),
        due_at=grace_end(speaks_from, policy.policy.return_grace, days) if past else one.due_at,
        anchor_at=one.issued_at or act.now,
        reason="reorganisation",
        announce=True,
        shared=False,
        armed_from=speaks_from,
    )
    ladder_id = await escalation.arm_ladder(act.connection, order, policy, days, act.now)
    await escalation.journal_ladder(journal, ladder_id)
    return ladder_id


async def _copy_receivers(act: Act, journal: Journal, source_of: dict[UUID, UUID]) -> None:
    query = select(RECEIVER).where(among(RECEIVER.c.obligation_id, source_of.values()))
    receivers: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await act.connection.execute(query):
        receivers[row.obligation_id].append(row.unit_id)
    copies = [
        {"obligation_id": to_id, "unit_id": unit_id}
        for to_id, from_id in source_of.items()
        for unit_id in receivers[from_id]
    ]
    await journal.insert(RECEIVER, copies)


async def _write_transfers(act: Act, journal: Journal, transfers: Sequence[tuple[UUID, UUID, bool]]) -> None:
    """Write what took whose place, also for those whose place had been taken by one that is transferred now."""
    to_ids = defaultdict(list)
    for from_id, to_id, opened in transfers:
        to_ids[from_id].append((to_id, opened))
    t = TRANSFER.c
    earlier = await act.connection.execute(select(t.from_id, t.to_id).where(among(t.to_id, to_ids)))
    chained = [(row.from_id, to_id, opened) for row in earlier for to_id, opened in to_ids[row.to_id]]
    rows = {(from_id, to_id): opened for from_id, to_id, opened in [*transfers, *chained]}
    written = await act.connection.execute(
        select(t.from_id, t.to_id).where(among(t.from_id, {pair[0] for pair in rows}))
    )
    for row in written:  # one half of a split taking the other half's place stood for their predecessor already
        rows.pop((row.from_id, row.to_id), None)
    await journal.insert(
        TRANSFER,
        [{"id": new_id(), "from_id": pair[0], "to_id": pair[1], "opened": opened} for pair, opened in rows.items()],
    )


async def _settle(act: Act, journal: Journal, rounds: dict[UUID, UUID]) -> None:
    """Settle the rounds in which nobody is left to ask, so that it can be taken back."""
    for round_id, document_id in sorted(rounds.items()):
        if not await repository.round_has_unsettled(act.connection, round_id):
            watched = [await journal.watch(*each) for each in rounds_and_steps(round_id)]
            await settle_if_complete(act, document_id, round_id)
            for each in watched:
                await journal.changed(each)


async def move_superior(act: Act, journal: Journal, unit_id: UUID, kind: str, former: UUID, superior: UUID) -> Rehomed:
    """Tell another superior of a unit's silence, where what it owes came down the line that changed."""
    done = Rehomed([])
    rows = await owed_in_force(act.connection, [unit_id])
    ids = [row.id for row in rows if row.superior_unit_id == former and row.line_kind in {kind, None}]
    changed = await journal.update(OBLIGATION, among(OBLIGATION.c.id, ids), {"superior_unit_id": superior})
    done.superior_changed = len(changed)
    for row in rows:
        if row.id in changed:
            done.documents.add(row.document_id)
    return done
