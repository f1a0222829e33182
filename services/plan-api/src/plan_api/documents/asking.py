"""Ask for something more on an issued document: a round opened at any time, for all or some of its assignees.

What is asked is checked, armed and announced as at issue, by the same code and in one transaction. The issued version
stays as frozen: a round asked later is a fact of its own.
"""

from collections.abc import Iterable
from uuid import UUID

from plan_api.calendar import service as calendar
from plan_api.documents import repository, selecting
from plan_api.documents.assigned import asks, bound_today
from plan_api.documents.due_times import Issue, due_of
from plan_api.documents.errors import NotAnAssignee, NothingAsked
from plan_api.documents.opening import open_round
from plan_api.documents.reading import round_out
from plan_api.documents.schemas import DocumentIn, IssueIn, RoundAskedIn, RoundAskedOut
from plan_api.documents.stopping import locked_in_force
from plan_api.escalation import service as escalation
from plan_api.obligations.errors import DocumentSuspended
from plan_api.obligations.opening import Assigned
from plan_api.organizations import service as organizations
from plan_api.read.feeds import further_feeds
from plan_api.read.parents import owed_under
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date


async def ask(act: Act, document_id: UUID, given: RoundAskedIn) -> RoundAskedOut:
    """Open a round on a document in force; return it with how many units owe it.

    Raises:
        NotFound, Forbidden, DocumentNotInForce, DocumentSuspended, UnitUnknown, NotAnAssignee, NothingAsked,
        SelectorMatchesNobody, DueInPast, DueAfterParent, CutOffBeforeDue, ConfirmationNeedsReason, NotOwedAbove:
        nothing changed.
    """
    days = await calendar.held_calendar(act.connection, act.services)
    row = await locked_in_force(act, document_id, Verb.ISSUE_DOCUMENT)
    if await repository.is_suspended(act.connection, document_id):
        raise DocumentSuspended
    draft = DocumentIn.model_validate(row.content)
    parents = await repository.parents_of(act.connection, document_id)
    order = IssueIn(
        allow_past_due=given.allow_past_due, allow_after_parent=given.allow_after_parent, reason=given.reason
    )
    opening = Issue(
        document_id,
        row.issuer_unit_id,
        draft,
        order,
        await escalation.policy_by_code(act.connection, draft.policy, act.now),
        days,
        await owed_under(act.connection, row.issuer_unit_id, parents),
        act.now,
        why="on_request",
    )
    due = due_of(opening, given)
    units = await _asked(act, document_id, row.issuer_unit_id, given)
    position = await repository.next_position(act.connection, document_id)
    round_id = await open_round(act, opening, position, given, due, units)
    act.agenda_changed(document_id)
    act.record("open", "round", round_id, document=str(document_id), units=len(units), reason=given.reason)
    opened = await repository.round_(act.connection, round_id)
    assert opened is not None  # noqa: S101 - this transaction made it
    further = await further_feeds(act.connection, document_id)
    return RoundAskedOut(**round_out(opened, further.get(round_id, ())).model_dump(), obligations=len(units))


async def _asked(act: Act, document_id: UUID, issuer_id: UUID, given: RoundAskedIn) -> list[Assigned]:
    """Return whom a round asks, each unit once, in the order of the issue."""
    bound = await bound_today(act.connection, document_id, issuer_id, local_date(act.now))
    if given.assignees is None and not given.selectors:
        wanted: Iterable[UUID] = [unit.unit_id for unit in bound.values() if asks(unit)]
    else:
        wanted = {*await _named(act, given, bound), *await _selected(act, issuer_id, given, bound)}
    asked = set(wanted)
    if not asked:
        raise NothingAsked(field="assignees")
    return [unit for unit in bound.values() if unit.unit_id in asked]


async def _named(act: Act, given: RoundAskedIn, bound: dict[UUID, Assigned]) -> list[UUID]:
    refs = given.assignees or []
    named = await organizations.known_units(act.connection, refs, "assignees")
    for number, (ref, unit_id) in enumerate(zip(refs, named, strict=True)):
        if unit_id not in bound:
            raise NotAnAssignee(field=f"assignees.{number}", unit=ref)
    return named


async def _selected(act: Act, issuer_id: UUID, given: RoundAskedIn, bound: dict[UUID, Assigned]) -> list[UUID]:
    """Return the assignees that selectors reach today; those who are only informed are asked by name alone."""
    asked = {unit.unit_id for unit in bound.values() if asks(unit)}
    today = local_date(act.now)
    selected: list[UUID] = []
    for number, selection in enumerate(given.selectors):
        field = f"selectors.{number}"
        selected += await selecting.select(act.connection, act.caller, issuer_id, selection, today, field, asked)
    return selected
