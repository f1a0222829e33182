"""What an amendment does to the rounds of a document: changed, added, dropped, joined and left."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, RoundKind, StepKind
from sqlalchemy import Row

from plan_api.documents import recurring_repository, repository
from plan_api.documents.amending_schemas import AmendIn, RoundAmended
from plan_api.documents.assigned import asked_now, asks
from plan_api.documents.due_times import Issue, RoundDue, due_of
from plan_api.documents.errors import AmendmentTooWide, CutOffBeforeDue, CutOffInPast, FormAnswered, RoundNotOpen
from plan_api.documents.opening import kept_form, open_round
from plan_api.documents.schemas import DocumentIn, RoundIn
from plan_api.escalation import service as escalation
from plan_api.obligations.joining import JoinedRound, join_round
from plan_api.obligations.moving import NewDue, move_round
from plan_api.obligations.opening import Assigned
from plan_api.obligations.receiving import replace_receivers
from plan_api.obligations.withdrawing import hold_rounds, withdraw_from
from plan_api.organizations.schemas import UnitRef
from plan_api.read.heirs import all_heirs_of
from plan_api.read.obligations import asked_of, is_answered
from plan_api.requests import Act
from plan_api.rules.amending import Pair, RoundName, match_rounds
from plan_api.rules.calendar import local_date
from plan_api.rules.ladders import RetiredFor

AMENDABLE = frozenset(
    {
        "title",
        "period",
        "due",
        "cut_off_at",
        "needs_acceptance",
        "signed_file_required",
        "assignees",
        "receivers",
        "form",
        "lag",
    }
)
TELLING = frozenset({"title", "period", "needs_acceptance", "signed_file_required", "receivers", "form"})
"""What concerns everybody a round asks; another due time concerns those it moves."""
COLUMNS = frozenset({"title", "period", "cut_off_at", "needs_acceptance", "signed_file_required"})


@dataclass(slots=True)
class Work:
    """An amendment under way."""

    act: Act
    document: Row[Any]
    given: AmendIn
    last: DocumentIn
    issue: Issue
    bound: dict[UUID, Assigned]
    added: list[UUID] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)
    affected: set[UUID] = field(default_factory=set)
    rounds: list[RoundAmended] = field(default_factory=list)

    @property
    def new(self) -> DocumentIn:
        """The new version."""
        return self.given.content


async def amend_rounds(work: Work) -> None:
    """Bring the rounds of the last version to those of the new one; what was handed in stays.

    Obligations are taken before any round, acknowledgements last, as every answer takes them: an amendment and a
    hand-in then wait for each other and neither is refused. Rounds below come before both, as who sends up takes them.
    """
    rows = await _rows_of_last(work)
    last, new = work.last.rounds, work.new.rounds
    if last != new or work.dropped or work.last.recurring != work.new.recurring:
        await recurring_repository.lock_lower_rounds(work.act.connection, work.document.id)
        everything = await repository.rounds_of(work.act.connection, work.document.id)
        await hold_rounds(work.act, [row.id for row in sorted(everything, key=_acknowledgements_last)])
    pairs = match_rounds([_name(item) for item in last], [_name(item) for item in new])
    for pair in sorted(pairs, key=lambda pair: _acknowledging(pair, last, new)):
        if pair.was is None and pair.now is not None:
            await _add(work, pair.now)
        elif pair.was is not None and pair.now is None:
            await drop(work, rows[pair.was])
        elif pair.was is not None and pair.now is not None:
            await _change(work, rows[pair.was], last[pair.was], pair.now)
    if work.added:
        await _join_periods(work)
    if work.dropped:
        await _let_go(work, await repository.rounds_of(work.act.connection, work.document.id))


def _acknowledging(pair: Pair, last: Sequence[RoundIn], new: Sequence[RoundIn]) -> bool:
    item = new[pair.now] if pair.now is not None else last[pair.was or 0]
    return item.kind is RoundKind.ACKNOWLEDGE


def _acknowledgements_last(row: Row[Any]) -> tuple[bool, int]:
    return row.kind == RoundKind.ACKNOWLEDGE, row.position


def _name(item: RoundIn) -> RoundName:
    return RoundName(item.kind, item.title, item.period)


async def _rows_of_last(work: Work) -> list[Row[Any]]:
    """Return the rounds of the last version, in its order: of those not dropped before the first of each name."""
    rows = [
        row
        for row in await repository.rounds_of(work.act.connection, work.document.id)
        if row.recurrence_id is None and row.dropped_at is None
    ]
    found = []
    for item in work.last.rounds:
        row = next(row for row in rows if RoundName(row.kind, row.title, row.period) == _name(item))
        rows.remove(row)
        found.append(row)
    return found


async def _wanted(work: Work, item: RoundIn) -> list[Assigned]:
    """Return who a round of the new version asks."""
    if item.assignees is None:
        return [unit for unit in work.bound.values() if asks(unit) or item.kind is RoundKind.ACKNOWLEDGE]
    named = await asked_now(work.act.connection, item.assignees, "assignees", local_date(work.act.now))
    return [work.bound[unit_id] for unit_id in named if unit_id in work.bound]


async def _add(work: Work, place: int) -> None:
    item = work.new.rounds[place]
    where = f"content.rounds.{place}."
    due = due_of(work.issue, item, where)
    units = await _wanted(work, item)
    position = await repository.next_position(work.act.connection, work.document.id)
    round_id = await open_round(work.act, work.issue, position, item, due, units, where)
    if item.kind is RoundKind.REPORT:
        await _feed(work, round_id, item, [unit.unit_id for unit in units])
    work.rounds.append(
        RoundAmended(round_id=round_id, title=item.title, what="added", due_on=due.due.due_on, units=len(units))
    )


async def _feed(work: Work, round_id: UUID, item: RoundIn, units: Sequence[UUID]) -> None:
    """Let lower reports answer an added round: those of its period; all that answered one it brings back did so."""
    others = [row for row in await repository.rounds_of(work.act.connection, work.document.id) if row.id != round_id]
    back = any(
        row.dropped_at is not None and RoundName(row.kind, row.title, row.period) == _name(item) for row in others
    )
    sole = not any(row.dropped_at is None and row.kind == RoundKind.REPORT for row in others)
    await recurring_repository.feed_into(
        work.act.connection, work.document.id, round_id, item.period, units, sole=back and sole
    )


async def drop(work: Work, row: Row[Any]) -> None:
    """Ask a round no more: what is open of it is withdrawn, a period of a recurring report may come back."""
    released = await withdraw_from(work.act, work.document.id, row.id, None)
    await repository.change_round(work.act.connection, row.id, dropped_at=work.act.now, recurrence_id=None)
    await recurring_repository.release_feeds(work.act.connection, row.id, released)
    work.affected |= set(released)
    work.rounds.append(
        RoundAmended(
            round_id=row.id, title=row.title, what="dropped", was_on=row.due_on, due_on=row.due_on, units=len(released)
        )
    )


async def _change(work: Work, row: Row[Any], was: RoundIn, place: int) -> None:
    item = work.new.rounds[place]
    where = f"content.rounds.{place}."
    before, after = was.model_dump(), item.model_dump()
    changed = [name for name in after if before[name] != after[name]]
    if wide := [name for name in changed if name not in AMENDABLE]:
        raise AmendmentTooWide(field=f"{where}{wide[0]}")
    timed = bool({"due", "cut_off_at"} & set(changed))
    over = row.settled_at is not None or row.closed_at is not None
    if timed and over:
        raise RoundNotOpen(field=f"{where}due")
    joined, leaving = ([], set()) if over else await _membership(work, row, was, item)
    values: dict[str, Any] = {name: after[name] for name in changed if name in COLUMNS}
    if "receivers" in changed:
        await receive(work, row, item.receivers, f"{where}receivers")
    if "form" in changed:
        if await is_answered(work.act.connection, row.id):
            raise FormAnswered(field=f"{where}form", round=row.title)
        values["form_id"] = await kept_form(work.act, item, where)
    moved: list[UUID] = []
    if timed:
        due = due_of(work.issue, item, where) if "due" in changed else None
        if due is None:
            _check_cut_off(work, row, item, where)
        moved = await _move(work, row, item, due)
        values["cut_off_at"] = item.cut_off_at
        if due is not None:
            values |= {
                "due_rule": due.rule.model_dump(mode="json"),
                "due_at": due.due.due_at,
                "due_on": due.due.due_on,
                "due_reasons": [*due.due.reasons, f"theo văn bản sửa đổi, vì: {work.given.reason}"],
            }
    if values:
        await repository.change_round(work.act.connection, row.id, **values)
    if joined:
        await _join(work, row.id, joined)
    left = await withdraw_from(work.act, work.document.id, row.id, leaving) if leaving else []
    work.affected |= {*moved, *left, *(unit.unit_id for unit in joined)}
    if TELLING & set(changed):
        work.affected |= await asked_of(work.act.connection, row.id)
    if changed or joined or left:
        now = await repository.round_(work.act.connection, row.id)
        work.rounds.append(
            RoundAmended(
                round_id=row.id,
                title=item.title,
                what="changed",
                fields=changed,
                was_on=row.due_on,
                due_on=now.due_on if now else None,
                units=len(moved) + len(joined) + len(left),
            )
        )


async def receive(work: Work, row: Row[Any], refs: Sequence[UnitRef], field: str) -> None:
    """Let others receive a round, by a former code too."""
    receivers = await asked_now(work.act.connection, refs, field, local_date(work.act.now))
    await replace_receivers(work.act, row.id, receivers)


async def _membership(work: Work, row: Row[Any], was: RoundIn, item: RoundIn) -> tuple[list[Assigned], set[UUID]]:
    """Return who joins an open round, and who leaves it because it names others now."""
    wanted = {unit.unit_id: unit for unit in await _wanted(work, item)}
    if was.assignees == item.assignees:
        joining = [unit for unit_id, unit in wanted.items() if unit_id in work.added]
        return (joining if row.due_at is None or row.due_at > work.act.now else []), set()
    present = await asked_of(work.act.connection, row.id)
    heirs = await all_heirs_of(work.act.connection, present, local_date(work.act.now))
    answered_for = set(chain.from_iterable(heirs.values()))
    joining = [unit for unit_id, unit in wanted.items() if unit_id not in present | answered_for]
    return joining, present - wanted.keys()


async def _join(work: Work, round_id: UUID, units: Sequence[Assigned]) -> None:
    row = await repository.round_(work.act.connection, round_id)
    assert row is not None  # noqa: S101 - a round of the document
    joined = JoinedRound(
        work.document.id,
        row.id,
        work.document.issuer_unit_id,
        row.due_at,
        row.due_on,
        row.cut_off_at,
        work.document.issued_at or work.act.now,
    )
    await join_round(work.act, joined, work.issue.policy, work.issue.days, units)


async def _join_periods(work: Work) -> None:
    """Ask who is new of the open periods of recurring reports that ask everybody."""
    connection, now = work.act.connection, work.act.now
    everybody = {
        row.id
        for row in await recurring_repository.recurrences(connection, work.document.id)
        if row.body["assignees"] is None
    }
    for row in await repository.rounds_of(connection, work.document.id):
        over = row.settled_at is not None or row.closed_at is not None or row.due_at is None or row.due_at <= now
        if row.recurrence_id in everybody and not over:
            await _join(work, row.id, [work.bound[unit_id] for unit_id in work.added if asks(work.bound[unit_id])])


def _check_cut_off(work: Work, row: Row[Any], item: RoundIn, where: str) -> None:
    """Check another cut-off against the due time as it stands by now, which an extension may have moved.

    Raises:
        CutOffInPast, CutOffBeforeDue: naming the cut-off.
    """
    if item.cut_off_at is not None and item.cut_off_at <= work.act.now:
        raise CutOffInPast(field=f"{where}cut_off_at", round=item.title)
    if item.cut_off_at is not None and row.due_at is not None and item.cut_off_at < row.due_at:
        raise CutOffBeforeDue(field=f"{where}cut_off_at", round=item.title)


async def _move(work: Work, row: Row[Any], item: RoundIn, due: RoundDue | None) -> list[UUID]:
    """Put a round on another due time and cut-off; without `due` only the cut-off is another."""
    cut_off_at = item.cut_off_at
    due_at, due_on = (due.due.due_at, due.due.due_on) if due is not None else (row.due_at, row.due_on)
    if cut_off_at != row.cut_off_at:
        await escalation.skip_cut_offs(work.act.connection, row.id, work.act.now)
    new = NewDue(
        work.document.id,
        row.id,
        row.due_at,
        due_at,
        due_on,
        cut_off_at,
        work.document.issued_at or work.act.now,
        RetiredFor.AMENDED,
        None if work.given.acknowledge and due_at is not None else StepKind.AMENDED,
        work.given.reason,
        at_once=True,
    )
    anyway = cut_off_at is not None and cut_off_at != row.cut_off_at
    moved = await move_round(work.act, new, work.issue.policy, work.issue.days, arm_anyway=anyway)
    return [unit.unit_id for unit in moved.units if unit.moved and unit.state is ObligationState.OPEN]


async def _let_go(work: Work, rows: Sequence[Row[Any]]) -> None:
    """Withdraw what units no longer bound still owe, of any round; what they have handed in stays."""
    for row in sorted(rows, key=_acknowledgements_last):
        await withdraw_from(work.act, work.document.id, row.id, set(work.dropped))
