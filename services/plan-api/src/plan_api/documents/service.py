"""What other slices may ask of documents and rounds: their state, their locks, their marks, their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import repository
from plan_api.documents.errors import UnknownFile
from plan_api.documents.files import KINDS
from plan_api.documents.schemas import FileIn
from plan_api.journal import Journal
from plan_api.services import Services

_ROUNDS_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class StateForStep:
    """Whether a document may still be spoken about."""

    state: DocumentState
    suspended: bool


async def state_for_step(connection: AsyncConnection, document_id: UUID) -> StateForStep:
    """Return a document's state, held against recall and suspension until the transaction ends.

    Raises:
        NotFound: no such document.
    """
    state = await repository.share_document(connection, document_id)
    if state is None:
        raise NotFound(what="document")
    return StateForStep(DocumentState(state), await repository.is_suspended(connection, document_id))


async def lock_round(connection: AsyncConnection, round_id: UUID) -> bool:
    """Take a round's row (`for no key update`) until the transaction ends; return whether it is consolidated."""
    return await repository.lock_round(connection, round_id)


async def lock_documents(connection: AsyncConnection, document_ids: Sequence[UUID]) -> None:
    """Lock documents, given in ascending order, against steps: those under way are waited for."""
    for document_id in document_ids:
        await repository.lock_document(connection, document_id)


async def lock_rounds(connection: AsyncConnection, round_ids: Sequence[UUID]) -> set[UUID]:
    """Take rounds, given in ascending order, until the transaction ends; return those settled meanwhile."""
    for round_id in round_ids:
        await repository.lock_round(connection, round_id)
    return await repository.settled_among(connection, round_ids)


async def reproject_round(
    connection: AsyncConnection,
    round_id: UUID,
    *,
    due_at: datetime | None,
    due_on: date | None,
    due_reasons: list[str],
    cut_off_at: datetime | None,
) -> None:
    """Give a locked round the times of another calendar, with their derivation."""
    await repository.change_round(
        connection, round_id, due_at=due_at, due_on=due_on, due_reasons=due_reasons, cut_off_at=cut_off_at
    )


async def rearm_round(connection: AsyncConnection, round_id: UUID, policy_id: UUID) -> None:
    """Let a locked round go on by another policy version: what is armed from now on is armed by it."""
    await repository.change_round(connection, round_id, policy_id=policy_id)


async def mark_settled(connection: AsyncConnection, round_id: UUID, now: datetime) -> bool:
    """Record that a round is settled; return whether this call did."""
    return await repository.mark_round(connection, round_id, "settled_at", now)


async def close_round(connection: AsyncConnection, round_id: UUID, now: datetime) -> bool:
    """Record that a round's cut-off passed; return whether this call did."""
    return await repository.mark_round(connection, round_id, "closed_at", now)


async def reopen_round(connection: AsyncConnection, round_id: UUID) -> None:
    """Let a locked round that was settled go on: somebody owes it after all."""
    await repository.change_round(connection, round_id, settled_at=None, consolidated_at=None)


async def mark_consolidated(connection: AsyncConnection, round_id: UUID, now: datetime) -> bool:
    """Record that a round's consolidation was drafted; return whether this call did."""
    return await repository.mark_round(connection, round_id, "consolidated_at", now)


async def acknowledge_rounds(connection: AsyncConnection, services: Services, document_id: UUID) -> list[UUID]:
    """Return a document's acknowledge rounds; they never change once it is issued, so they are remembered."""
    kept: dict[UUID, list[UUID]] = services.cache.setdefault("documents.acknowledge", {})  # type: ignore[assignment]
    if document_id not in kept:
        if len(kept) >= _ROUNDS_KEPT:
            kept.clear()
        kept[document_id] = await repository.acknowledge_rounds(connection, document_id)
    return kept[document_id]


async def round_and_document(
    connection: AsyncConnection, round_id: UUID
) -> tuple[Row[tuple[object, ...]], Row[tuple[object, ...]]]:
    """Return a round and its document.

    Raises:
        NotFound: no such round.
    """
    found = await repository.round_(connection, round_id)
    document = None if found is None else await repository.document(connection, found.document_id)
    if found is None or document is None:
        raise NotFound(what="round")
    return found, document


async def require_files(connection: AsyncConnection, files: Sequence[FileIn]) -> None:
    """Refuse files that were not stored before.

    Raises:
        UnknownFile: one of them.
    """
    known = await repository.files(connection, [file.sha256 for file in files])
    for number, file in enumerate(files):
        if file.sha256 not in known:
            raise UnknownFile(field=f"files.{number}.sha256", sha256=file.sha256)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a stored file is, told by its content: its kind in a word (`pdf`) and its size in bytes."""

    kind: str
    size: int


async def stored_files(connection: AsyncConnection, sha256s: Sequence[str]) -> dict[str, FileFacts]:
    """Return what is known of files by SHA-256; those not stored are left out."""
    known = await repository.files(connection, sha256s)
    return {sha256: FileFacts(KINDS[row.media_type], row.size) for sha256, row in known.items()}


async def bind_successors(journal: Journal, successors: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Bind units to documents in the place of others: (document, successor, predecessor); who is bound stays so."""
    await journal.insert(repository.ASSIGNMENT, await repository.successors_to_bind(journal.connection, successors))
