"""SQL of documents, rounds, assignments, suspensions and files."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import DocumentState, RoundKind
from sqlalchemy import Row, Table, bindparam, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import insert_many
from plan_api.documents.models import (
    Assignment,
    Document,
    DocumentFile,
    DocumentParent,
    DocumentVersion,
    File,
    Recipient,
    Round,
    RoundFeed,
    Suspension,
)
from plan_api.documents.schemas import Wanted
from plan_api.read.tables import CANARY_UNITS
from plan_api.read.told import tells

DOCUMENT: Table = Document.__table__  # type: ignore[attr-defined]
VERSION: Table = DocumentVersion.__table__  # type: ignore[attr-defined]
PARENT: Table = DocumentParent.__table__  # type: ignore[attr-defined]
RECIPIENT: Table = Recipient.__table__  # type: ignore[attr-defined]
ASSIGNMENT: Table = Assignment.__table__  # type: ignore[attr-defined]
SUSPENSION: Table = Suspension.__table__  # type: ignore[attr-defined]
ROUND: Table = Round.__table__  # type: ignore[attr-defined]
FEED: Table = RoundFeed.__table__  # type: ignore[attr-defined]
FILE: Table = File.__table__  # type: ignore[attr-defined]
DOCUMENT_FILE: Table = DocumentFile.__table__  # type: ignore[attr-defined]


async def add_document(connection: AsyncConnection, row: dict[str, Any], parents: Sequence[UUID]) -> None:
    """Insert a draft and its parents."""
    await connection.execute(insert(DOCUMENT), row)
    await set_parents(connection, row["id"], parents)


async def set_parents(connection: AsyncConnection, document_id: UUID, parents: Sequence[UUID]) -> None:
    """Replace the parents of a draft."""
    await connection.execute(PARENT.delete().where(PARENT.c.document_id == document_id))
    rows = [
        {"document_id": document_id, "parent_id": parent, "position": position}
        for position, parent in enumerate(parents)
    ]
    if rows:
        await connection.execute(insert(PARENT), rows)


async def document(connection: AsyncConnection, document_id: UUID) -> Row[Any] | None:
    """Return a document."""
    return (await connection.execute(select(DOCUMENT).where(DOCUMENT.c.id == document_id))).one_or_none()


async def standing_of(connection: AsyncConnection, document_id: UUID) -> Row[Any] | None:
    """Return a document's root, issuer, state and whether it is suspended; not its content, which may be long."""
    suspended = select(SUSPENSION.c.id).where(SUSPENSION.c.document_id == document_id, SUSPENSION.c.until_at.is_(None))
    columns = (DOCUMENT.c.root_id, DOCUMENT.c.issuer_unit_id, DOCUMENT.c.state, suspended.exists().label("suspended"))
    return (await connection.execute(select(*columns).where(DOCUMENT.c.id == document_id))).one_or_none()


async def lock_document(connection: AsyncConnection, document_id: UUID) -> Row[Any] | None:
    """Return a document locked against steps: those under way are waited for, later ones see the change."""
    query = select(DOCUMENT).where(DOCUMENT.c.id == document_id).with_for_update(key_share=True)
    return (await connection.execute(query)).one_or_none()


async def share_document(connection: AsyncConnection, document_id: UUID) -> str | None:
    """Return a document's state, held against change until the transaction ends."""
    query = select(DOCUMENT.c.state).where(DOCUMENT.c.id == document_id).with_for_update(read=True)
    return (await connection.execute(query)).scalar_one_or_none()


async def is_suspended(connection: AsyncConnection, document_id: UUID) -> bool:
    """Return whether a suspension of the document is open."""
    query = select(SUSPENSION.c.id).where(SUSPENSION.c.document_id == document_id, SUSPENSION.c.until_at.is_(None))
    return (await connection.execute(query)).first() is not None


async def change_document(connection: AsyncConnection, document_id: UUID, **values: object) -> int:
    """Set columns of a locked document; return its new row version."""
    query = (
        update(DOCUMENT)
        .where(DOCUMENT.c.id == document_id)
        .values(row_version=DOCUMENT.c.row_version + 1, **values)
        .returning(DOCUMENT.c.row_version)
    )
    return int((await connection.execute(query)).scalar_one())


async def parents_of(connection: AsyncConnection, document_id: UUID) -> list[UUID]:
    """Return the parents of a document, the first one first."""
    query = select(PARENT.c.parent_id).where(PARENT.c.document_id == document_id).order_by(PARENT.c.position)
    return list((await connection.execute(query)).scalars())


async def documents(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """Return documents by id, held against recall until the transaction ends."""
    query = select(DOCUMENT).where(DOCUMENT.c.id.in_(ids)).with_for_update(read=True)
    return {row.id: row for row in await connection.execute(query)}


async def freeze(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Insert the frozen version."""
    await connection.execute(insert(VERSION), row)


async def add_assignments(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert assignments."""
    await insert_many(connection, ASSIGNMENT, rows)


async def add_recipients(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert recipients."""
    await insert_many(connection, RECIPIENT, rows)


async def add_rounds(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rounds."""
    await insert_many(connection, ROUND, rows)


async def add_feeds(connection: AsyncConnection, round_id: UUID, into: Sequence[UUID]) -> None:
    """Note what a round's consolidation answers beside the first."""
    await insert_many(connection, FEED, [{"round_id": round_id, "into_round_id": other} for other in into])


async def rounds_of(connection: AsyncConnection, document_id: UUID) -> list[Row[Any]]:
    """Return a document's rounds by position."""
    query = select(ROUND).where(ROUND.c.document_id == document_id).order_by(ROUND.c.position)
    return list(await connection.execute(query))


async def next_position(connection: AsyncConnection, document_id: UUID) -> int:
    """Return the position a further round of a locked document gets."""
    query = select(func.coalesce(func.max(ROUND.c.position), -1)).where(ROUND.c.document_id == document_id)
    return int((await connection.execute(query)).scalar_one()) + 1


async def assignments(connection: AsyncConnection, document_id: UUID) -> list[Row[Any]]:
    """Return whom a document binds, in the order of its issue."""
    bound = (ASSIGNMENT.c.document_id == document_id) & ASSIGNMENT.c.released_at.is_(None)
    query = select(ASSIGNMENT).where(bound).order_by(ASSIGNMENT.c.id)
    return list(await connection.execute(query))


async def round_(connection: AsyncConnection, round_id: UUID) -> Row[Any] | None:
    """Return a round."""
    return (await connection.execute(select(ROUND).where(ROUND.c.id == round_id))).one_or_none()


async def acknowledge_rounds(connection: AsyncConnection, document_id: UUID) -> list[UUID]:
    """Return the rounds of the issue (or adoption) that ask for acknowledgement; amendments have their own."""
    query = (
        select(ROUND.c.id)
        .join(DOCUMENT, DOCUMENT.c.id == ROUND.c.document_id)
        .where(ROUND.c.document_id == document_id, ROUND.c.kind == RoundKind.ACKNOWLEDGE)
        .where(ROUND.c.created_at <= func.coalesce(DOCUMENT.c.adopted_at, DOCUMENT.c.issued_at))
    )
    return list((await connection.execute(query)).scalars())


_LOCK_ROUND = select(ROUND.c.consolidated_at).where(ROUND.c.id == bindparam("round_id")).with_for_update(key_share=True)


async def lock_round(connection: AsyncConnection, round_id: UUID) -> bool:
    """Take a round's row, so that answers of one round ask one after the other whether it is settled.

    Return whether the round was consolidated before.
    """
    return (await connection.execute(_LOCK_ROUND, {"round_id": round_id})).scalar_one_or_none() is not None


async def settled_among(connection: AsyncConnection, round_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of some rounds are settled."""
    query = select(ROUND.c.id).where(ROUND.c.id.in_(round_ids), ROUND.c.settled_at.is_not(None))
    return set((await connection.execute(query)).scalars())


async def change_round(connection: AsyncConnection, round_id: UUID, **values: object) -> None:
    """Set columns of a locked round."""
    await connection.execute(update(ROUND).where(ROUND.c.id == round_id).values(**values))


async def mark_round(connection: AsyncConnection, round_id: UUID, column: str, now: datetime) -> bool:
    """Set `settled_at`, `closed_at` or `consolidated_at` once; return whether this call did."""
    marked = update(ROUND).where(ROUND.c.id == round_id, ROUND.c[column].is_(None)).values(**{column: now})
    return bool((await connection.execute(marked)).rowcount)


async def add_suspension(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Open a suspension."""
    await connection.execute(insert(SUSPENSION), row)


async def end_suspension(connection: AsyncConnection, document_id: UUID, now: datetime) -> None:
    """Close the open suspension."""
    await connection.execute(
        update(SUSPENSION)
        .where(SUSPENSION.c.document_id == document_id, SUSPENSION.c.until_at.is_(None))
        .values(until_at=now)
    )


async def count_assignments(connection: AsyncConnection, document_id: UUID) -> int:
    """Return how many units a document is assigned to."""
    bound = (ASSIGNMENT.c.document_id == document_id) & ASSIGNMENT.c.released_at.is_(None)
    query = select(func.count()).select_from(ASSIGNMENT).where(bound)
    return int((await connection.execute(query)).scalar_one())


async def children_in_force(connection: AsyncConnection, document_id: UUID) -> list[UUID]:
    """Return issued documents that implement this one."""
    query = (
        select(DOCUMENT.c.id)
        .join(PARENT, PARENT.c.document_id == DOCUMENT.c.id)
        .where(PARENT.c.parent_id == document_id, DOCUMENT.c.state == DocumentState.ISSUED)
    )
    return list((await connection.execute(query)).scalars())


async def page(
    connection: AsyncConnection,
    issuers: set[UUID] | None,
    told: set[UUID] | None,
    wanted: Wanted,
    after: Any,
    limit: int,
) -> list[Row[Any]]:
    """Return documents newest first, after a (created_at, id) cursor; canaries are not among them.

    Those of `issuers`, and those issued that tell one of `told`; None asks nothing.
    """
    query = (
        select(DOCUMENT)
        .where(DOCUMENT.c.issuer_unit_id.not_in(CANARY_UNITS))
        .order_by(DOCUMENT.c.created_at.desc(), DOCUMENT.c.id.desc())
        .limit(limit)
    )
    if issuers is not None:
        query = query.where(DOCUMENT.c.issuer_unit_id.in_(issuers))
    if told is not None:
        query = query.where(DOCUMENT.c.id.in_(tells(told)), DOCUMENT.c.state != DocumentState.DRAFT)
    if wanted.state is not None:
        query = query.where(DOCUMENT.c.state == wanted.state)
    if wanted.root_id is not None:
        query = query.where(DOCUMENT.c.root_id == wanted.root_id)
    if wanted.reference is not None:
        cited = func.concat_ws("/", DOCUMENT.c.number, DOCUMENT.c.notation)
        query = query.where(cited == normalize("NFC", wanted.reference.strip()))
    if wanted.roots:
        query = query.where(DOCUMENT.c.root_id == DOCUMENT.c.id)
    if after is not None:
        query = query.where(tuple_(DOCUMENT.c.created_at, DOCUMENT.c.id) < tuple_(*after))
    return list(await connection.execute(query))


async def add_file(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Record a stored file; the same content again is the same file."""
    await connection.execute(upsert(FILE).values(row).on_conflict_do_nothing())


async def files(connection: AsyncConnection, sha256s: Sequence[str]) -> dict[str, Row[Any]]:
    """Return stored files by SHA-256."""
    if not sha256s:
        return {}
    return {row.sha256: row for row in await connection.execute(select(FILE).where(FILE.c.sha256.in_(sha256s)))}


async def add_document_files(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Attach files to a document version."""
    if rows:
        await connection.execute(insert(DOCUMENT_FILE), list(rows))


async def successors_to_bind(
    connection: AsyncConnection, successors: Sequence[tuple[UUID, UUID, UUID]]
) -> list[dict[str, Any]]:
    """Return assignments of successors like their predecessors': (document, successor, predecessor)."""
    a = ASSIGNMENT.c
    query = select(ASSIGNMENT).where(a.document_id.in_({document for document, _, _ in successors}))
    units = {unit for _, *pair in successors for unit in pair}
    bound = {(row.document_id, row.unit_id): row for row in await connection.execute(query.where(a.unit_id.in_(units)))}
    return [
        {
            "id": new_id(),
            "document_id": document,
            "unit_id": successor,
            "mode": bound[document, former].mode,
            "line_kind": bound[document, former].line_kind,
            "superior_unit_id": bound[document, former].superior_unit_id,
        }
        for document, successor, former in successors
        if (document, successor) not in bound and (document, former) in bound
    ]
