"""Whom a document tells beside those it binds: named one by one, by groups and by selectors; read receipts of them.

The same code answers the preview and the issue. Who is told owes nothing, reads the document, and confirms having
read it; who is bound has it already, so selectors leave them out.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import DocumentState
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import assigned, reading, recipient_repository, repository, selecting
from plan_api.documents.errors import DocumentNotInForce, NotARecipient
from plan_api.documents.recipient_schemas import (
    ReadOut,
    RecipientOut,
    RecipientPage,
    RecipientsIn,
    RecipientState,
    RecipientStates,
)
from plan_api.documents.schemas import RecipientIn
from plan_api.organizations import service as organizations
from plan_api.paging import decode_cursor, encode_cursor
from plan_api.read import told
from plan_api.read.heirs import forebears, heir_of
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.rules.vietnamese import sort_key

T = TypeVar("T")


@dataclass(slots=True)
class Told:
    """Somebody told of a document: a unit, or a body outside by its name; `ways` are the fields that reach it."""

    unit_id: UUID | None
    label: str | None
    purpose: str
    ways: list[str]


async def resolve(
    connection: AsyncConnection,
    caller: Caller,
    issuer_id: UUID,
    given: Sequence[RecipientIn],
    bound: Collection[UUID],
    on: date,
    *,
    heirs: bool = False,
) -> list[Told]:
    """Return whom a document tells as of a day, each once, those named one by one first.

    Selectors leave out whom the document binds. With `heirs` (of a document in force) successors stand for units that
    have ended.

    Raises:
        UnitUnknown, GroupUnknown, SelectorMatchesNobody, NotFound, Forbidden: naming the field.
    """
    found: dict[UUID | str, Told] = {}

    def add(key: UUID | str, unit_id: UUID | None, item: RecipientIn, way: str) -> None:
        found.setdefault(key, Told(unit_id, item.label, item.purpose, [])).ways.append(way)

    for number, item in enumerate(given):
        way = f"recipients.{number}"
        if item.label is not None:
            add(item.label.casefold(), None, item, way)
        elif item.unit is not None:
            for _, units in await assigned.named_units(connection, [item.unit], way, on, heirs=heirs):
                for unit_id in units:
                    add(unit_id, unit_id, item, way)
    for number, item in enumerate(given):
        if item.select is not None:
            way = f"recipients.{number}"
            for unit_id in await selecting.select(connection, caller, issuer_id, item.select, on, f"{way}.select"):
                if unit_id not in bound:
                    add(unit_id, unit_id, item, way)
    return list(found.values())


async def keep(
    act: Act, document_id: UUID, issuer_id: UUID, given: Sequence[RecipientIn], bound: Collection[UUID], on: date
) -> None:
    """Note whom a document in force tells; who was told before keeps having read it.

    Raises:
        as `resolve`.
    """
    told_now = await resolve(act.connection, act.caller, issuer_id, given, bound, on, heirs=True)
    before = {(row.unit_id, row.label): row for row in await recipient_repository.rows(act.connection, document_id)}
    after = {(item.unit_id, item.label): item for item in told_now}
    await recipient_repository.remove(act.connection, [row.id for key, row in before.items() if key not in after])
    for key in before.keys() & after.keys():
        if before[key].purpose != after[key].purpose:
            await recipient_repository.change_purpose(act.connection, before[key].id, after[key].purpose)
    await repository.add_recipients(
        act.connection,
        [
            {
                "id": new_id(),
                "document_id": document_id,
                "unit_id": item.unit_id,
                "label": item.label,
                "purpose": item.purpose,
            }
            for key, item in after.items()
            if key not in before
        ],
    )


async def preview(
    connection: AsyncConnection, caller: Caller, given: RecipientsIn, on: date, cursor: str | None, limit: int
) -> RecipientPage:
    """Return a page of whom a document would tell if issued on a day, in Vietnamese order; nothing changes.

    Raises:
        UnitUnknown, UnitNamedTwice, GroupUnknown, SelectorMatchesNobody, NotFound, Forbidden, CursorInvalid.
    """
    issuer_id = (await organizations.known_units(connection, [given.issuer], "issuer"))[0]
    await require(connection, caller, Verb.CREATE_DOCUMENT, issuer_id)
    chosen = await selecting.resolve(connection, caller, issuer_id, given.assignees, given.selectors, on)
    bound = {item.unit for item in chosen}
    found = await resolve(connection, caller, issuer_id, given.recipients, bound, on)
    cards = await organizations.unit_cards(connection, [item.unit_id for item in found if item.unit_id])
    named = [(item, cards[item.unit_id].name if item.unit_id else item.label or "") for item in found]
    page, following = _page([(name, item.unit_id, item) for item, name in named], cursor, limit)
    return RecipientPage(
        items=[
            RecipientOut(
                unit_id=item.unit_id, name=name, purpose=item.purpose, ways=item.ways, bound=item.unit_id in bound
            )
            for name, item in page
        ],
        total=len(found),
        next=following,
    )


# --- read receipts ---


async def confirm_read(act: Act, document_id: UUID) -> ReadOut:
    """Record that the caller's unit has read a document it is told of, or bound by for information; once.

    Raises:
        NotFound: there is no such document, or the caller may not know of it.
        NotARecipient, DocumentNotInForce: nothing changed.
    """
    found = await reading.readable_or_told(act.connection, act.caller, document_id)
    if found.state is DocumentState.DRAFT:
        raise DocumentNotInForce(state=found.state)
    unit_id = act.caller.unit_id
    if unit_id is None:
        raise NotARecipient
    await require(act.connection, act.caller, Verb.CONFIRM_READ, unit_id)
    mine = await forebears(act.connection, unit_id)
    read_at = await recipient_repository.mark_read(act.connection, document_id, mine, act.now)
    if read_at is None:
        raise NotARecipient
    if read_at == act.now:
        act.record("read", "document", document_id, unit=unit_id)
    return ReadOut(document_id=document_id, unit_id=unit_id, read_at=read_at)


async def states(
    connection: AsyncConnection, caller: Caller, document_id: UUID, read: bool | None, cursor: str | None, limit: int
) -> RecipientStates:
    """Return a page of those told of a document, and when each confirmed having read it.

    Raises:
        NotFound, Forbidden: the caller does not stand over the issuer.
        CursorInvalid: the cursor is none of ours.
    """
    found = await reading.readable(connection, caller, document_id)
    await require(connection, caller, Verb.READ_PROGRESS, await heir_of(connection, found.issuer_unit_id))
    everybody = await told.everybody(connection, document_id)
    units = [row for row in everybody if row.unit_id is not None]
    wanted = [
        row for row in everybody if read is None or (row.unit_id is not None and read is (row.read_at is not None))
    ]
    page, following = _page([(row.name, row.unit_id, row) for row in wanted], cursor, limit)
    return RecipientStates(
        items=[RecipientState.model_validate(row, from_attributes=True) for _, row in page],
        units=len(units),
        read=sum(row.read_at is not None for row in units),
        next=following,
    )


def _page(
    named: Iterable[tuple[str, UUID | None, T]], cursor: str | None, limit: int
) -> tuple[list[tuple[str, T]], str | None]:
    """Return a page of what has a name, in Vietnamese order, with the cursor of the next one."""
    after = None if cursor is None else tuple(decode_cursor(cursor, 3))
    placed = sorted(
        (((sort_key(name), str(unit_id or ""), name), item) for name, unit_id, item in named), key=lambda pair: pair[0]
    )
    left = [(key, item) for key, item in placed if after is None or key > after]
    following = encode_cursor(*left[limit - 1][0]) if len(left) > limit else None
    return [(key[2], item) for key, item in left[:limit]], following
