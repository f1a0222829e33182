"""What the page behind a link shows: one obligation with all that explains it, or the round a superior watches."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import ExtensionState, ObligationState, RoundKind
from sqlalchemy import ColumnElement, FromClause, Select, case, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.models import METADATA
from plan_api.read.tables import (
    DOCUMENT,
    DOCUMENT_PARENT,
    EXTENSION,
    LADDER_STEP,
    LINK,
    OBLIGATION,
    POLICY,
    ROUND,
    SEAT,
    SUBMISSION,
    SUSPENSION,
    UNIT,
)

SUBMISSION_FILE = METADATA.tables["submission_file"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A round and its document as issued, and what has befallen them; `policy` is the stored form of the rules' own."""

    round_id: UUID
    round_kind: str
    round_title: str
    period: str | None
    due_at: datetime | None
    due_on: date | None
    due_reasons: list[str]
    needs_acceptance: bool
    signed_file_required: bool
    cut_off_at: datetime | None
    closed_at: datetime | None
    document_title: str
    document_kind: str
    document_state: str
    number: str | None
    notation: str | None
    issued_on: date | None
    recalled_at: datetime | None
    recall_reason: str | None
    issuer_name: str
    tracker_title: str | None
    policy: dict[str, Any]
    suspended_at: datetime | None
    suspended_reason: str | None
    basis: list[str] | None
    form_id: UUID | None = None
    funding: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """One obligation, with the acknowledgement of its document, its newest request for more time, its next step."""

    id: UUID
    unit_id: UUID
    unit_name: str
    deciding_unit_name: str
    state: str
    due_at: datetime | None
    due_on: date | None
    original_due_at: datetime | None
    handed_in_at: datetime | None
    hand_in_kept_until: datetime | None
    settled_at: datetime | None
    acknowledgement_state: str | None
    acknowledged_at: datetime | None
    acknowledgement_id: UUID | None
    extension_state: str | None
    requested_at: datetime | None
    requested_due_at: datetime | None
    decided_due_at: datetime | None
    decision_reason: str | None
    next_step_at: datetime | None
    next_audience: str | None


@dataclass(frozen=True, slots=True)
class FileHandedIn:
    """A file of a submission."""

    name: str
    size: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Version:
    """A version handed in."""

    id: UUID
    version: int
    kind: str
    state: str
    text: str | None
    number: str | None
    notation: str | None
    dated_on: date | None
    received_at: datetime
    return_kind: str | None
    return_reason: str | None
    files: list[FileHandedIn]
    return_marks: list[dict[str, str]] | None = None
    entered_for: dict[str, str] | None = None
    confirmed_at: datetime | None = None
    by_mail: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """How a unit stands in a round somebody watches."""

    unit_name: str
    state: str
    due_at: datetime | None
    due_on: date | None
    handed_in_at: datetime | None
    hand_in_kept_until: datetime | None
    returned: bool


def _basis() -> ColumnElement[Any]:
    parent = DOCUMENT.alias("parent")
    cited = func.nullif(func.concat_ws("/", parent.c.number, parent.c.notation), "")
    named = func.concat_ws(", ", cited, parent.c.title)
    return (
        select(func.array_agg(aggregate_order_by(named, DOCUMENT_PARENT.c.position)))
        .join(DOCUMENT_PARENT, DOCUMENT_PARENT.c.parent_id == parent.c.id)
        .where(DOCUMENT_PARENT.c.document_id == DOCUMENT.c.id)
        .scalar_subquery()
    )


_ISSUER = UNIT.alias("issuer")
_SUSPENSION = SUSPENSION.alias("present")


def _subject_columns() -> list[ColumnElement[Any]]:
    r, d = ROUND.c, DOCUMENT.c
    return [
        r.id,
        r.kind,
        r.title,
        r.period,
        r.due_at,
        r.due_on,
        r.due_reasons,
        r.needs_acceptance,
        r.signed_file_required,
        r.cut_off_at,
        r.closed_at,
        d.title,
        d.kind,
        d.state,
        d.number,
        d.notation,
        d.issued_on,
        d.recalled_at,
        d.recall_reason,
        _ISSUER.c.name,
        SEAT.c.title,
        POLICY.c.body,
        _SUSPENSION.c.from_at,
        _SUSPENSION.c.reason,
        _basis(),
        r.form_id,
        d.content["funding"],
    ]


def _with_subject(start: FromClause) -> FromClause:
    return (
        start.join(DOCUMENT, DOCUMENT.c.id == ROUND.c.document_id)
        .join(_ISSUER, _ISSUER.c.id == DOCUMENT.c.issuer_unit_id)
        .join(POLICY, POLICY.c.id == ROUND.c.policy_id)
        .outerjoin(SEAT, SEAT.c.id == DOCUMENT.c.tracker_seat_id)
        .outerjoin(_SUSPENSION, (_SUSPENSION.c.document_id == DOCUMENT.c.id) & _SUSPENSION.c.until_at.is_(None))
    )


async def subject(connection: AsyncConnection, round_id: UUID) -> Subject | None:
    """Return what a round is about, or None."""
    query = select(*_subject_columns()).select_from(_with_subject(ROUND)).where(ROUND.c.id == round_id)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else Subject(*row)


def _acknowledgement() -> FromClause:
    """Return what the same unit owes as acknowledgement of the same document."""
    other, round_ = OBLIGATION.alias("acknowledgement"), ROUND.alias("acknowledge_round")
    return (
        select(other.c.state, other.c.submitted_at, other.c.submission_id)
        .join(round_, round_.c.id == other.c.round_id)
        .where(
            other.c.document_id == OBLIGATION.c.document_id,
            other.c.unit_id == OBLIGATION.c.unit_id,
            round_.c.kind == RoundKind.ACKNOWLEDGE,
        )
        .order_by(round_.c.position)
        .limit(1)
        .lateral("acknowledged")
    )


def _newest_extension() -> FromClause:
    e = EXTENSION.c
    return (
        select(e.state, e.requested_at, e.requested_due_at, e.decided_due_at, e.decision_reason)
        .where(e.obligation_id == OBLIGATION.c.id, e.state != ExtensionState.WITHDRAWN)
        .order_by(e.requested_at.desc(), e.id.desc())
        .limit(1)
        .lateral("extension_asked")
    )


def _next_step(at: datetime) -> FromClause:
    s = LADDER_STEP.c
    ladder = case(
        (OBLIGATION.c.state == ObligationState.SUBMITTED, OBLIGATION.c.review_ladder_id), else_=OBLIGATION.c.ladder_id
    )
    return (
        select(s.fire_at, s.audience)
        .where(s.ladder_id == ladder, s.outcome.is_(None), s.audience != "nobody", s.fire_at > at)
        .order_by(s.fire_at, s.position)
        .limit(1)
        .lateral("next_step")
    )


async def owed(connection: AsyncConnection, obligation_id: UUID, at: datetime) -> tuple[Subject, Owed] | None:
    """Return an obligation and what it is about, in one statement, or None; its next step is the first after `at`."""
    o, deciding = OBLIGATION.c, UNIT.alias("deciding")
    acknowledged, extension, step = _acknowledgement(), _newest_extension(), _next_step(at)
    start = (
        OBLIGATION.join(ROUND, ROUND.c.id == o.round_id)
        .join(UNIT, UNIT.c.id == o.unit_id)
        .join(deciding, deciding.c.id == o.deciding_unit_id)
    )
    query = (
        select(
            *_subject_columns(),
            o.id,
            o.unit_id,
            UNIT.c.name,
            deciding.c.name,
            o.state,
            o.due_at,
            o.due_on,
            o.original_due_at,
            o.handed_in_at,
            o.hand_in_kept_until,
            o.settled_at,
            *acknowledged.c,
            *extension.c,
            *step.c,
        )
        .select_from(
            _with_subject(start).outerjoin(acknowledged, true()).outerjoin(extension, true()).outerjoin(step, true())
        )
        .where(o.id == obligation_id)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    shared = len(fields(Subject))
    return Subject(*row[:shared]), Owed(*row[shared:])


async def versions(connection: AsyncConnection, obligation_id: UUID) -> list[Version]:
    """Return what was handed in, newest first, with its files."""
    s, f, stored = SUBMISSION.c, SUBMISSION_FILE.c, METADATA.tables["file"].c
    listed = func.json_build_object("name", f.name, "size", stored.size, "signed", f.signed)
    files = (
        select(func.json_agg(aggregate_order_by(listed, f.name)))
        .select_from(SUBMISSION_FILE.join(METADATA.tables["file"], stored.sha256 == f.sha256))
        .where(f.submission_id == s.id)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(
            s.id,
            s.version,
            s.kind,
            s.state,
            s.text,
            s.number,
            s.notation,
            s.dated_on,
            s.received_at,
            s.return_kind,
            s.return_reason,
            files,
            s.return_marks,
            s.entered_for,
            s.confirmed_at,
            s.mail_id.is_not(None),
        )
        .where(s.obligation_id == obligation_id)
        .order_by(s.version.desc())
    )
    rows: Iterable[Any] = await connection.execute(query)
    found = []
    for row in rows:
        values = list(row)
        values[11] = [FileHandedIn(**file) for file in row[11] or ()]
        found.append(Version(*values))
    return found


async def filled(connection: AsyncConnection, obligation_id: UUID) -> dict[str, Any]:
    """Return the values of the form that were handed in last; empty where nothing was."""
    query = (
        select(SUBMISSION.c.filled)
        .where(SUBMISSION.c.obligation_id == obligation_id)
        .order_by(SUBMISSION.c.version.desc())
        .limit(1)
    )
    return (await connection.execute(query)).scalar_one_or_none() or {}


async def watched(connection: AsyncConnection, round_id: UUID, unit_id: UUID) -> list[Watched]:
    """Return how the units stand that a unit commands, decides about or issued to in a round, in Vietnamese order."""
    o = OBLIGATION.c
    query = (
        select(
            UNIT.c.name,
            o.state,
            o.due_at,
            o.due_on,
            o.handed_in_at,
            o.hand_in_kept_until,
            (o.state == ObligationState.OPEN) & o.submission_id.is_not(None),
        )
        .join(UNIT, UNIT.c.id == o.unit_id)
        .join(DOCUMENT, DOCUMENT.c.id == o.document_id)
        .where(
            o.round_id == round_id,
            or_(o.superior_unit_id == unit_id, o.deciding_unit_id == unit_id, DOCUMENT.c.issuer_unit_id == unit_id),
        )
        .order_by(UNIT.c.name_sort, o.id)
    )
    return [Watched(*row) for row in await connection.execute(query)]


async def unit_of_link(connection: AsyncConnection, token_hash: bytes) -> UUID | None:
    """Return the unit of the seat a link was made for, whatever became of it; None: no link ever had this token."""
    query = select(SEAT.c.unit_id).join(LINK, LINK.c.seat_id == SEAT.c.id).where(LINK.c.token_hash == token_hash)
    return (await connection.execute(query)).scalar_one_or_none()
