"""SQL of obligations, submissions, extensions and consolidations; Core only, for this is the hot path."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from cascade_contracts.vocabulary import ExtensionState, ObligationState
from sqlalchemy import Row, Table, Uuid, and_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from plan_api.bulk import insert_many, parameter, prepared_insert, prepared_values
from plan_api.obligations.models import (
    Consolidation,
    ConsolidationSource,
    Difference,
    Extension,
    Obligation,
    ObligationCall,
    ObligationReceiver,
    ObligationTransfer,
    Submission,
    SubmissionFile,
)
from plan_api.read.tables import ROUND, among

OBLIGATION: Table = Obligation.__table__  # type: ignore[attr-defined]
RECEIVER: Table = ObligationReceiver.__table__  # type: ignore[attr-defined]
TRANSFER: Table = ObligationTransfer.__table__  # type: ignore[attr-defined]
SUBMISSION: Table = Submission.__table__  # type: ignore[attr-defined]
CALL: Table = ObligationCall.__table__  # type: ignore[attr-defined]
SUBMISSION_FILE: Table = SubmissionFile.__table__  # type: ignore[attr-defined]
EXTENSION: Table = Extension.__table__  # type: ignore[attr-defined]
CONSOLIDATION: Table = Consolidation.__table__  # type: ignore[attr-defined]
SOURCE: Table = ConsolidationSource.__table__  # type: ignore[attr-defined]
DIFFERENCE: Table = Difference.__table__  # type: ignore[attr-defined]

UNSETTLED = (ObligationState.OPEN, ObligationState.SUBMITTED)


async def add_obligations(
    connection: AsyncConnection, obligations: Sequence[dict[str, Any]], receivers: Sequence[dict[str, Any]]
) -> None:
    """Insert the obligations of a document at issue."""
    await insert_many(connection, OBLIGATION, obligations)
    await insert_many(connection, RECEIVER, receivers)


async def change(connection: AsyncConnection, obligation_id: UUID, **values: object) -> int:
    """Set columns of a locked obligation; return its new row version."""
    query = (
        update(OBLIGATION)
        .where(OBLIGATION.c.id == obligation_id)
        .values(row_version=OBLIGATION.c.row_version + 1, **values)
        .returning(OBLIGATION.c.row_version)
    )
    return int((await connection.execute(query)).scalar_one())


_ANSWER = (
    "state",
    "submission_id",
    "submission_version",
    "handed_in_at",
    "hand_in_kept_until",
    "submitted_at",
    "review_ladder_id",
    "settled_at",
)


@lru_cache(maxsize=4)
def _taking_in(columns: tuple[str, ...]) -> ReturningUpdate[UUID | None, bool, bool]:
    changed = {name: bindparam(parameter(OBLIGATION, name), type_=OBLIGATION.c[name].type) for name in _ANSWER}
    return (
        update(OBLIGATION)
        .where(OBLIGATION.c.id == bindparam(parameter(OBLIGATION, "id"), type_=Uuid))
        .where(ROUND.c.id == OBLIGATION.c.round_id)
        .values(row_version=OBLIGATION.c.row_version + 1, **changed)
        .add_cte(prepared_insert(SUBMISSION, columns).cte("into_submission"))
        .returning(ROUND.c.form_id, ROUND.c.needs_acceptance, ROUND.c.signed_file_required)
    )


async def take_in(
    connection: AsyncConnection, submission: dict[str, Any], files: Sequence[dict[str, Any]], answered: dict[str, Any]
) -> tuple[UUID | None, bool, bool]:
    """Insert a submission version and set what it answers (`id` and the columns of an answer), in one statement.

    Return what the round asks at this moment, which an amendment waited for may have changed: its form, whether it
    needs acceptance, whether a signed file is owed.
    """
    values = prepared_values(SUBMISSION, [submission]) | prepared_values(OBLIGATION, [answered])
    form_id, needs_acceptance, signed = (await connection.execute(_taking_in(tuple(submission)), values)).one()
    if files:
        await connection.execute(insert(SUBMISSION_FILE), list(files))
    return form_id, needs_acceptance, signed


async def set_submission(connection: AsyncConnection, submission_id: UUID, **values: object) -> None:
    """Set columns of a submission (its state and decision only)."""
    await connection.execute(update(SUBMISSION).where(SUBMISSION.c.id == submission_id).values(**values))


_HAS_UNSETTLED = text(
    "select exists (select from obligation where round_id = :round_id and state in ('open', 'submitted'))"
).bindparams(bindparam("round_id", type_=Uuid))
"""States as literals: with parameters the planner cannot know that the partial index holds the answer."""


async def round_has_unsettled(connection: AsyncConnection, round_id: UUID) -> bool:
    """Return whether an obligation of the round is open or undecided."""
    return bool((await connection.execute(_HAS_UNSETTLED, {"round_id": round_id})).scalar_one())


async def answered_otherwise(connection: AsyncConnection, round_id: UUID, text_begins: str) -> bool:
    """Return whether a settled answer of a round is more than a note whose text begins so: it has other content."""
    bare = [SUBMISSION.c[name].is_(None) for name in ("figures", "filled", "document_id", "consolidation_id")]
    noted = func.coalesce(SUBMISSION.c.text, "").startswith(text_begins, autoescape=True)
    query = (
        select(OBLIGATION.c.id)
        .join(SUBMISSION, SUBMISSION.c.id == OBLIGATION.c.submission_id)
        .where(
            OBLIGATION.c.round_id == round_id,
            OBLIGATION.c.state == ObligationState.FULFILLED,
            ~and_(noted, *bare),
        )
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none() is not None


async def move_all(
    connection: AsyncConnection, document_id: UUID, to: ObligationState, now: datetime
) -> Sequence[Row[Any]]:
    """Put every unsettled obligation of a document into a terminal state; return (id, unit_id) of each."""
    query = (
        update(OBLIGATION)
        .where(OBLIGATION.c.document_id == document_id, OBLIGATION.c.state.in_(UNSETTLED))
        .values(state=to, settled_at=now, row_version=OBLIGATION.c.row_version + 1)
        .returning(OBLIGATION.c.id, OBLIGATION.c.unit_id)
    )
    return (await connection.execute(query)).all()


async def open_acknowledgement(
    connection: AsyncConnection, document_id: UUID, unit_id: UUID, rounds: Sequence[UUID]
) -> Row[Any] | None:
    """Return (id, round_id) of a unit's open obligation among some rounds of a document."""
    query = select(OBLIGATION.c.id, OBLIGATION.c.round_id, OBLIGATION.c.submission_version).where(
        OBLIGATION.c.unit_id == unit_id,
        OBLIGATION.c.state == ObligationState.OPEN,
        OBLIGATION.c.document_id == document_id,
        OBLIGATION.c.round_id.in_(rounds),
    )
    return cast("Row[Any] | None", (await connection.execute(query.with_for_update(key_share=True))).first())


async def obligation_in_rounds(connection: AsyncConnection, unit_id: UUID, rounds: Sequence[UUID]) -> UUID | None:
    """Return what a unit owes of the first of some rounds."""
    query = select(OBLIGATION.c.id).where(OBLIGATION.c.unit_id == unit_id, OBLIGATION.c.round_id.in_(rounds)).limit(1)
    return (await connection.execute(query)).scalar_one_or_none()


async def add_extension(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Insert a request; a second open one of the same obligation raises IntegrityError."""
    await connection.execute(insert(EXTENSION), row)


async def extension(connection: AsyncConnection, extension_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """Return a request, locked on demand."""
    query = select(EXTENSION).where(EXTENSION.c.id == extension_id)
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def open_extension(connection: AsyncConnection, obligation_id: UUID) -> UUID | None:
    """Return the undecided request of an obligation."""
    query = select(EXTENSION.c.id).where(
        EXTENSION.c.obligation_id == obligation_id, EXTENSION.c.state == ExtensionState.OPEN
    )
    return (await connection.execute(query)).scalar_one_or_none()


async def decide_extension(connection: AsyncConnection, extension_id: UUID, **values: object) -> None:
    """Record a decision."""
    await connection.execute(update(EXTENSION).where(EXTENSION.c.id == extension_id).values(**values))


async def next_consolidation_version(connection: AsyncConnection, round_id: UUID) -> int:
    """Return the version a new consolidation of a round gets."""
    query = select(func.coalesce(func.max(CONSOLIDATION.c.version), 0)).where(CONSOLIDATION.c.round_id == round_id)
    return int((await connection.execute(query)).scalar_one()) + 1


async def add_consolidation(
    connection: AsyncConnection, row: dict[str, Any], sources: Sequence[dict[str, Any]]
) -> None:
    """Insert a consolidation and what it was built from."""
    await connection.execute(insert(CONSOLIDATION), row)
    await insert_many(connection, SOURCE, sources)


async def consolidation(connection: AsyncConnection, consolidation_id: UUID, *, lock: bool = False) -> Row[Any] | None:
    """Return a consolidation, locked on demand."""
    query = select(CONSOLIDATION).where(CONSOLIDATION.c.id == consolidation_id)
    return (await connection.execute(query.with_for_update() if lock else query)).one_or_none()


async def newest_consolidation(connection: AsyncConnection, round_id: UUID) -> Row[Any] | None:
    """Return the newest consolidation of a round."""
    query = (
        select(CONSOLIDATION)
        .where(CONSOLIDATION.c.round_id == round_id)
        .order_by(CONSOLIDATION.c.version.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def mark_consolidation(connection: AsyncConnection, consolidation_id: UUID, **values: object) -> None:
    """Set columns of a consolidation."""
    await connection.execute(update(CONSOLIDATION).where(CONSOLIDATION.c.id == consolidation_id).values(**values))


_EXTENDED = (
    select(EXTENSION.c.id)
    .where(
        EXTENSION.c.obligation_id == OBLIGATION.c.id,
        EXTENSION.c.state == ExtensionState.APPROVED,
        EXTENSION.c.decided_due_at == OBLIGATION.c.due_at,
    )
    .exists()
)
"""A granted extension that still says when it is due: nothing later has taken its place."""


async def move_due(
    connection: AsyncConnection, round_id: UUID, was: datetime | None, due_at: datetime, due_on: date
) -> None:
    """Change the due time of a round's unsettled obligations that have it, but not by an extension of their own."""
    await connection.execute(
        update(OBLIGATION)
        .where(
            OBLIGATION.c.round_id == round_id, OBLIGATION.c.state.in_(UNSETTLED), OBLIGATION.c.due_at == was, ~_EXTENDED
        )
        .values(due_at=due_at, due_on=due_on, row_version=OBLIGATION.c.row_version + 1)
    )


Part = tuple[bool, datetime | None]
"""Those who stand on a ladder with, or without, a granted extension, and due at an instant."""


async def move_ladder(connection: AsyncConnection, ladder_id: UUID, to: UUID, parts: Sequence[Part] | None) -> None:
    """Move unsettled obligations from a ladder of either kind; `parts` limits to some of them."""
    chosen = []
    if parts is not None:
        due = OBLIGATION.c.due_at
        alternatives = [
            and_(_EXTENDED if extended else ~_EXTENDED, due.is_(None) if due_at is None else due == due_at)
            for extended, due_at in parts
        ]
        chosen = [or_(*alternatives)]
    for column in (OBLIGATION.c.ladder_id, OBLIGATION.c.review_ladder_id):
        await connection.execute(
            update(OBLIGATION)
            .where(column == ladder_id, OBLIGATION.c.state.in_(UNSETTLED), *chosen)
            .values({column: to, OBLIGATION.c.row_version: OBLIGATION.c.row_version + 1})
        )


async def lock_expected(connection: AsyncConnection, round_id: UUID) -> list[Row[Any]]:
    """Return a round's obligations of which something is or was expected, locked, by id."""
    o = OBLIGATION.c
    query = (
        select(o.id, o.unit_id, o.mode, o.state, o.due_at, o.due_on, o.ladder_id, o.submission_version)
        .where(o.round_id == round_id, o.state.in_((*UNSETTLED, ObligationState.FULFILLED)))
        .order_by(o.id)
        .with_for_update(key_share=True)
    )
    return list(await connection.execute(query))


async def change_many(connection: AsyncConnection, obligation_ids: Sequence[UUID], **values: object) -> None:
    """Set columns of locked obligations alike."""
    if obligation_ids:
        await connection.execute(
            update(OBLIGATION)
            .where(among(OBLIGATION.c.id, obligation_ids))
            .values(row_version=OBLIGATION.c.row_version + 1, **values)
        )


async def stood_on(connection: AsyncConnection, ladder_ids: Collection[UUID]) -> set[UUID]:
    """Return on which of some ladders an unsettled obligation stands."""
    query = select(OBLIGATION.c.ladder_id).distinct()
    found = query.where(among(OBLIGATION.c.ladder_id, ladder_ids), OBLIGATION.c.state.in_(UNSETTLED))
    return set((await connection.execute(found)).scalars())


async def meet_requests(
    connection: AsyncConnection, obligation_ids: Sequence[UUID], due_at: datetime, now: datetime, note: str
) -> int:
    """Close the open requests of locked obligations that ask for no more than a due time; return how many."""
    x = EXTENSION.c
    met = (
        update(EXTENSION)
        .where(among(x.obligation_id, obligation_ids), x.state == ExtensionState.OPEN, x.requested_due_at <= due_at)
        .values(state=ExtensionState.WITHDRAWN, decided_at=now, decision_reason=note)
    )
    return (await connection.execute(met)).rowcount


async def submission(connection: AsyncConnection, submission_id: UUID) -> Row[Any] | None:
    """Return a version of what was handed in."""
    return (await connection.execute(select(SUBMISSION).where(SUBMISSION.c.id == submission_id))).one_or_none()


async def submission_by_mail(connection: AsyncConnection, mail_id: str) -> Row[Any] | None:
    """Return the version that came by a mail."""
    return (await connection.execute(select(SUBMISSION).where(SUBMISSION.c.mail_id == mail_id))).one_or_none()


async def submission_files(connection: AsyncConnection, submission_id: UUID) -> list[dict[str, Any]]:
    """Return the files of a version."""
    query = select(SUBMISSION_FILE.c.sha256, SUBMISSION_FILE.c.name, SUBMISSION_FILE.c.signed).where(
        SUBMISSION_FILE.c.submission_id == submission_id
    )
    return [dict(row._mapping) for row in await connection.execute(query)]


async def add_call(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Insert a telephone call."""
    await connection.execute(insert(CALL), row)


async def add_submission(connection: AsyncConnection, row: dict[str, Any], files: Sequence[dict[str, Any]]) -> None:
    """Insert a version and its files, beside the fast way of a hand-in."""
    await connection.execute(insert(SUBMISSION), row)
    if files:
        await connection.execute(insert(SUBMISSION_FILE), list(files))


async def mark_different(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Mark rounds (`id`, `round_id`, `submission_id`, `former_id`, `marked_at`); a mark cleared before opens again."""
    for row in rows:
        marked = upsert(DIFFERENCE).values(row)
        again = {"marked_at": marked.excluded.marked_at, "cleared_at": None, "cleared_by": None}
        await connection.execute(marked.on_conflict_do_update(index_elements=["round_id", "submission_id"], set_=again))


async def open_differences(connection: AsyncConnection, round_id: UUID) -> Sequence[Row[Any]]:
    """Return what makes a round's consolidation out of date, the oldest first."""
    query = select(DIFFERENCE).where(DIFFERENCE.c.round_id == round_id, DIFFERENCE.c.cleared_at.is_(None))
    return (await connection.execute(query.order_by(DIFFERENCE.c.marked_at, DIFFERENCE.c.id))).all()


async def clear_differences(connection: AsyncConnection, round_id: UUID, now: datetime, by: UUID | None) -> None:
    """Take a round's open marks off."""
    await connection.execute(
        update(DIFFERENCE)
        .where(DIFFERENCE.c.round_id == round_id, DIFFERENCE.c.cleared_at.is_(None))
        .values(cleared_at=now, cleared_by=by)
    )
