"""Raise difficulties and proposals about a document, and answer them: one answer may go to all who asked the same.

Units bound by a document raise; its issuer, or the unit of its tracker's seat, answers. An answer stands as given.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import DocumentState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import allows, require
from plan_api.difficulties import repository
from plan_api.difficulties.errors import AlreadyAnswered, NotBound, NotOfThisUnit, UnitMissing, UnknownDifficulty
from plan_api.difficulties.schemas import (
    DifficultyAnswered,
    DifficultyAnswerIn,
    DifficultyAnswerOut,
    DifficultyIn,
    DifficultyKind,
    DifficultyOut,
    DifficultyPage,
    DifficultyState,
    Side,
)
from plan_api.documents.errors import DocumentNotInForce
from plan_api.organizations import service as organizations
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.read import difficulties as read
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb


async def raise_(act: Act, document_id: UUID, given: DifficultyIn) -> DifficultyOut:
    """Raise something about a document in force.

    Raises:
        NotFound, Forbidden, UnitMissing, UnitUnknown, NotBound, NotOfThisUnit, DocumentNotInForce: nothing changed.
    """
    unit_id = await _raising_unit(act, given)
    await require(act.connection, act.caller, Verb.RAISE_DIFFICULTY, unit_id)
    sides = await read.sides(act.connection, document_id)
    if sides is None or sides.state is DocumentState.DRAFT:
        raise NotFound(what="document")
    if not await read.is_bound(act.connection, document_id, unit_id):
        if not await allows(act.connection, act.caller, Verb.READ_DOCUMENT, sides.issuer_unit_id):
            raise NotFound(what="document")
        raise NotBound(field="unit")
    if sides.state is not DocumentState.ISSUED:
        raise DocumentNotInForce(state=sides.state)
    if given.obligation is not None and not await read.owes(act.connection, given.obligation, document_id, unit_id):
        raise NotOfThisUnit(field="obligation")
    identifier = new_id()
    row = {
        "id": identifier,
        "document_id": document_id,
        "unit_id": unit_id,
        "obligation_id": given.obligation,
        "kind": given.kind,
        "text": given.text,
        "account_id": act.caller.account_id,
        "seat_id": act.caller.seat_id,
        "raised_at": act.now,
    }
    await repository.add(act.connection, row)
    act.record("raise", "difficulty", identifier, document=str(document_id), unit=str(unit_id), kind=given.kind)
    return _out((await read.some(act.connection, [identifier]))[0])


async def _raising_unit(act: Act, given: DifficultyIn) -> UUID:
    if given.unit is not None:
        return (await organizations.known_units(act.connection, [given.unit], "unit"))[0]
    if act.caller.unit_id is None:
        raise UnitMissing(field="unit")
    return act.caller.unit_id


async def answer(act: Act, document_id: UUID, given: DifficultyAnswerIn) -> DifficultyAnswered:
    """Give one answer to everything named.

    Raises:
        NotFound, Forbidden, UnknownDifficulty, AlreadyAnswered: nothing changed.
    """
    sides = await read.sides(act.connection, document_id)
    if sides is None:
        raise NotFound(what="document")
    tracker = sides.tracker_unit_id
    if tracker is None or not await allows(act.connection, act.caller, Verb.ANSWER_DIFFICULTY, tracker):
        await require(act.connection, act.caller, Verb.ANSWER_DIFFICULTY, sides.issuer_unit_id)
    ids = list(dict.fromkeys(given.difficulties))
    found = await repository.lock(act.connection, document_id, ids)
    for number, identifier in enumerate(given.difficulties):
        field = f"difficulties.{number}"
        if identifier not in found:
            raise UnknownDifficulty(field=field, difficulty=identifier)
        if found[identifier].answer_id is not None:
            raise AlreadyAnswered(field=field, difficulty=identifier)
    answer_id = new_id()
    row = {
        "id": answer_id,
        "document_id": document_id,
        "text": given.text,
        "unit_id": act.caller.unit_id,
        "account_id": act.caller.account_id,
        "seat_id": act.caller.seat_id,
        "answered_at": act.now,
    }
    await repository.answer(act.connection, row, ids)
    for identifier in ids:
        act.record("answer", "difficulty", identifier, document=str(document_id), answer=str(answer_id))
    answered = [_out(item) for item in await read.some(act.connection, ids)]
    given_out = answered[0].answer
    assert given_out is not None  # noqa: S101 - this transaction gave it
    return DifficultyAnswered(answer=given_out, difficulties=answered)


async def whole(connection: AsyncConnection, caller: Caller, identifier: UUID) -> DifficultyOut:
    """Return one difficulty to either side of it.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    rows = await read.some(connection, [identifier])
    if rows:
        row = rows[0]
        for unit_id in (row.unit_id, row.issuer_unit_id, row.tracker_unit_id):
            if unit_id is not None and await allows(connection, caller, Verb.READ_PROGRESS, unit_id):
                return _out(row)
    raise NotFound(what="difficulty")


async def page(
    connection: AsyncConnection,
    caller: Caller,
    side: Side | None,
    document_id: UUID | None,
    unit_id: UUID | None,
    state: DifficultyState | None,
    cursor: str | None,
    limit: int,
) -> DifficultyPage:
    """Return what units below the caller raised or have to answer, newest first.

    Raises:
        CursorInvalid: the cursor is none of ours.
    """
    mine = None if caller.unit_id is None else await organizations.subtree(connection, caller.unit_id)
    filters = read.Filters(
        raised_by=None if side == "received" else mine,
        received_by=None if side == "raised" else mine,
        document_id=document_id,
        unit_id=unit_id,
        answered=None if state is None else state is DifficultyState.ANSWERED,
    )
    rows = await read.page(connection, filters, _after(cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return DifficultyPage(
        items=[_out(row) for row in rows[:limit]],
        next=encode_cursor(last.raised_at.isoformat(), last.id) if last else None,
    )


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, identifier = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(identifier)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


def _out(row: Row[Any]) -> DifficultyOut:
    given = None
    if row.answer_id is not None:
        given = DifficultyAnswerOut(
            id=row.answer_id,
            text=row.answer_text,
            unit_id=row.answer_unit_id,
            answered_at=row.answered_at,
            together=row.together,
        )
    return DifficultyOut(
        id=row.id,
        document_id=row.document_id,
        document_title=row.document_title,
        unit_id=row.unit_id,
        unit_name=row.unit_name,
        obligation_id=row.obligation_id,
        kind=DifficultyKind(row.kind),
        state=DifficultyState.OPEN if given is None else DifficultyState.ANSWERED,
        text=row.text,
        raised_at=row.raised_at,
        answer=given,
    )
