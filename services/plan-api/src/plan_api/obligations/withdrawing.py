"""Let units go of a round that no longer asks them: what is open is withdrawn, what was handed in stays."""

from collections.abc import Collection, Sequence
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState

from plan_api.obligations import repository
from plan_api.obligations.settling import settle_if_complete
from plan_api.requests import Act


async def hold_rounds(act: Act, round_ids: Sequence[UUID]) -> None:
    """Take what is expected of rounds, in the order given, until the transaction ends."""
    for round_id in round_ids:
        await repository.lock_expected(act.connection, round_id)


async def withdraw_from(act: Act, document_id: UUID, round_id: UUID, units: Collection[UUID] | None) -> list[UUID]:
    """Withdraw what is open of a round (of some units, or all); return the units. The round settles if none is left."""
    rows = await repository.lock_expected(act.connection, round_id)
    gone = [row for row in rows if row.state == ObligationState.OPEN and (units is None or row.unit_id in units)]
    await repository.change_many(
        act.connection, [row.id for row in gone], state=ObligationState.WITHDRAWN, settled_at=act.now
    )
    if gone:
        await settle_if_complete(act, document_id, round_id)
    return [row.unit_id for row in gone]
