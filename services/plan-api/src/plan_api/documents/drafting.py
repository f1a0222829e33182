"""Draft a document: what it is, whom it binds and what it will ask. Nothing is owed before it is issued."""

import re
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import DocumentState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import assigned, recipients, repository, selecting
from plan_api.documents.errors import (
    DocumentNotDraft,
    IdentityTaken,
    NotAnAssignee,
    NothingAsked,
    UnknownParent,
)
from plan_api.documents.schemas import DocumentIn
from plan_api.documents.service import require_files
from plan_api.escalation import service as escalation
from plan_api.organizations import service as organizations
from plan_api.organizations.schemas import UnitRef
from plan_api.requests import Act, PreconditionFailed
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date
from plan_api.rules.selecting import Chosen
from plan_api.rules.vietnamese import normalise


def identity_keys(number: str | None, notation: str | None) -> tuple[str | None, str | None]:
    """Return the keys documents are told apart by: no leading zeros, no case, no spaces."""
    number_key = None if number is None else (number.lstrip("0") or "0").casefold()
    notation_key = None if notation is None else re.sub(r"\s+", "", normalise(notation)).casefold()
    return number_key, notation_key


async def create(act: Act, given: DocumentIn) -> UUID:
    """Create a draft; return its id."""
    issuer = (await organizations.known_units(act.connection, [given.issuer], "issuer"))[0]
    await require(act.connection, act.caller, Verb.CREATE_DOCUMENT, issuer)
    values = await _values(act, given, issuer)
    document_id = new_id()
    row = {
        "id": document_id,
        "kind": given.kind,
        "state": DocumentState.DRAFT,
        "account_id": act.caller.account_id,
        "created_at": act.now,
        **values,
    }
    row["root_id"] = values["root_id"] or document_id
    try:
        await repository.add_document(act.connection, row, given.parents)
    except IntegrityError as error:
        raise IdentityTaken(field="number") from error
    act.record("create", "document", document_id, title=given.title)
    return document_id


async def edit(act: Act, document_id: UUID, given: DocumentIn, row_version: int) -> int:
    """Replace a draft's content; return its new row version."""
    draft = await locked_draft(act, document_id, "edit")
    if draft.row_version != row_version:
        raise PreconditionFailed
    issuer = (await organizations.known_units(act.connection, [given.issuer], "issuer"))[0]
    await require(act.connection, act.caller, Verb.CREATE_DOCUMENT, issuer)
    values = await _values(act, given, issuer)
    values["root_id"] = values["root_id"] or document_id
    await repository.set_parents(act.connection, document_id, given.parents)
    act.record("edit", "document", document_id, title=given.title)
    try:
        return await repository.change_document(act.connection, document_id, **values)
    except IntegrityError as error:
        raise IdentityTaken(field="number") from error


async def locked_draft(act: Act, document_id: UUID, verb: str) -> Row[Any]:
    """Lock a draft the caller may change.

    Raises:
        NotFound, Forbidden, DocumentNotDraft: nothing changed.
    """
    draft = await repository.lock_document(act.connection, document_id)
    if draft is None:
        raise NotFound(what="document")
    await require(act.connection, act.caller, Verb.ISSUE_DOCUMENT, draft.issuer_unit_id)
    if draft.state != DocumentState.DRAFT:
        raise DocumentNotDraft(state=draft.state, verb=verb)
    return draft


async def _values(act: Act, given: DocumentIn, issuer: UUID) -> dict[str, Any]:
    await check_references(act, issuer, given)
    await escalation.policy_by_code(act.connection, given.policy, act.now)
    root_id, level = await _place(act.connection, given.parents)
    number_key, notation_key = identity_keys(given.number, given.notation)
    return {
        "issuer_unit_id": issuer,
        "root_id": root_id,
        "level": level,
        "title": normalise(given.title),
        "number": given.number,
        "notation": given.notation,
        "number_key": number_key,
        "notation_key": notation_key,
        "year": given.issued_on.year if given.issued_on else act.now.year,
        "issued_on": given.issued_on,
        "tracker_seat_id": given.tracker_seat,
        "content": given.model_dump(mode="json"),
        "updated_at": act.now,
    }


async def _place(connection: AsyncConnection, parents: list[UUID]) -> tuple[UUID | None, int]:
    if not parents:
        return None, 0
    found = await repository.documents(connection, parents)
    for number, parent in enumerate(parents):
        if parent not in found or found[parent].state != DocumentState.ISSUED:
            raise UnknownParent(field=f"parents.{number}", parent=parent)
    return found[parents[0]].root_id, 1 + max(row.level for row in found.values())


async def check_references(act: Act, issuer: UUID, given: DocumentIn, *, heirs: bool = False) -> list[Chosen[UUID]]:
    """Return whom the document binds as of today, each unit once.

    Refuse units that do not exist or stand twice, selectors that match nobody, rounds that ask nobody or a stranger,
    and files not stored. With `heirs` (an amendment) a unit may have ended since: its successors stand for it.
    """
    connection, today = act.connection, local_date(act.now)
    chosen = await selecting.resolve(
        connection, act.caller, issuer, given.assignees, given.selectors, today, heirs=heirs
    )
    if (given.rounds or given.recurring) and not chosen:
        raise NothingAsked(field="assignees")
    bound = {item.unit for item in chosen}
    for position, item in enumerate(given.rounds):
        await _check_round_units(act, f"rounds.{position}", item.assignees or [], bound, heirs=heirs)
        await organizations.known_units(connection, item.receivers, f"rounds.{position}.receivers", ended=heirs)
    for number, returning in enumerate(given.recurring):
        place = f"recurring.{number}"
        await _check_round_units(act, place, returning.assignees or [], bound, heirs=heirs)
        await organizations.known_units(connection, returning.receivers, f"{place}.receivers", ended=heirs)
        for exempt, each in enumerate(returning.not_applicable):
            field = f"{place}.not_applicable.{exempt}.units"
            await organizations.known_units(connection, each.units or [], field, ended=heirs)
    await recipients.resolve(connection, act.caller, issuer, given.recipients, bound, today, heirs=heirs)
    await require_files(connection, given.files)
    return chosen


async def _check_round_units(act: Act, place: str, refs: list[UnitRef], bound: set[UUID], *, heirs: bool) -> None:
    field, today = f"{place}.assignees", local_date(act.now)
    named = await assigned.named_units(act.connection, refs, field, today, heirs=heirs)
    for number, (ref, (_, units)) in enumerate(zip(refs, named, strict=True)):
        if units and bound.isdisjoint(units):
            raise NotAnAssignee(field=f"{place}.assignees.{number}", unit=ref)
