"""Resolve whom a document binds: its list and its selectors, as of a day, every unit once.

The same code answers the preview and the issue, so what was shown is what is bound, unless units changed in between.
"""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cascade_contracts.vocabulary import AssignmentMode, LineKind
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import assigned
from plan_api.documents.errors import SelectorMatchesNobody, UnitNamedTwice
from plan_api.documents.schemas import (
    AssigneeIn,
    AssigneeOut,
    AssigneePage,
    AssigneesIn,
    SelectionIn,
    SelectorIn,
)
from plan_api.organizations import groups
from plan_api.organizations import service as organizations
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.rules.selecting import Chosen, Way, choose_once
from plan_api.rules.vietnamese import sort_key


@dataclass(frozen=True, slots=True)
class Bound:
    """A unit a document binds: mode, line it comes down, who is one step up on it, and the ways that reach it."""

    unit_id: UUID
    mode: AssignmentMode
    line: LineKind | None
    superior_unit_id: UUID | None
    ways: tuple[str, ...]


async def select(
    connection: AsyncConnection,
    caller: Caller,
    issuer_id: UUID,
    given: SelectionIn,
    on: date,
    field: str,
    among: Container[UUID] | None = None,
) -> list[UUID]:
    """Return the units of a selection as of a day, in Vietnamese order; the issuer is never among them.

    `among` keeps to some units, those a document binds.

    Raises:
        UnitUnknown, GroupUnknown, SelectorMatchesNobody: naming `field`.
        NotFound, Forbidden: the caller may not read the unit whose subordinates it selects.
    """
    under = (
        issuer_id
        if given.under is None
        else (await organizations.known_units(connection, [given.under], f"{field}.under"))[0]
    )
    await require(connection, caller, Verb.READ, under)
    excluded = await organizations.known_units(connection, given.excluding, f"{field}.excluding")
    excluded += await groups.units_of(connection, caller, given.excluding_groups, on, f"{field}.excluding_groups")
    found = await _reached(connection, caller, under, given, on, field)
    left_out = {issuer_id, *excluded}
    selected = [unit_id for unit_id in found if unit_id not in left_out and (among is None or unit_id in among)]
    if not selected:
        cards = await organizations.unit_cards(connection, [under])
        raise SelectorMatchesNobody(field=field, under=cards[under].name)
    return selected


async def _reached(
    connection: AsyncConnection, caller: Caller, under: UUID, given: SelectionIn, on: date, field: str
) -> list[UUID]:
    """Return the units below a unit, those of groups, or (with both given) those of groups below it."""
    grouped = await groups.units_of(connection, caller, given.groups, on, f"{field}.groups")
    if given.groups and given.under is None:
        cards = await organizations.unit_cards(connection, grouped if given.kinds else [])
        return [unit_id for unit_id in grouped if not given.kinds or cards[unit_id].kind in given.kinds]
    below = await organizations.select_below(
        connection, under, on, line=given.line, kinds=given.kinds, direct=given.direct
    )
    return [unit_id for unit_id in below if unit_id in set(grouped)] if given.groups else below


async def resolve(
    connection: AsyncConnection,
    caller: Caller,
    issuer_id: UUID,
    assignees: Sequence[AssigneeIn],
    selectors: Sequence[SelectorIn],
    on: date,
    *,
    heirs: bool = False,
) -> list[Chosen[UUID]]:
    """Return whom a document binds as of a day, every unit once; the list comes first, then the selectors.

    With `heirs` (of a document in force) all successors of a unit that has ended stand in its place.

    Raises:
        UnitUnknown, UnitNamedTwice, SelectorMatchesNobody, NotFound, Forbidden: as `select`.
    """
    refs = [item.unit for item in assignees]
    named = await assigned.named_units(connection, refs, "assignees", on, heirs=heirs)
    seen: set[UUID] = set()
    ways: list[Way[UUID]] = []
    for number, (item, (unit_id, units)) in enumerate(zip(assignees, named, strict=True)):
        field = f"assignees.{number}"
        if unit_id in seen:
            raise UnitNamedTwice(field=field, unit=item.unit)
        seen.add(unit_id)
        ways.append(Way(field, units, item.mode, item.line, explicit=True))
    for number, selector in enumerate(selectors):
        field = f"selectors.{number}"
        units = await select(connection, caller, issuer_id, selector, on, field)
        ways.append(Way(field, units, selector.mode, selector.line))
    return choose_once(ways)


async def bind(connection: AsyncConnection, issuer_id: UUID, chosen: Sequence[Chosen[UUID]]) -> list[Bound]:
    """Return those chosen, each with its line and who is one step up on it."""
    ids = [item.unit for item in chosen]
    superiors = {kind: await organizations.current_superiors(connection, ids, kind) for kind in LineKind}
    bound = []
    for item in chosen:
        line = _line(item, issuer_id, superiors)
        superior = superiors[line].get(item.unit) if line else None
        bound.append(Bound(item.unit, item.mode, line, superior, item.ways))
    return bound


def _line(item: Chosen[UUID], issuer_id: UUID, superiors: dict[LineKind, dict[UUID, UUID]]) -> LineKind | None:
    """Return the line an assignment comes down: as stated, else where the issuer is the superior, else professional."""
    if item.line is not None:
        return item.line
    for kind in LineKind:
        if superiors[kind].get(item.unit) == issuer_id:
            return kind
    return next((kind for kind in LineKind if item.unit in superiors[kind]), None)


async def preview(
    connection: AsyncConnection, caller: Caller, given: AssigneesIn, on: date, cursor: str | None, limit: int
) -> AssigneePage:
    """Return a page of whom a document would bind if issued on a day; nothing changes.

    Raises:
        UnitUnknown, UnitNamedTwice, SelectorMatchesNobody, NotFound, Forbidden, CursorInvalid.
    """
    issuer_id = (await organizations.known_units(connection, [given.issuer], "issuer"))[0]
    await require(connection, caller, Verb.CREATE_DOCUMENT, issuer_id)
    chosen = await resolve(connection, caller, issuer_id, given.assignees, given.selectors, on)
    cards = await organizations.unit_cards(connection, [item.unit for item in chosen])
    placed = sorted((((sort_key(cards[item.unit].name), item.unit), item) for item in chosen), key=lambda pair: pair[0])
    after = _after(cursor)
    page = [(key, item) for key, item in placed if after is None or key > after][: limit + 1]
    bound = await bind(connection, issuer_id, [item for _, item in page[:limit]])
    above = await organizations.unit_cards(
        connection, [item.superior_unit_id for item in bound if item.superior_unit_id]
    )
    return AssigneePage(
        items=[_out(item, cards, above) for item in bound],
        total=len(chosen),
        modes=dict(Counter(item.mode for item in chosen)),
        next=encode_cursor(*page[limit - 1][0]) if len(page) > limit else None,
    )


def _after(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    name, identifier = decode_cursor(cursor, 2)
    try:
        return name, UUID(identifier)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


def _out(
    item: Bound, cards: dict[UUID, organizations.UnitCard], above: dict[UUID, organizations.UnitCard]
) -> AssigneeOut:
    unit = cards[item.unit_id]
    superior = above[item.superior_unit_id] if item.superior_unit_id else None
    return AssigneeOut(
        unit_id=unit.id,
        name=unit.name,
        kind=unit.kind,
        mode=item.mode,
        line=item.line,
        superior_unit_id=item.superior_unit_id,
        superior_name=superior.name if superior else None,
        ways=list(item.ways),
    )
