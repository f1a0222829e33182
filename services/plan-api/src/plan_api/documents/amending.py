"""Amend an issued document: a new frozen version, and only what differs changes, only those it concerns are told.

One transaction; the preview is the same one taken back. What was answered stays answered. Rounds on request are
facts of their own and stay. Those affected acknowledge the amendment in a round of its own.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from cascade_contracts.vocabulary import RoundKind, StepKind

from plan_api.calendar import service as calendar
from plan_api.documents import (
    amending_repository,
    drafting,
    issuing,
    recipients,
    recurring_repository,
    releasing,
    repository,
    selecting,
)
from plan_api.documents.amended_recurring import amend_recurring
from plan_api.documents.amended_rounds import Work, amend_rounds
from plan_api.documents.amending_schemas import Amended, AmendIn, FieldAmended
from plan_api.documents.assigned import bound_today
from plan_api.documents.due_times import Issue, due_of
from plan_api.documents.errors import AmendmentTooWide, NothingAmended
from plan_api.documents.opening import open_round
from plan_api.documents.schemas import DocumentIn, IssueIn, RoundIn
from plan_api.documents.stopping import locked_in_force
from plan_api.escalation import service as escalation
from plan_api.obligations.errors import DocumentSuspended
from plan_api.obligations.opening import Assigned
from plan_api.read.parents import owed_under
from plan_api.requests import Act, PreconditionFailed
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date
from plan_api.rules.due import NoDue
from plan_api.rules.ladders import RetiredFor
from plan_api.rules.vietnamese import normalise

FIXED = ("kind", "issuer", "number", "notation", "issued_on", "parents", "policy")
"""What makes a document the one it is: another one replaces it."""
TEXTS = ("title", "summary", "funding", "files")
"""What concerns everybody bound."""


async def amend(act: Act, document_id: UUID, given: AmendIn, row_version: int | None) -> Amended:
    """Amend a document in force; `row_version` is that of the document the caller has read (None: a preview).

    Raises:
        NotFound, Forbidden, DocumentNotInForce, DocumentSuspended, PreconditionFailed, AmendmentTooWide,
        NothingAmended, RoundNotOpen, and what an issue refuses of references and due times: nothing changed.
    """
    days = await calendar.held_calendar(act.connection, act.services)
    row = await locked_in_force(act, document_id, Verb.ISSUE_DOCUMENT)
    if row_version not in {None, row.row_version}:
        raise PreconditionFailed
    if await repository.is_suspended(act.connection, document_id):
        raise DocumentSuspended
    last = DocumentIn.model_validate(row.content)
    _check_scope(last, given.content)
    await drafting.check_references(act, row.issuer_unit_id, given.content, heirs=True)
    order = IssueIn(
        allow_past_due=given.allow_past_due, allow_after_parent=given.allow_after_parent, reason=given.reason
    )
    await recurring_repository.lock_cascade(act.connection, row.root_id)
    parents = await repository.parents_of(act.connection, document_id)
    issue = Issue(
        document_id,
        row.issuer_unit_id,
        given.content,
        order,
        await escalation.policy_by_id(act.connection, row.policy_id),
        days,
        await owed_under(act.connection, row.issuer_unit_id, parents),
        act.now,
        why=RetiredFor.AMENDED,
    )
    bound = await bound_today(act.connection, document_id, row.issuer_unit_id, local_date(act.now))
    work = Work(act, row, given, last, issue, bound)
    await _assignees(work)
    await amend_rounds(work)
    await amend_recurring(work)
    return await _keep(work)


def _check_scope(last: DocumentIn, new: DocumentIn) -> None:
    for name in FIXED:
        if getattr(last, name) != getattr(new, name):
            raise AmendmentTooWide(field=f"content.{name}")
    if last == new:
        raise NothingAmended(field="content")


# --- whom it binds ---


async def _assignees(work: Work) -> None:
    """Bind who is new and let go of who is no longer named; who stays keeps what it owes.

    In place of a unit that has ended stand its successors, bound when it ended: those that do not take over are not.
    """
    if (work.last.assignees, work.last.selectors) == (work.new.assignees, work.new.selectors):
        return
    act, issuer, today = work.act, work.document.issuer_unit_id, local_date(work.act.now)
    resolved = [
        await selecting.resolve(
            act.connection, act.caller, issuer, version.assignees, version.selectors, today, heirs=True
        )
        for version in (work.last, work.new)
    ]
    before, after = ({item.unit: item for item in chosen} for chosen in resolved)
    for unit_id in before.keys() & after.keys():
        if before[unit_id].mode != after[unit_id].mode:
            raise AmendmentTooWide(field="content.assignees")
    gone = before.keys() - after.keys()
    work.dropped = [unit_id for unit_id in work.bound if unit_id in gone]
    listed = {unit_id for unit_id, item in before.items() if all(way.startswith("assignees.") for way in item.ways)}
    fresh = [item for unit_id, item in after.items() if unit_id not in work.bound and unit_id not in listed]
    for item in await selecting.bind(act.connection, issuer, fresh):
        await amending_repository.bind_unit(
            act.connection, work.document.id, item.unit_id, item.mode, item.line, item.superior_unit_id
        )
        work.bound[item.unit_id] = Assigned(item.unit_id, item.mode, item.superior_unit_id or issuer)
        work.added.append(item.unit_id)
    await amending_repository.release_units(act.connection, work.document.id, work.dropped, act.now)
    for unit_id in work.dropped:
        del work.bound[unit_id]


# --- what is kept and told ---


async def _keep(work: Work) -> Amended:
    act, document = work.act, work.document
    version = document.version + 1
    texts = [name for name in TEXTS if getattr(work.last, name) != getattr(work.new, name)]
    if texts:
        work.affected |= set(work.bound)
    affected = [unit for unit in work.bound.values() if unit.unit_id in work.affected - set(work.added)]
    amendment_id = await issuing.freeze_content(act, document.id, version, work.new)
    await releasing.tell(act, document, amendment_id, work.dropped, work.given.reason, work.issue.policy)
    if work.last.recipients != work.new.recipients:
        issuer, today = document.issuer_unit_id, local_date(act.now)
        await recipients.keep(act, document.id, issuer, work.new.recipients, work.bound.keys(), today)
    row_version = await repository.change_document(
        act.connection,
        document.id,
        version=version,
        content=work.new.model_dump(mode="json"),
        title=normalise(work.new.title),
        tracker_seat_id=work.new.tracker_seat,
        updated_at=act.now,
    )
    acknowledging = None
    if work.given.acknowledge and affected:
        acknowledging = await _ask_to_acknowledge(work, version, affected)
    act.agenda_changed(document.id)
    act.record(
        "amend",
        "document",
        document.id,
        version=version,
        reason=work.given.reason,
        affected=len(affected),
        added=len(work.added),
        dropped=len(work.dropped),
    )
    before, after = work.last.model_dump(mode="json"), work.new.model_dump(mode="json")
    return Amended(
        document_id=document.id,
        version=version,
        row_version=row_version,
        fields=[
            FieldAmended(field=name, was=before[name], now=after[name])
            for name in after
            if name != "rounds" and before[name] != after[name]
        ],
        rounds=work.rounds,
        added=work.added,
        dropped=work.dropped,
        affected=[unit.unit_id for unit in affected],
        acknowledging=acknowledging,
    )


async def _ask_to_acknowledge(work: Work, version: int, affected: Sequence[Assigned]) -> UUID:
    """Open the round in which those affected acknowledge the amendment; its announcement is how they are told."""
    rule = work.given.acknowledge_by or NoDue()
    item = RoundIn(kind=RoundKind.ACKNOWLEDGE, title=f"Xác nhận nội dung sửa đổi lần {version - 1}", due=rule)
    due = replace(due_of(work.issue, item, "acknowledge_by."), announce_as=StepKind.AMENDED)
    position = await repository.next_position(work.act.connection, work.document.id)
    return await open_round(work.act, work.issue, position, item, due, affected)
