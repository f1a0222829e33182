"""Let units go of a round that does not apply to them: nothing is expected, nobody is chased, answers stand."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState

from plan_api.obligations import repository
from plan_api.obligations.settling import settle_if_complete
from plan_api.requests import Act


@dataclass(frozen=True, slots=True)
class ExemptedOfRound:
    """How many obligations of a round became not applicable, and how many had been answered and stay."""

    exempted: int
    answered: int


async def exempt_round(act: Act, document_id: UUID, round_id: UUID, units: Collection[UUID] | None) -> ExemptedOfRound:
    """Make what is open of a round (for some units, or all) not applicable; the round settles if that was the last."""
    rows = await repository.lock_expected(act.connection, round_id)
    meant = [row for row in rows if units is None or row.unit_id in units]
    open_ids = [row.id for row in meant if row.state == ObligationState.OPEN]
    await repository.change_many(act.connection, open_ids, state=ObligationState.NOT_APPLICABLE, settled_at=act.now)
    if open_ids:
        await settle_if_complete(act, document_id, round_id)
        act.agenda_changed(document_id)
    return ExemptedOfRound(len(open_ids), len(meant) - len(open_ids))
