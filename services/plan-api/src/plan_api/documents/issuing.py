"""Issue a document: freeze it, bind its assignees, open their obligations, arm their ladders and announce them.

All of it is one transaction.
Calendar and policy are evaluated here, never inside a workflow. A plan issued under parents fulfils what its issuer
owes of their plan rounds.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import (
    AssignmentMode,
    DocumentState,
    ObligationState,
    RoundKind,
    SubmissionKind,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.bulk import chunks
from plan_api.calendar import service as calendar
from plan_api.documents import drafting, recipients, recurring, repository, selecting, stopping
from plan_api.documents.due_times import Issue, due_of
from plan_api.documents.errors import ConfirmationNeedsReason, IdentityMissing, IdentityTaken
from plan_api.documents.opening import open_round
from plan_api.documents.schemas import DocumentIn, IssueIn, RoundIn
from plan_api.escalation import service as escalation
from plan_api.obligations import answering
from plan_api.obligations.opening import Assigned
from plan_api.obligations.schemas import SubmissionIn
from plan_api.organizations import service as organizations
from plan_api.read.parents import owed_under
from plan_api.requests import Act
from plan_api.rules.calendar import local_date
from plan_api.rules.selecting import Chosen
from plan_api.tasks import coverage

LEISURE = timedelta(hours=1)
"""With nothing due for so long after its issue, a document's supervision may start after the burst of an issue."""


async def issue(act: Act, document_id: UUID, order: IssueIn) -> None:
    """Issue a draft.

    Raises:
        DocumentNotDraft, IdentityMissing, IdentityTaken, DueInPast, DueAfterParent, NoDayLeftUnderParent,
        CutOffBeforeDue, ConfirmationNeedsReason, UnknownParent, SelectorMatchesNobody, FormUnsound,
        FormNotForThisRound, NotOwedAbove: nothing changed.
    """
    days = await calendar.held_calendar(act.connection, act.services)
    row = await drafting.locked_draft(act, document_id, "issue")
    draft, issuer_id, version = DocumentIn.model_validate(row.content), row.issuer_unit_id, row.version
    del row  # tens of thousands of assignees are held once, not twice
    chosen = await drafting.check_references(act, issuer_id, draft)
    _check_identity(draft, order)
    issuing = Issue(
        document_id,
        issuer_id,
        draft,
        order,
        await escalation.policy_by_code(act.connection, draft.policy, act.now),
        days,
        await owed_under(act.connection, issuer_id, draft.parents),
        act.now,
    )
    dues = [due_of(issuing, item, f"rounds.{position}.") for position, item in enumerate(draft.rounds)]
    await freeze_content(act, document_id, version, draft)
    await _mark_issued(act, issuing)
    assigned = await _assign(act.connection, issuing, chosen)
    del chosen
    await recipients.keep(act, document_id, issuing.issuer_id, draft.recipients, assigned.keys(), local_date(act.now))
    for position, (item, due) in enumerate(zip(draft.rounds, dues, strict=True)):
        units = await _units_of_round(act.connection, item, assigned)
        await open_round(act, issuing, position, item, due, units, f"rounds.{position}.")
    await recurring.start(act, issuing, draft.recurring)
    if order.replaces is not None:
        await stopping.replace(act, order.replaces, document_id, issuing.issuer_id)
    await _answer_parents(act, issuing)
    if draft.rounds or draft.recurring:
        next_step = await escalation.next_step_at(act.connection, document_id)
        act.agenda_changed(document_id, leisurely=next_step is None or next_step - act.now > LEISURE)
    act.record(
        "issue",
        "document",
        document_id,
        assignees=len(assigned),
        rounds=len(dues),
        waived=sum(due.waived for due in dues),
        reason=order.reason,
    )


def _check_identity(draft: DocumentIn, order: IssueIn) -> None:
    missing = [name for name in ("number", "notation", "issued_on") if getattr(draft, name) is None]
    if missing and not (order.without_identity and order.reason):
        raise IdentityMissing(field=missing[0])


async def freeze_content(act: Act, document_id: UUID, version: int, given: DocumentIn) -> UUID:
    """Keep a version as it is said, with the SHA-256 of its canonical bytes and its files; return its id."""
    version_id = new_id()
    content = given.model_dump(mode="json")
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    await repository.freeze(
        act.connection,
        {
            "id": version_id,
            "document_id": document_id,
            "version": version,
            "content": content,
            "content_sha256": hashlib.sha256(canonical).hexdigest(),
            "frozen_at": act.now,
        },
    )
    await repository.add_document_files(
        act.connection,
        [
            {
                "id": new_id(),
                "document_id": document_id,
                "version": version,
                "created_at": act.now,
                **file.model_dump(),
            }
            for file in given.files
        ],
    )
    return version_id


async def _mark_issued(act: Act, issuing: Issue) -> None:
    number_key, notation_key = drafting.identity_keys(issuing.draft.number, issuing.draft.notation)
    issued_on = issuing.draft.issued_on or local_date(act.now)
    try:
        await repository.change_document(
            act.connection,
            issuing.document_id,
            state=DocumentState.ISSUED,
            issued_at=act.now,
            issued_on=issued_on,
            year=issued_on.year,
            number_key=number_key,
            notation_key=notation_key,
            policy_id=issuing.policy.id,
            identity_missing_reason=issuing.order.reason if issuing.order.without_identity else None,
            updated_at=act.now,
        )
    except IntegrityError as error:
        raise IdentityTaken(field="number") from error


async def _assign(connection: AsyncConnection, issuing: Issue, chosen: Sequence[Chosen[UUID]]) -> dict[UUID, Assigned]:
    bound = await selecting.bind(connection, issuing.issuer_id, chosen)
    for part in chunks(bound):
        rows = [
            {
                "id": new_id(),
                "document_id": issuing.document_id,
                "unit_id": item.unit_id,
                "mode": item.mode,
                "line_kind": item.line,
                "superior_unit_id": item.superior_unit_id,
            }
            for item in part
        ]
        await repository.add_assignments(connection, rows)
    return {
        item.unit_id: Assigned(item.unit_id, item.mode, item.superior_unit_id or issuing.issuer_id) for item in bound
    }


async def _units_of_round(
    connection: AsyncConnection, item: RoundIn, assigned: dict[UUID, Assigned]
) -> Sequence[Assigned]:
    """Return who owes a round: those it names, else all but those who are only informed."""
    if item.assignees is not None:
        ids = await organizations.known_units(connection, item.assignees, "assignees")
        return [assigned[unit_id] for unit_id in dict.fromkeys(ids)]
    return [
        unit
        for unit in assigned.values()
        if unit.mode is not AssignmentMode.INFORMATION or item.kind is RoundKind.ACKNOWLEDGE
    ]


async def _answer_parents(act: Act, issuing: Issue) -> None:
    """Hand the plan in where its parents ask for one; one accepted with that has to cover the parent's tasks.

    Raises:
        TasksUncovered, ConfirmationNeedsReason: nothing changed.
    """
    order = issuing.order
    if order.allow_task_gaps and not order.reason:
        raise ConfirmationNeedsReason(field="reason")
    reason = order.reason if order.allow_task_gaps else None
    answer = SubmissionIn(
        kind=SubmissionKind.PLAN,
        number=issuing.draft.number,
        notation=issuing.draft.notation,
        dated_on=issuing.draft.issued_on,
        files=issuing.draft.files,
    )
    for owed in issuing.owed:
        if owed.kind is RoundKind.PLAN and owed.state is ObligationState.OPEN:
            if not owed.needs_acceptance:
                await coverage.require_plan_covers(
                    act, issuing.document_id, issuing.issuer_id, owed.document_id, reason, "allow_task_gaps"
                )
            received = answering.Received(document_id=issuing.document_id, authorised=True)
            await answering.hand_in(act, owed.obligation_id, answer, received)
