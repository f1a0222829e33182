"""Draft a superior's report from its subordinates' accepted ones, and send it up.

A draft is made when its round settles, or closes with declared gaps. Submitting it fulfils what the superior itself
owes one level up.
"""

from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import SubmissionKind
from cascade_servicekit.clock import Clock
from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import service as documents
from plan_api.obligations import answering, repository
from plan_api.obligations.errors import ConsolidationSubmitted, NothingToConsolidate
from plan_api.obligations.schemas import ConsolidationIn, ConsolidationOut, SubmissionIn
from plan_api.read.heirs import heir_of
from plan_api.read.reports import round_reports
from plan_api.read.standing import find_obligation
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.consolidation import Consolidated, consolidate


def _content(built: Consolidated) -> dict[str, Any]:
    return {
        "figures": {
            name: {
                "total": str(figure.total),
                "parts": [
                    {"unit": str(part.unit_id), "submission": str(part.submission_id), "value": str(part.value)}
                    for part in figure.parts
                ],
                "absent": [str(unit) for unit in figure.absent],
            }
            for name, figure in built.figures.items()
        },
        "sections": [
            {"unit": str(section.unit_id), "name": section.unit_name, "text": section.text}
            for section in built.sections
        ],
    }


async def draft(connection: AsyncConnection, clock: Clock, round_id: UUID, *, again: bool = False) -> UUID | None:
    """Draft the consolidation of a settled or closed round; once by itself, `again` on a person's wish.

    Returns the draft's id, or None when there is nothing to draft (any more).
    """
    await documents.lock_round(connection, round_id)
    found, document = await documents.round_and_document(connection, round_id)
    if found.settled_at is None and found.closed_at is None:
        return None
    if found.consolidated_at is not None and not again:
        return None
    reports = await round_reports(connection, round_id)
    built = consolidate(reports.parts, reports.gaps)
    now, consolidation_id = clock.now(), new_id()
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
            "content": _content(built),
            "gaps": [{"unit": str(gap.unit_id), "name": gap.unit_name, "reason": gap.reason} for gap in built.gaps],
            "created_at": now,
            "upward_obligation_id": upward,
        },
        [
            {"consolidation_id": consolidation_id, "submission_id": part.submission_id, "unit_id": part.unit_id}
            for part in reports.parts
        ],
    )
    await documents.mark_consolidated(connection, round_id, now)
    return consolidation_id


async def draft_again(act: Act, round_id: UUID) -> ConsolidationOut:
    """Draft anew on a person's wish, with what has come since."""
    _, document = await documents.round_and_document(act.connection, round_id)
    speaker = await heir_of(act.connection, document.issuer_unit_id)
    await require(act.connection, act.caller, Verb.CONSOLIDATE, speaker)
    consolidation_id = await draft(act.connection, act.services.clock, round_id, again=True)
    if consolidation_id is None:
        raise NothingToConsolidate
    act.record("consolidate", "round", round_id, consolidation=consolidation_id)
    return await _out(act.connection, consolidation_id)


async def _out(connection: AsyncConnection, consolidation_id: UUID) -> ConsolidationOut:
    row = await repository.consolidation(connection, consolidation_id)
    if row is None:
        raise NotFound(what="consolidation")
    return ConsolidationOut.model_validate(dict(row._mapping))


async def newest(act: Act, round_id: UUID) -> ConsolidationOut:
    """Return the newest consolidation of a round."""
    _, document = await documents.round_and_document(act.connection, round_id)
    speaker = await heir_of(act.connection, document.issuer_unit_id)
    await require(act.connection, act.caller, Verb.READ_PROGRESS, speaker)
    row = await repository.newest_consolidation(act.connection, round_id)
    if row is None:
        raise NotFound(what="consolidation")
    return await _out(act.connection, row.id)


async def submit(act: Act, consolidation_id: UUID, given: ConsolidationIn) -> ConsolidationOut:
    """Send a consolidation up: it becomes the superior's own report, its totals unless others are given."""
    row = await repository.consolidation(act.connection, consolidation_id, lock=True)
    if row is None:
        raise NotFound(what="consolidation")
    await require(act.connection, act.caller, Verb.CONSOLIDATE, row.unit_id)
    if row.submitted_at is not None:
        raise ConsolidationSubmitted
    submission_id = None
    if row.upward_obligation_id is not None:
        answer = _report(row.content, given)
        received = answering.Received(consolidation_id=consolidation_id, authorised=True)
        receipt = await answering.hand_in(act, row.upward_obligation_id, answer, received)
        submission_id = receipt.submission_id
    await repository.mark_consolidation(
        act.connection, consolidation_id, submitted_at=act.now, submission_id=submission_id
    )
    act.record("submit_consolidation", "round", row.round_id, consolidation=consolidation_id)
    return await _out(act.connection, consolidation_id)


def _report(content: dict[str, Any], given: ConsolidationIn) -> SubmissionIn:
    totals = {name: figure["total"] for name, figure in content["figures"].items()}
    sections = "\n\n".join(f"{section['name']}: {section['text']}" for section in content["sections"])
    return SubmissionIn.model_validate(
        {
            "kind": SubmissionKind.REPORT,
            "text": given.text or sections[:20_000] or None,
            "figures": given.figures if given.figures is not None else totals,
            "notation": given.notation,
            "number": given.number,
            "dated_on": given.dated_on,
            "signer": given.signer,
            "files": [file.model_dump() for file in given.files],
        }
    )
