"""What a document's supervision has before it, and which supervisions must be running at all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cascade_contracts.supervision import EntryKind
from cascade_contracts.vocabulary import DocumentState, RoundKind, StepKind
from sqlalchemy import exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.recurrences import next_openings
from plan_api.read.tables import BATCH, DOCUMENT, LADDER_STEP, RECURRENCE, ROUND, SUSPENSION, among

LENGTH = 20
TRIED_AGAIN = timedelta(hours=1)
"""How long after a refusal the opening of a period is tried again, if nothing else happens before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do, at an instant of the facts."""

    kind: EntryKind
    at: datetime
    round_id: UUID | None = None
    ladder_id: UUID | None = None
    step_id: UUID | None = None
    recurrence_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AgendaOfFacts:
    """The next entries, ascending; `finished` when nothing will come of itself."""

    entries: list[Entry]
    finished: bool


_CONSOLIDATION_DUE = (
    (ROUND.c.kind == RoundKind.REPORT)
    & ROUND.c.consolidated_at.is_(None)
    & or_(ROUND.c.settled_at.is_not(None), ROUND.c.closed_at.is_not(None))
)


async def agenda(
    connection: AsyncConnection, document_id: UUID, now: datetime, refused: UUID | None = None
) -> AgendaOfFacts:
    """Return a document's agenda: drafts to be made come first, then untaken steps and periods to open by instant.

    A recalled document has none and is finished; a suspended one has none and is not. `refused` is a recurring report
    whose opening was refused just now: it, and those that came before it, are tried again later, so steps go on.
    """
    document = (
        await connection.execute(
            select(
                DOCUMENT.c.state,
                exists().where(SUSPENSION.c.document_id == document_id, SUSPENSION.c.until_at.is_(None)),
            ).where(DOCUMENT.c.id == document_id)
        )
    ).one_or_none()
    if document is None or document[0] != DocumentState.ISSUED:
        return AgendaOfFacts([], finished=True)
    if document[1]:
        return AgendaOfFacts([], finished=False)
    rounds = await connection.execute(
        select(ROUND.c.id).where(ROUND.c.document_id == document_id, _CONSOLIDATION_DUE).order_by(ROUND.c.position)
    )
    entries = [Entry(EntryKind.CONSOLIDATION, now, row.id) for row in rounds]
    steps = await connection.execute(
        select(
            LADDER_STEP.c.kind, LADDER_STEP.c.fire_at, LADDER_STEP.c.round_id, LADDER_STEP.c.ladder_id, LADDER_STEP.c.id
        )
        .where(LADDER_STEP.c.document_id == document_id, LADDER_STEP.c.outcome.is_(None))
        .order_by(LADDER_STEP.c.fire_at, LADDER_STEP.c.position, LADDER_STEP.c.id)
        .limit(LENGTH)
    )
    timed: list[Entry] = []
    for kind, at, round_id, ladder_id, step_id in steps:
        entry_kind = EntryKind.CUT_OFF if kind == StepKind.CUT_OFF else EntryKind.STEP
        timed.append(Entry(entry_kind, at, round_id, ladder_id, step_id))
    openings = await next_openings(connection, document_id)
    tried = 1 + next((place for place, opening in enumerate(openings) if opening[0] == refused), -1)
    timed += [
        Entry(EntryKind.OPENING, at if place >= tried else max(at, now + TRIED_AGAIN), recurrence_id=recurrence_id)
        for place, (recurrence_id, at) in enumerate(openings)
    ]
    entries += sorted(timed, key=lambda entry: entry.at)
    return AgendaOfFacts(entries[:LENGTH], finished=not entries)


async def documents_to_watch(connection: AsyncConnection) -> list[UUID]:
    """Return every document whose supervision must be running: untaken steps, drafts to be made, periods to open."""
    steps = (
        select(LADDER_STEP.c.document_id, LADDER_STEP.c.fire_at)
        .ext(distinct_on(LADDER_STEP.c.document_id))
        .join(DOCUMENT, DOCUMENT.c.id == LADDER_STEP.c.document_id)
        .where(LADDER_STEP.c.outcome.is_(None), DOCUMENT.c.state == DocumentState.ISSUED)
        .order_by(LADDER_STEP.c.document_id, LADDER_STEP.c.fire_at)
        .subquery()
    )
    found = [row[0] for row in await connection.execute(select(steps.c.document_id).order_by(steps.c.fire_at))]
    drafts = await connection.execute(
        select(ROUND.c.document_id)
        .distinct()
        .join(DOCUMENT, DOCUMENT.c.id == ROUND.c.document_id)
        .where(_CONSOLIDATION_DUE, DOCUMENT.c.state == DocumentState.ISSUED)
    )
    openings = await connection.execute(
        select(RECURRENCE.c.document_id)
        .distinct()
        .join(DOCUMENT, DOCUMENT.c.id == RECURRENCE.c.document_id)
        .where(RECURRENCE.c.next_opens_at.is_not(None), DOCUMENT.c.state == DocumentState.ISSUED)
    )
    return list(dict.fromkeys([*found, *(row[0] for row in drafts), *(row[0] for row in openings)]))


async def batches_unrecorded(connection: AsyncConnection, batch_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return those of some batches that notifier has not recorded yet, with how many notices each holds."""
    if not batch_ids:
        return {}
    query = select(BATCH.c.id, BATCH.c.notices).where(among(BATCH.c.id, batch_ids), BATCH.c.handed_at.is_(None))
    return {row.id: row.notices for row in await connection.execute(query)}


async def batches_to_finish(connection: AsyncConnection) -> list[UUID]:
    """Return every batch whose delivery must be running, oldest first."""
    query = select(BATCH.c.id).where(BATCH.c.finished_at.is_(None)).order_by(BATCH.c.created_at)
    return [row.id for row in await connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a supervision is found by."""

    document_id: UUID
    cascade_id: UUID
    unit_id: UUID


async def subjects(connection: AsyncConnection, document_ids: list[UUID]) -> dict[UUID, Subject]:
    """Return cascade and issuer of documents."""
    if not document_ids:
        return {}
    query = select(DOCUMENT.c.id, DOCUMENT.c.root_id, DOCUMENT.c.issuer_unit_id).where(DOCUMENT.c.id.in_(document_ids))
    return {row[0]: Subject(*row) for row in await connection.execute(query)}
