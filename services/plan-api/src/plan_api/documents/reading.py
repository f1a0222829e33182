"""Read documents: one whole, a page of them, its rounds; each only to those who may."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import DocumentKind, DocumentState, RoundKind
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import allows
from plan_api.documents import citing, repository
from plan_api.documents.schemas import BaseOut, DocumentCard, DocumentOut, DocumentPage, RoundOut, Wanted
from plan_api.organizations import service as organizations
from plan_api.paging import decode_cursor, encode_cursor
from plan_api.read.feeds import further_feeds
from plan_api.read.heirs import forebears, heir_of
from plan_api.read.standing import is_assigned
from plan_api.read.told import is_recipient
from plan_api.requests import Caller
from plan_api.rules.access import Verb


@dataclass(frozen=True, slots=True)
class Readable:
    """A document the caller may read."""

    id: UUID
    root_id: UUID
    issuer_unit_id: UUID
    state: DocumentState
    suspended: bool


def reference(number: str | None, notation: str | None) -> str | None:
    """Return how a document is cited: `18/KH-SGDĐT`."""
    return "/".join(part for part in (number, notation) if part) or None


async def readable(connection: AsyncConnection, caller: Caller, document_id: UUID) -> Readable:
    """Return a document, if the caller stands over its issuer (or who took over from it) or is bound by it.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    row = await repository.standing_of(connection, document_id)
    if row is None:
        raise NotFound(what="document")
    if not await allows(connection, caller, Verb.READ_DOCUMENT, row.issuer_unit_id):
        bound = caller.unit_id is not None and row.state != DocumentState.DRAFT
        if not bound or not (
            await is_assigned(connection, row.root_id, document_id, caller.unit_id)
            or await allows(connection, caller, Verb.READ_DOCUMENT, await heir_of(connection, row.issuer_unit_id))
        ):
            raise NotFound(what="document")
    return Readable(document_id, row.root_id, row.issuer_unit_id, DocumentState(row.state), row.suspended)


async def readable_or_told(connection: AsyncConnection, caller: Caller, document_id: UUID) -> Readable:
    """Return a document as `readable`, or if it tells the caller's unit (or one it took over from) of itself.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    try:
        return await readable(connection, caller, document_id)
    except NotFound:
        mine = set() if caller.unit_id is None else await forebears(connection, caller.unit_id)
        row = await repository.standing_of(connection, document_id)
        if row is None or row.state == DocumentState.DRAFT or not await is_recipient(connection, document_id, mine):
            raise
        return Readable(document_id, row.root_id, row.issuer_unit_id, DocumentState(row.state), row.suspended)


def round_out(row: Row[Any], also_into: Sequence[UUID] = ()) -> RoundOut:
    """Return a round as the API shows it; `also_into` are the rounds of further parents that it answers."""
    return RoundOut(
        id=row.id,
        kind=RoundKind(row.kind),
        title=row.title,
        period=row.period,
        due_at=row.due_at,
        due_on=row.due_on,
        due_reasons=row.due_reasons,
        cut_off_at=row.cut_off_at,
        needs_acceptance=row.needs_acceptance,
        signed_file_required=row.signed_file_required,
        reports_into=row.reports_into_round_id,
        also_into=list(also_into),
        settled_at=row.settled_at,
        closed_at=row.closed_at,
        consolidated_at=row.consolidated_at,
        form_id=row.form_id,
    )


async def rounds(connection: AsyncConnection, document_id: UUID) -> list[RoundOut]:
    """Return a document's rounds by position."""
    further = await further_feeds(connection, document_id)
    return [round_out(row, further.get(row.id, ())) for row in await repository.rounds_of(connection, document_id)]


async def whole(connection: AsyncConnection, caller: Caller, document_id: UUID) -> DocumentOut:
    """Return a document with its rounds and content."""
    found = await readable_or_told(connection, caller, document_id)
    row = await repository.document(connection, document_id)
    if row is None:
        raise NotFound(what="document")
    return DocumentOut(
        id=row.id,
        kind=DocumentKind(row.kind),
        state=found.state,
        suspended=found.suspended,
        issuer_unit_id=row.issuer_unit_id,
        root_id=row.root_id,
        parents=await repository.parents_of(connection, document_id),
        title=row.title,
        reference=reference(row.number, row.notation),
        number=row.number,
        notation=row.notation,
        issued_on=row.issued_on,
        issued_at=row.issued_at,
        recalled_at=row.recalled_at,
        recall_reason=row.recall_reason,
        replaced_by=row.replaced_by_id,
        version=row.version,
        row_version=row.row_version,
        assignees=await repository.count_assignments(connection, document_id),
        rounds=await rounds(connection, document_id),
        content=row.content,
        proposal=await citing.proposal(connection, row.issuer_unit_id, row.content.get("printed_symbol")),
        bases=await _bases(connection, caller, row),
        children=await repository.children_in_force(connection, document_id),
    )


async def _bases(connection: AsyncConnection, caller: Caller, row: Row[Any]) -> list[BaseOut]:
    """Return what a document cites; of the documents here that it may mean, those the caller may read."""
    found = await citing.bases(connection, row.content.get("bases", []), row.issued_on)
    for base in found:
        base.documents = [meant for meant in base.documents if await _may_read(connection, caller, meant, row.id)]
    return found


async def _may_read(connection: AsyncConnection, caller: Caller, document_id: UUID, citing_id: UUID) -> bool:
    try:
        await readable(connection, caller, document_id)
    except NotFound:
        return False
    return document_id != citing_id


async def page(
    connection: AsyncConnection, caller: Caller, wanted: Wanted, cursor: str | None, limit: int
) -> DocumentPage:
    """Return documents issued in the caller's subtree, or those that tell the caller's unit, newest first."""
    issuers, told = None, None
    if wanted.told:
        told = set() if caller.unit_id is None else await forebears(connection, caller.unit_id)
    elif caller.unit_id is not None:
        issuers = await organizations.subtree(connection, caller.unit_id)
    after = None
    if cursor is not None:
        at, identifier = decode_cursor(cursor, 2)
        after = (datetime.fromisoformat(at), UUID(identifier))
    rows = await repository.page(connection, issuers, told, wanted, after, limit)
    items = [
        DocumentCard(
            id=row.id,
            kind=DocumentKind(row.kind),
            state=DocumentState(row.state),
            issuer_unit_id=row.issuer_unit_id,
            root_id=row.root_id,
            title=row.title,
            reference=reference(row.number, row.notation),
            issued_at=row.issued_at,
        )
        for row in rows
    ]
    last = rows[-1] if len(rows) == limit else None
    return DocumentPage(items=items, next=encode_cursor(last.created_at.isoformat(), last.id) if last else None)
