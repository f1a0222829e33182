"""Send a consolidation up: handed in once, it fulfils what the superior owes of every round it reports into.

Each obligation keeps its own due time, is accepted or returned by its own decider, and names the same consolidation.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from cascade_servicekit.problems import NotFound
from sqlalchemy import Row

from plan_api.auth.service import require
from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.forms import service as forms
from plan_api.obligations import answering, consolidating, differing, merging, repository
from plan_api.obligations.consolidation_schemas import ConsolidationIn, ConsolidationOut
from plan_api.obligations.errors import ConsolidationSubmitted, NotFedByThis
from plan_api.read import levels
from plan_api.read.feeds import upward_obligations
from plan_api.read.standing import Standing, lock_standing
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.forms import Form


async def submit(act: Act, consolidation_id: UUID, given: ConsolidationIn) -> ConsolidationOut:
    """Send a consolidation up: it becomes the superior's own report, its totals unless others are given.

    What moves ladders holds the calendar and then takes rounds: so does this.

    Raises:
        NotFound, Forbidden, ConsolidationSubmitted, NotFedByThis, and what a hand-in refuses: nothing changed.
    """
    await calendar.held_calendar(act.connection, act.services)
    row = await repository.consolidation(act.connection, consolidation_id, lock=True)
    if row is None:
        raise NotFound(what="consolidation")
    await require(act.connection, act.caller, Verb.CONSOLIDATE, row.unit_id)
    if row.submitted_at is not None:
        raise ConsolidationSubmitted
    await documents.lock_round(act.connection, row.round_id)
    sent = await _hand_in(act, row, given)
    await repository.mark_consolidation(
        act.connection, consolidation_id, submitted_at=act.now, submission_id=sent[0] if sent else None
    )
    sent_up = await levels.sent_up(act.connection, row.round_id)
    stand = {up.consolidation_id for up in sent_up if up.state in levels.STANDS}
    if await levels.holds_all(act.connection, row.round_id, stand or {consolidation_id}):
        await differing.after_draft(act.connection, act.services, row.round_id, act.now, clear=True)
    act.record("submit_consolidation", "round", row.round_id, consolidation=consolidation_id, answered=len(sent))
    return await consolidating.out(act.connection, consolidation_id)


async def _hand_in(act: Act, row: Row[Any], given: ConsolidationIn) -> list[UUID]:
    """Answer what the consolidation is for with one report each, and return their submissions."""
    fed = await upward_obligations(act.connection, row.round_id, row.unit_id)
    if given.to is not None and not set(given.to) <= set(fed):
        raise NotFedByThis(field="to")
    meant = [item for item in fed if given.to is None or item in given.to]
    standings = await hold(act, meant)
    answered = standings if given.to is not None else [item for item in standings if _takes(item)] or standings[:1]
    by_form = [(item, *await forms_of(act, row, item)) for item in answered]
    known = {field.key for _, _, upper in by_form if upper is not None for field in upper.fields}
    act.at_last(partial(take_rounds, act, answered))
    sent = []
    for item, lower, upper in by_form:
        own = given if not known else given.model_copy(update={"values": _values_for(given, upper, known)})
        received = answering.Received(
            consolidation_id=row.id, authorised=True, carried=merging.carried(row.content, lower, upper)
        )
        answer = merging.report_up(row.content, own, lower, upper)
        sent.append((await answering.hand_in(act, item.id, answer, received)).submission_id)
    return sent


def _takes(standing: Standing) -> bool:
    """Return whether an answer is still taken; one being read refuses it, so that nobody believes it was replaced."""
    return standing.in_force and standing.state in answering.ANSWERABLE


def _values_for(given: ConsolidationIn, upper: Form | None, known: set[str]) -> dict[str, Any] | None:
    """Return the given values that belong to one form of several; what belongs to none is refused by each."""
    if given.values is None or upper is None:
        return None
    mine = {field.key for field in upper.fields}
    return {key: value for key, value in given.values.items() if key in mine or key not in known}


async def hold(act: Act, obligation_ids: Sequence[UUID]) -> list[Standing]:
    """Lock obligations, given in the order of their rounds."""
    found = [await lock_standing(act.connection, item) for item in obligation_ids]
    return [item for item in found if item is not None]


async def take_rounds(act: Act, standings: Sequence[Standing]) -> None:
    """Take the rounds of locked obligations before any level above them.

    Two who answer under the same parents would otherwise take a round, the level above, and the next round in turn.
    """
    await documents.lock_rounds(act.connection, sorted({item.round_id for item in standings}))


async def forms_of(act: Act, row: Row[Any], upward: Standing) -> tuple[Form | None, Form | None]:
    """Return the form a consolidation was made by, and the one of what it answers."""
    kept = row.content.get("form")
    lower = None if kept is None else await forms.form_by_id(act.connection, act.services, UUID(kept["id"]))
    if upward.form_id is None:
        return lower, None
    return lower, await forms.form_by_id(act.connection, act.services, upward.form_id)
