"""Change overrides, and move in the same transaction what the new calendar moves: due times, ladders, obligations.

Documents are locked before anything is planned for good, so a step under way is waited for; rounds are taken after
their obligations, as every answer does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import LadderKind, RoundKind
from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar import repository, service
from plan_api.calendar.schemas import (
    DayGiven,
    OverrideChanged,
    OverrideGiven,
    OverridesGiven,
    PreviewGiven,
    Reprojection,
    RoundMoved,
    StepMoved,
)
from plan_api.documents import service as documents
from plan_api.escalation import service as escalation
from plan_api.obligations import reprojecting as obligations
from plan_api.read import reprojection as read
from plan_api.read.reprojection import LadderNow, RoundNow, Standing
from plan_api.requests import Act
from plan_api.rules.calendar import DayOverride, WorkCalendar
from plan_api.rules.due import DUE_RULE, Due
from plan_api.rules.ladders import RetiredFor
from plan_api.rules.reprojection import DayChange, Rearmed, moved_due, rearm, reasons_after
from plan_api.rules.timeliness import due_after_return
from plan_api.services import Services

SHOWN = 500
"""How many moved rounds an answer lists; its counts are of all."""


@dataclass(frozen=True, slots=True)
class _LadderMove:
    """A ladder that takes another's place; `parts`: for whom of those who stand on it, None for all."""

    ladder: LadderNow
    parts: list[Standing] | None
    due_at: datetime | None
    rearmed: Rearmed


@dataclass(frozen=True, slots=True)
class _RoundMove:
    round: RoundNow
    due: Due | None
    cut_off_at: datetime | None
    ladders: list[_LadderMove]


@dataclass(frozen=True, slots=True)
class _Change:
    """The calendar before and after, and the days that make the difference."""

    before: WorkCalendar
    after: WorkCalendar
    days: list[DayChange]


async def put_override(act: Act, on_date: date, given: OverrideGiven) -> OverrideChanged:
    """Set the working status of a day and move what it moves; putting the same again moves nothing."""
    moved = await put_overrides(act, OverridesGiven.of(on_date, given))
    return OverrideChanged(on_date=on_date, created_at=act.now, **given.model_dump(), reprojection=moved)


async def put_overrides(act: Act, given: OverridesGiven) -> Reprojection:
    """Set many days at once; what they move together is moved once."""
    await repository.hold_for_change(act.connection)
    change = await _change(act.connection, act.services, given.days)
    rows = [{**day.model_dump(), "account_id": act.caller.account_id, "created_at": act.now} for day in given.days]
    await repository.put(act.connection, rows)
    for day in given.days:
        act.record("override_day", "calendar", new_id(), on=day.on_date, **day.model_dump(exclude={"on_date"}))
    return await _apply(act, change)


async def delete_override(act: Act, on_date: date) -> OverrideChanged:
    """Let the published calendar decide about a day again; answers what was deleted, and what that moved.

    Raises:
        NotFound: the day has no override.
    """
    await repository.hold_for_change(act.connection)
    rows = await repository.overrides(act.connection, on_date, on_date)
    if not rows:
        raise NotFound(what="calendar override")
    change = await _change(act.connection, act.services, deleted=[on_date])
    await repository.remove(act.connection, on_date)
    act.record("delete_override", "calendar", new_id(), on=on_date)
    return OverrideChanged(**service.view(rows[0]).model_dump(), reprojection=await _apply(act, change))


async def preview(connection: AsyncConnection, services: Services, given: PreviewGiven) -> Reprojection:
    """Return what setting and deleting these days would move; changes nothing."""
    change = await _change(connection, services, given.days, given.deleted)
    return _told(await _plan(connection, services, change, services.clock.now()))


async def _change(
    connection: AsyncConnection, services: Services, given: Sequence[DayGiven] = (), deleted: Sequence[date] = ()
) -> _Change:
    kept = {row.on_date: service.day_override(row) for row in await repository.overrides(connection)}
    wanted = {on: day for on, day in kept.items() if on not in deleted}
    for day in given:
        wanted[day.on_date] = DayOverride(day.on_date, day.working, day.legal_reference, day.note or "", day.estimate)
    before, after = service.build(kept.values(), services), service.build(wanted.values(), services)
    changed = [
        DayChange(on, after.is_working_day(on), (wanted.get(on) or kept[on]).legal_reference, deleted=on not in wanted)
        for on in sorted({**kept, **wanted})
        if before.is_working_day(on) is not after.is_working_day(on)
    ]
    return _Change(before, after, changed)


async def _plan(
    connection: AsyncConnection,
    services: Services,
    change: _Change,
    now: datetime,
    document_ids: Collection[UUID] | None = None,
) -> list[_RoundMove]:
    if not change.days:
        return []
    moves = []
    for round_ in await read.unsettled(connection, now, document_ids):
        due = moved_due(DUE_RULE.validate_python(round_.due_rule), round_.due_at, change.before, change.after, now)
        cut_off_at = round_.cut_off_at
        if due is not None and due.due_at is not None and cut_off_at is not None:
            cut_off_at = max(cut_off_at, due.due_at)
        ladders: list[_LadderMove] = []
        for ladder in round_.ladders:
            policy = await escalation.kept_policy(connection, services, ladder.row.policy_id)
            ladders += _moves_of(round_, due, cut_off_at, ladder, policy, change, now)
        if due is not None or ladders:
            moves.append(_RoundMove(round_, due, cut_off_at, ladders))
    return moves


def _moves_of(
    round_: RoundNow,
    due: Due | None,
    cut_off_at: datetime | None,
    ladder: LadderNow,
    policy: escalation.PolicyInForce,
    change: _Change,
    now: datetime,
) -> list[_LadderMove]:
    """Return the ladders that take this one's place: one for each due time that those who stand on it have by then."""
    wanted: dict[datetime | None, list[Standing]] = {}
    for part in ladder.standing or [Standing(False, 0, round_.due_at)]:
        wanted.setdefault(_due_of(round_, due, ladder, part, policy, change, now), []).append(part)
    moves = []
    for due_at, parts in wanted.items():
        before = escalation.rearmed(ladder.row, ladder.steps, policy, change.before, now, None, round_.cut_off_at)
        after = escalation.rearmed(ladder.row, ladder.steps, policy, change.after, now, due_at, cut_off_at)
        found = rearm(ladder.steps, before, after, now, due_moved=due_at != ladder.row.due_at)
        if found is not None:
            moves.append(_LadderMove(ladder, None if len(wanted) == 1 else parts, due_at, found))
    return moves


def _due_of(
    round_: RoundNow,
    due: Due | None,
    ladder: LadderNow,
    part: Standing,
    policy: escalation.PolicyInForce,
    change: _Change,
    now: datetime,
) -> datetime | None:
    armed_for: datetime | None = ladder.row.due_at
    if armed_for is None or ladder.row.kind == LadderKind.REVIEW or armed_for <= now:
        return armed_for
    moved = None if due is None or part.extended else due
    if ladder.row.shared:
        return moved.due_at if moved is not None and armed_for == round_.due_at else armed_for
    base = moved.due_at if moved is not None and part.due_at == round_.due_at else part.due_at
    grace = policy.policy.return_grace
    was = due_after_return(part.due_at, ladder.row.anchor_at, grace, change.before)
    following = due_after_return(base, ladder.row.anchor_at, grace, change.after)
    if following is None or following == was or following <= now:
        return armed_for
    return following if was == armed_for else max(following, armed_for)  # a grace counted from elsewhere stays


async def _apply(act: Act, change: _Change) -> Reprojection:
    """Move what the change moves; documents first locked, then planned for again."""
    touched = {move.round.document_id for move in await _plan(act.connection, act.services, change, act.now)}
    if not touched:
        return _told([])
    await documents.lock_documents(act.connection, sorted(touched))
    moves = await _plan(act.connection, act.services, change, act.now, touched)
    for move in sorted(moves, key=lambda move: move.round.kind == RoundKind.ACKNOWLEDGE):
        await _move_obligations(act, move)  # acknowledgements last, as an answer takes them
    settled = await documents.lock_rounds(act.connection, sorted(move.round.id for move in moves))
    for move in moves:
        retired = [ladder.ladder.row.id for ladder in move.ladders if _retires(move, ladder)]
        await escalation.retire(act.connection, retired, act.now, RetiredFor.CALENDAR)
        if move.round.id in settled:
            await escalation.skip_round(act.connection, move.round.id, act.now, "settled")
            continue
        await documents.reproject_round(
            act.connection,
            move.round.id,
            due_at=move.due.due_at if move.due else move.round.due_at,
            due_on=move.due.due_on if move.due else move.round.due_on,
            due_reasons=reasons_after(move.round.due_reasons, change.days, move.round.due_on, move.due),
            cut_off_at=move.cut_off_at,
        )
        act.record("reproject", "round", move.round.id, **_told_of(move).model_dump(include={"from_at", "to_at"}))
        act.agenda_changed(move.round.document_id)
    return _told(moves)


async def _move_obligations(act: Act, move: _RoundMove) -> None:
    """Put obligations on their new ladders, then give them the new due time: until then it says who stands where."""
    for ladder in move.ladders:
        new = await escalation.succeed(
            act.connection, ladder.ladder.row, ladder.due_at, ladder.rearmed.steps, act.now, RetiredFor.CALENDAR
        )
        parts = None if ladder.parts is None else [(part.extended, part.due_at) for part in ladder.parts]
        await obligations.move_ladder(act.connection, ladder.ladder.row.id, new, parts)
    if move.due is not None and move.due.due_at is not None and move.due.due_on is not None:
        await obligations.move_due(act.connection, move.round.id, move.round.due_at, move.due.due_at, move.due.due_on)


def _retires(move: _RoundMove, ladder: _LadderMove) -> bool:
    """Return whether nobody stays on the old ladder."""
    moved = [other.parts for other in move.ladders if other.ladder.row.id == ladder.ladder.row.id]
    return None in moved or sum(len(parts or []) for parts in moved) == len(ladder.ladder.standing)


def _told(moves: Sequence[_RoundMove]) -> Reprojection:
    told = [_told_of(move) for move in moves]
    return Reprojection(
        documents=len({move.document_id for move in told}),
        rounds=len(told),
        steps=sum(len(move.steps) for move in told),
        moved=told[:SHOWN],
    )


def _told_of(move: _RoundMove) -> RoundMoved:
    return RoundMoved(
        document_id=move.round.document_id,
        document_title=move.round.document_title,
        round_id=move.round.id,
        round_title=move.round.title,
        from_at=move.round.due_at,
        to_at=move.due.due_at if move.due else move.round.due_at,
        steps=[
            StepMoved(
                ladder_id=ladder.ladder.row.id,
                position=step.position,
                kind=step.kind,
                from_at=step.from_at,
                to_at=step.to_at,
            )
            for ladder in move.ladders
            for step in ladder.rearmed.moves
        ],
    )
