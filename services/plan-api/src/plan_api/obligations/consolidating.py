"""Draft a superior's report from accepted ones: when its round settles, or closes with declared gaps."""

from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import service as documents
from plan_api.forms import service as forms
from plan_api.obligations import differing, merging, repository
from plan_api.obligations.consolidation_schemas import ConsolidationOut
from plan_api.obligations.errors import NothingToConsolidate
from plan_api.read import levels
from plan_api.read.feeds import upward_obligations
from plan_api.read.heirs import heir_of
from plan_api.read.reports import round_reports
from plan_api.read.standing import find_obligation
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.services import Services


async def draft(
    connection: AsyncConnection,
    services: Services,
    round_id: UUID,
    *,
    again: bool = False,
    declared: dict[str, Any] | None = None,
) -> UUID | None:
    """Draft the consolidation of a settled or closed round; once by itself, `again` on a person's wish.

    `declared`: who takes the gaps of a round that is neither on itself, and why. Returns the draft's id, or None when
    there is nothing to draft (any more).
    """
    await documents.lock_round(connection, round_id)
    found, document = await documents.round_and_document(connection, round_id)
    if found.settled_at is None and found.closed_at is None and declared is None:
        return None
    if found.consolidated_at is not None and not again:
        return None
    reports = await round_reports(connection, round_id)
    form = None if found.form_id is None else await forms.form_by_id(connection, services, found.form_id)
    built = merging.build(reports, found.form_id, form)
    content = built.content if declared is None else built.content | {"declared": declared}
    now, consolidation_id = services.clock.now(), new_id()
    speaker, upward = await heir_of(connection, document.issuer_unit_id), None
    if found.reports_into_round_id is not None:
        upward = await find_obligation(connection, found.reports_into_round_id, speaker)
    await repository.add_consolidation(
        connection,
        {
            "id": consolidation_id,
            "round_id": round_id,
            "unit_id": speaker,
            "version": await repository.next_consolidation_version(connection, round_id),
            "content": content,
            "gaps": built.gaps,
            "created_at": now,
            "upward_obligation_id": upward,
        },
        [
            {"consolidation_id": consolidation_id, "submission_id": part.submission_id, "unit_id": part.unit_id}
            for part in reports.parts
        ],
    )
    await documents.mark_consolidated(connection, round_id, now)
    clear = not await levels.sent_up(connection, round_id)
    await differing.after_draft(connection, services, round_id, now, clear=clear)
    return consolidation_id


async def draft_again(act: Act, round_id: UUID, reason: str | None = None) -> ConsolidationOut:
    """Draft anew on a person's wish, with what has come since; before the end of a round with a reason for its gaps.

    Raises:
        NotFound, Forbidden, NothingToConsolidate: nothing changed.
    """
    _, document = await documents.round_and_document(act.connection, round_id)
    speaker = await heir_of(act.connection, document.issuer_unit_id)
    await require(act.connection, act.caller, Verb.CONSOLIDATE, speaker)
    declared = None if reason is None else {"reason": reason, "by": act.caller.name, "at": act.now.isoformat()}
    consolidation_id = await draft(act.connection, act.services, round_id, again=True, declared=declared)
    if consolidation_id is None:
        raise NothingToConsolidate
    act.record("consolidate", "round", round_id, consolidation=consolidation_id, reason=reason)
    return await out(act.connection, consolidation_id)


async def out(connection: AsyncConnection, consolidation_id: UUID) -> ConsolidationOut:
    """Return a consolidation as it stands."""
    row = await repository.consolidation(connection, consolidation_id)
    if row is None:
        raise NotFound(what="consolidation")
    different = await repository.open_differences(connection, row.round_id)
    return ConsolidationOut.model_validate(
        dict(row._mapping)
        | {
            "upward_obligation_ids": await upward_obligations(connection, row.round_id, row.unit_id),
            "out_of_date_since": different[0].marked_at if different else None,
        }
    )


async def newest(act: Act, round_id: UUID) -> ConsolidationOut:
    """Return the newest consolidation of a round."""
    _, document = await documents.round_and_document(act.connection, round_id)
    speaker = await heir_of(act.connection, document.issuer_unit_id)
    await require(act.connection, act.caller, Verb.READ_PROGRESS, speaker)
    row = await repository.newest_consolidation(act.connection, round_id)
    if row is None:
        raise NotFound(what="consolidation")
    return await out(act.connection, row.id)
