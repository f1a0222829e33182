"""Open a round: its row, what its units owe of it, the ladders that chase them, and what is said at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import AssignmentMode, LadderKind, ObligationState
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import repository
from plan_api.documents.assigned import asked_now
from plan_api.documents.due_times import Issue, RoundDue, reports_into, require_owed
from plan_api.documents.schemas import RoundIn
from plan_api.escalation import service as escalation
from plan_api.escalation import steps
from plan_api.forms import service as forms
from plan_api.obligations.opening import Assigned, OpenRound, open_obligations
from plan_api.requests import Act
from plan_api.rules.calendar import local_date


@dataclass(frozen=True, slots=True)
class Series:
    """The recurring report a round is a period of, and the units it does not apply to in that period."""

    recurrence_id: UUID
    exempt: frozenset[UUID]


async def open_round(
    act: Act,
    issuing: Issue,
    position: int,
    item: RoundIn,
    asked: RoundDue,
    units: Sequence[Assigned],
    place: str = "",
    series: Series | None = None,
) -> UUID:
    """Write a round with what the units owe of it, arm its ladders and announce it at once; return its id.

    Who is exempt owes nothing of it; a round nobody owes is settled with its opening.

    Raises:
        NotOwedAbove, FormUnsound, FormNotForThisRound: naming the field.
    """
    require_owed(issuing, item, place)
    round_id, due = new_id(), asked.due
    fed = [owed.round_id for owed in reports_into(issuing, item)]
    row = _round_row(issuing, round_id, position, item, asked, series)
    row["reports_into_round_id"] = fed[0] if fed else None
    row["form_id"] = await kept_form(act, item, place)
    await repository.add_rounds(act.connection, [row])
    await repository.add_feeds(act.connection, round_id, fed[1:])
    ladders = {
        mode: await _arm(act.connection, issuing, round_id, item, asked, mode)
        for mode in sorted({unit.mode for unit in units})
    }
    receivers = await asked_now(act.connection, item.receivers, f"{place}receivers", local_date(act.now))
    opened = OpenRound(round_id, issuing.document_id, issuing.issuer_id, due.due_at, due.due_on, ladders, receivers)
    if asked.waived:
        await open_obligations(act.connection, opened, units, act.now, ObligationState.WAIVED)
        await escalation.skip_round(act.connection, round_id, act.now, "waived")
        return round_id
    exempt = series.exempt if series else frozenset()
    owing = [unit for unit in units if unit.unit_id not in exempt]
    spared = [unit for unit in units if unit.unit_id in exempt]
    await open_obligations(act.connection, opened, owing, act.now)
    await open_obligations(act.connection, opened, spared, act.now, ObligationState.NOT_APPLICABLE)
    if not owing and series is not None:
        await escalation.skip_round(act.connection, round_id, act.now, "not_applicable")
        await repository.change_round(act.connection, round_id, settled_at=act.now, consolidated_at=act.now)
        return round_id
    for ladder_id in ladders.values():
        await steps.announce(act.connection, act.services, ladder_id, issuing.policy, act.now)
    return round_id


async def kept_form(act: Act, item: RoundIn, place: str) -> UUID | None:
    """Return the id of a round's form, kept; None without one.

    Raises:
        FormUnsound, FormNotForThisRound: naming the field.
    """
    if item.form is None:
        return None
    forms.require_sound(item.form, item.kind, item.title, f"{place}form")
    return await forms.keep(act.connection, item.form, act.now)


def _round_row(
    issuing: Issue,
    round_id: UUID,
    position: int,
    item: RoundIn,
    asked: RoundDue,
    series: Series | None,
) -> dict[str, Any]:
    due = asked.due
    return {
        "id": round_id,
        "document_id": issuing.document_id,
        "position": position,
        "kind": item.kind,
        "title": item.title,
        "period": item.period,
        "due_rule": asked.rule.model_dump(mode="json"),
        "due_at": due.due_at,
        "due_on": due.due_on,
        "due_reasons": list(due.reasons),
        "cut_off_at": item.cut_off_at,
        "needs_acceptance": item.needs_acceptance,
        "signed_file_required": item.signed_file_required,
        "policy_id": issuing.policy.id,
        "past_due_reason": issuing.order.reason if issuing.order.allow_past_due or issuing.order.past_due else None,
        "settled_at": issuing.now if asked.waived else None,
        "consolidated_at": issuing.now if asked.waived else None,
        "recurrence_id": series.recurrence_id if series else None,
        "created_at": issuing.now,
    }


async def _arm(
    connection: AsyncConnection, issuing: Issue, round_id: UUID, item: RoundIn, asked: RoundDue, mode: AssignmentMode
) -> UUID:
    order = escalation.LadderOrder(
        issuing.document_id,
        round_id,
        LadderKind.OBLIGATION,
        mode,
        due_at=asked.due.due_at,
        anchor_at=issuing.now,
        reason=issuing.why,
        cut_off_at=item.cut_off_at,
        announce=True,
        announce_as=asked.announce_as,
        armed_from=asked.speaks_from,
    )
    return await escalation.arm_ladder(connection, order, issuing.policy, issuing.days, issuing.now)
