"""Show what makes a consolidation out of date, and accept it: a new version in its place, and of what it sent up.

A level accepts after those below it: what it takes over are their restated reports.
"""

from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.forms import service as forms
from plan_api.obligations import answering, consolidating, correcting, merging, out_of_date, repository, sending_up
from plan_api.obligations.consolidation_schemas import (
    CauseOut,
    ChangeOut,
    ConsolidationIn,
    ConsolidationOut,
    DifferenceOut,
)
from plan_api.obligations.errors import DifferenceOpenBelow, NothingDiffers
from plan_api.read import levels
from plan_api.read.heirs import heir_of
from plan_api.read.reports import round_reports
from plan_api.read.standing import lock_standing
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.services import Services


async def show(connection: AsyncConnection, services: Services, caller: Caller, round_id: UUID) -> DifferenceOut:
    """Return what changed below a round's consolidation and what accepting it would change.

    Raises:
        NotFound: the round was not consolidated, or the caller may not know of it.
    """
    found, document = await documents.round_and_document(connection, round_id)
    await require(connection, caller, Verb.READ_PROGRESS, await heir_of(connection, document.issuer_unit_id))
    standing = await _standing_consolidation(connection, round_id)
    form = None if found.form_id is None else await forms.form_by_id(connection, services, found.form_id)
    fresh = merging.build(await round_reports(connection, round_id), found.form_id, form)
    causes = await levels.causes(connection, round_id)
    below = await levels.different_below(connection, round_id)
    return DifferenceOut(
        round_id=round_id,
        consolidation_id=standing.id,
        out_of_date=bool(causes),
        causes=[CauseOut.model_validate(row, from_attributes=True) for row in causes],
        changes=[ChangeOut(**change) for change in merging.changes_between(standing.content, fresh.content)],
        waits_for=list(dict.fromkeys(row.unit_name for row in below)),
    )


async def _standing_consolidation(connection: AsyncConnection, round_id: UUID) -> Row[Any]:
    """Return the consolidation that stands for a round: what it sent up, else the newest draft."""
    sent = sorted(await levels.sent_up(connection, round_id), key=lambda up: up.state not in levels.STANDS)
    row = (
        await repository.consolidation(connection, sent[0].consolidation_id)
        if sent
        else await repository.newest_consolidation(connection, round_id)
    )
    if row is None:
        raise NotFound(what="consolidation")
    return row


async def accept(act: Act, round_id: UUID, note: str | None) -> ConsolidationOut:
    """Accept the difference at this level: consolidate anew, restate what was sent up, take the marks off.

    Raises:
        NotFound, Forbidden, NothingDiffers, DifferenceOpenBelow: nothing changed.
    """
    found, document = await documents.round_and_document(act.connection, round_id)
    speaker = await heir_of(act.connection, document.issuer_unit_id)
    await require(act.connection, act.caller, Verb.CONSOLIDATE, speaker)
    await calendar.held_calendar(act.connection, act.services)
    await documents.lock_round(act.connection, round_id)
    if not await repository.open_differences(act.connection, round_id):
        raise NothingDiffers
    below = await levels.different_below(act.connection, round_id)
    if below:
        raise DifferenceOpenBelow(units=", ".join(dict.fromkeys(row.unit_name for row in below)))
    was = await _standing_consolidation(act.connection, round_id)
    sent = await levels.sent_up(act.connection, round_id)
    await sending_up.take_rounds(act, await sending_up.hold(act, [up.obligation_id for up in sent]))
    ended = found.settled_at is not None or found.closed_at is not None
    declared = None if ended else was.content.get("declared", {"reason": note, "by": act.caller.name})
    made_id = await consolidating.draft(act.connection, act.services, round_id, again=True, declared=declared)
    assert made_id is not None  # noqa: S101 - ended, or its gaps are declared
    for up in sent:
        await _restate(act, up.consolidation_id, made_id, up.obligation_id)
    await repository.clear_differences(act.connection, round_id, act.now, act.caller.id)
    await out_of_date.withdraw(act.connection, round_id, act.now)
    act.record("accept_difference", "round", round_id, consolidation=made_id, note=note)
    return await consolidating.out(act.connection, made_id)


async def _restate(act: Act, was_id: UUID, made_id: UUID, obligation_id: UUID) -> None:
    """Put the restated report in the place of the one sent up; one that was returned is sent again by hand.

    What was recalled or transferred meanwhile is owed no more: nothing takes its place.
    """
    standing = await lock_standing(act.connection, obligation_id)
    was = await repository.consolidation(act.connection, was_id)
    made = await repository.consolidation(act.connection, made_id)
    if standing is None or standing.submission_id is None or was is None or made is None:
        return
    if standing.state not in levels.STANDS:
        return
    former = await repository.submission(act.connection, standing.submission_id)
    if former is None:
        return
    lower, upper = await sending_up.forms_of(act, made, standing)
    kept = {name: getattr(former, name) for name in ("text", "figures", "filled")}
    restated = merging.restated(was.content, made.content, kept, lower, upper)
    if standing.state is ObligationState.FULFILLED:
        marked = bool(await repository.open_differences(act.connection, standing.round_id))
        receipt = await correcting.replace(
            act, standing, former, restated | {"consolidation_id": made_id}, marked=marked
        )
    else:
        carried = merging.carried(made.content, lower, upper)
        own = None
        if upper is not None:
            own = {key: value for key, value in (restated["filled"] or {}).items() if key not in (carried or {})}
        given = ConsolidationIn(
            text=restated["text"],
            figures=restated["figures"],
            values=own,
            notation=former.notation,
            number=former.number,
            dated_on=former.dated_on,
            signer=former.signer,
            files=await repository.submission_files(act.connection, former.id),
        )
        received = answering.Received(consolidation_id=made_id, authorised=True, carried=carried)
        receipt = await answering.hand_in(
            act, obligation_id, merging.report_up(made.content, given, lower, upper), received
        )
    await repository.mark_consolidation(
        act.connection, made_id, submitted_at=act.now, submission_id=receipt.submission_id
    )
