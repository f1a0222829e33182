"""Carry a reorganisation out in one transaction; a preview does the same and is rolled back, so it tells the truth.

Operations are tried in their order; one that is refused leaves nothing. First units, lines and seats change, then
what ended units owe and decide is re-homed in sets. Undoing needs the journal only.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_servicekit.problems import Refusal

from plan_api.auth import service as auth
from plan_api.calendar import service as calendar
from plan_api.journal import Journal
from plan_api.obligations import rehoming
from plan_api.organizations import restructuring
from plan_api.organizations.schemas import Sentence, UnitRef
from plan_api.organizations.service import known_units, unit_cards
from plan_api.reorganisations import repository, telling
from plan_api.reorganisations.errors import (
    ReorganisationNotYet,
    ReorganisationRefused,
    SuccessorMissing,
    UnitEnded,
)
from plan_api.reorganisations.schemas import (
    Abolish,
    LineChange,
    Merge,
    Move,
    ObligationMove,
    Operation,
    OperationRefusal,
    Rename,
    ReorganisationIn,
    ReorganisationReport,
    SeatEnded,
    Split,
    Successor,
    UnitChange,
)
from plan_api.requests import Act
from plan_api.rules.calendar import local_date


@dataclass(slots=True)
class _Work:
    """An order under way: what has been done, and who takes over from whom."""

    doing: Act
    order: ReorganisationIn
    journal: Journal
    refusals: list[OperationRefusal] = field(default_factory=list)
    units: list[UnitChange] = field(default_factory=list)
    lines: list[LineChange] = field(default_factory=list)
    seats: list[SeatEnded] = field(default_factory=list)
    links_revoked: int = 0
    superior_changed: int = 0
    documents: set[UUID] = field(default_factory=set)
    heirs: dict[UUID, list[UUID]] = field(default_factory=dict)
    takers: dict[UUID, list[UUID]] = field(default_factory=dict)
    given: dict[tuple[UUID, UUID], UUID] = field(default_factory=dict)

    def heir_of(self, ended: UUID, subordinate: UUID) -> UUID | None:
        """Return who supervises a subordinate of an ended unit from now on."""
        heirs = self.heirs.get(ended, [])
        return self.given.get((ended, subordinate)) or (heirs[0] if heirs else None)


async def carry_out(doing: Act, order: ReorganisationIn, *, preview: bool) -> ReorganisationReport:
    """Carry an order out, or (as a preview) up to the point where it would be kept.

    Raises:
        ReorganisationNotYet: it takes effect later (not for a preview).
        ReorganisationRefused: an operation cannot be carried out (a preview lists them all instead).
    """
    if not preview and order.effective_on > local_date(doing.now):
        raise ReorganisationNotYet(field="effective_on", on=order.effective_on.isoformat())
    await calendar.held_calendar(doing.connection, doing.services)
    await restructuring.lock(doing)
    work = _Work(doing, order, Journal(doing.connection))
    for number, operation in enumerate(order.operations):
        await _try(work, number, operation)
    if work.refusals and not preview:
        first = work.refusals[0]
        raise ReorganisationRefused(
            field=f"operations.{first.operation}",
            count=len(work.refusals),
            vi=first.message.vi,
            en=first.message.en,
        )
    rehomed = await rehoming.rehome(
        doing,
        work.journal,
        rehoming.Succeeded(
            list(work.heirs), work.takers, work.heir_of, doing.now + timedelta(minutes=order.told_after_minutes)
        ),
    )
    return await _keep(work, rehomed, preview=preview)


async def _try(work: _Work, number: int, operation: Operation) -> None:
    """Carry one operation out, or note why not and leave nothing of it."""
    changes, units, lines, seats = (len(rows) for rows in (work.journal.changes, work.units, work.lines, work.seats))
    heirs, takers, given, links = dict(work.heirs), dict(work.takers), dict(work.given), work.links_revoked
    try:
        async with work.doing.connection.begin_nested():
            await _operate(work, number, operation)
    except Refusal as refusal:
        del work.journal.changes[changes:], work.units[units:], work.lines[lines:], work.seats[seats:]
        work.heirs, work.takers, work.given, work.links_revoked = heirs, takers, given, links
        message = Sentence(vi=refusal.detail("vi"), en=refusal.detail("en"))
        work.refusals.append(
            OperationRefusal(operation=number, field=refusal.field, code=refusal.code, message=message)
        )


async def _operate(work: _Work, number: int, operation: Operation) -> None:
    match operation:
        case Merge():
            await _end(work, number, operation.units, [operation.into], "units")
        case Split():
            await _end(work, number, [operation.unit], operation.into, "unit")
        case Abolish():
            await _end(work, number, [operation.unit], [operation.successor] if operation.successor else [], "unit")
        case Rename():
            unit_id = (await _living(work, [operation.unit], "unit"))[0]
            await restructuring.rename(work.doing, work.journal, unit_id, operation.name, operation.short_name)
            work.units.append(UnitChange(operation=number, what="renamed", unit_id=unit_id, name=operation.name))
        case Move():
            await _move(work, number, operation)


async def _living(work: _Work, refs: list[UnitRef], name: str) -> list[UUID]:
    """Return units by reference.

    Raises:
        UnitUnknown, UnitEnded: one does not exist or does not go on.
    """
    ids = list(dict.fromkeys(await known_units(work.doing.connection, refs, name)))
    ended = await restructuring.ended_units(work.doing, ids)
    if ended:
        raise UnitEnded(field=name, name=next(iter(ended.values())))
    return ids


async def _move(work: _Work, number: int, operation: Move) -> None:
    unit_id = (await _living(work, [operation.unit], "unit"))[0]
    superior = (await _living(work, [operation.superior], "superior"))[0]
    on, line = work.order.effective_on, operation.line
    moved = await restructuring.move(work.doing, work.journal, unit_id, line, superior, on)
    await restructuring.refuse_cycles(work.doing, "superior")
    work.lines += [_line(each) for each in moved]
    name = (await unit_cards(work.doing.connection, [unit_id]))[unit_id].name
    work.units.append(UnitChange(operation=number, what="moved", unit_id=unit_id, name=name))
    for each in moved:
        told = await rehoming.move_superior(work.doing, work.journal, unit_id, line.value, each.from_id, superior)
        work.superior_changed += told.superior_changed
        work.documents |= told.documents


def _line(moved: restructuring.Repointed) -> LineChange:
    return LineChange(
        kind=moved.kind,
        subordinate_id=moved.subordinate_id,
        from_superior_id=moved.from_id,
        to_superior_id=moved.to_id,
    )


async def _end(work: _Work, number: int, units: list[UnitRef], into: list[Successor], name: str) -> None:
    """End units and let others take over."""
    doing, on = work.doing, work.order.effective_on
    named = await _living(work, units, name)
    staying = [ref.unit for ref in into if ref.unit is not None]
    kept = await _living(work, staying, "into") if staying else []
    ended = [unit_id for unit_id in named if unit_id not in kept]
    cards = await unit_cards(doing.connection, [*ended, *kept])
    if into and not ended:
        raise SuccessorMissing(field="into", name=cards[kept[0]].name, count=0)
    followed = {heir for heirs in work.heirs.values() for heir in heirs} & set(ended)
    if followed:
        raise UnitEnded(field=name, name=cards[followed.pop()].name)
    below = await restructuring.subordinates(doing, ended)
    if not into:
        left = len(below) + await rehoming.decides(doing, ended)
        if left:
            raise SuccessorMissing(field="successor", name=cards[ended[0]].name, count=left)
    placed = [await known_units(doing.connection, successor.subordinates, "subordinates") for successor in into]
    seats = await restructuring.end(doing, work.journal, ended, on)
    work.links_revoked += await auth.journal_revoked_links(work.journal, [seat.id for seat in seats], doing.now)
    work.seats += [SeatEnded(seat_id=s.id, unit_id=s.unit_id, role=s.role, title=s.title) for s in seats]
    heirs: list[UUID] = []
    for successor, subordinates in zip(into, placed, strict=True):
        if successor.new is not None:
            heir = await restructuring.create(doing, work.journal, successor.new, on)
            work.units.append(UnitChange(operation=number, what="created", unit_id=heir, name=successor.new.name))
        else:
            heir = kept[len([h for h in heirs if h in kept])]
        heirs.append(heir)
        work.given |= {(old, subordinate): heir for old in ended for subordinate in subordinates}
    takers = [heir for heir, successor in zip(heirs, into, strict=True) if successor.takes_over]
    work.heirs |= dict.fromkeys(ended, heirs)
    work.takers |= dict.fromkeys(ended, takers)
    moved = await restructuring.hand_on_lines(doing, work.journal, ended, work.heir_of, on)
    await restructuring.refuse_cycles(doing, "into")
    work.lines += [_line(each) for each in moved]
    pairs = [(old, heir) for old in ended for heir in heirs]
    await restructuring.succeed(work.journal, pairs, on, work.order.legal_reference)
    work.units += [
        UnitChange(operation=number, what="ended", unit_id=old, name=cards[old].name, successors=heirs) for old in ended
    ]


async def _keep(work: _Work, rehomed: rehoming.Rehomed, *, preview: bool) -> ReorganisationReport:
    """Write the journal, the audit, and tell the supervisions of exactly the touched documents."""
    doing, order = work.doing, work.order
    documents = sorted(work.documents | rehomed.documents)
    changes = work.journal.compact()
    concerned = await telling.concerned(doing, work.units, work.lines, rehomed.moved, changes)
    told = await telling.audience(doing, concerned, changes)
    report = ReorganisationReport(
        id=None if preview else new_id(),
        state="preview" if preview else "done",
        effective_on=order.effective_on,
        legal_reference=order.legal_reference,
        refusals=work.refusals,
        units=work.units,
        lines=work.lines,
        seats=work.seats,
        links_revoked=work.links_revoked,
        obligations=[ObligationMove(**asdict(each)) for each in rehomed.moved],
        deciding_changed=rehomed.deciding_changed,
        superior_changed=work.superior_changed + rehomed.superior_changed,
        documents=documents,
        told=told.shown,
        done_at=None if preview else doing.now,
    )
    if preview or report.id is None:
        return report
    row = {
        "id": report.id,
        "effective_on": order.effective_on,
        "legal_reference": order.legal_reference,
        "state": report.state,
        "body": order.model_dump(mode="json"),
        "report": report.model_dump(mode="json", exclude={"id", "state", "done_at", "undone_at"}),
        "account_id": doing.caller.account_id,
        "done_at": doing.now,
    }
    await repository.add(doing.connection, row, changes)
    await telling.tell(doing, report.id, order, told.seats)
    outcomes: dict[str, int] = defaultdict(int)
    for each in rehomed.moved:
        outcomes[each.outcome] += 1
    doing.record(
        "reorganise",
        "reorganisation",
        report.id,
        reference=order.legal_reference,
        effective_on=order.effective_on,
        units=len(report.units),
        told=len(report.told),
        **outcomes,
    )
    for unit in report.units:
        doing.record(f"reorganise_{unit.what}", "unit", unit.unit_id, reorganisation=report.id)
    for document_id in documents:
        doing.agenda_changed(document_id)
    return report
