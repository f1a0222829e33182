"""Settle a round when its last obligation is answered and decided.

Whoever changes an obligation takes its round's row after its own writes and before asking: two answers committing at
once would otherwise each see the other still open, and the round would never settle.
"""

from uuid import UUID

from plan_api.documents import service as documents
from plan_api.escalation import service as escalation
from plan_api.obligations import differing, repository
from plan_api.requests import Act


async def settle_if_complete(act: Act, document_id: UUID, round_id: UUID, came: UUID | None = None) -> bool:
    """Settle the round if nothing of it is open or undecided; its remaining steps are meaningless then.

    `came` is a report that counts from now on: what was consolidated without it is out of date, at every level above.
    """
    consolidated = await documents.lock_round(act.connection, round_id)
    if consolidated and came is not None:
        await differing.mark_above(act, round_id, came)
    if await repository.round_has_unsettled(act.connection, round_id):
        return False
    if await documents.mark_settled(act.connection, round_id, act.now):
        await escalation.skip_round(act.connection, round_id, act.now, "settled")
        act.agenda_changed(document_id)
        act.record("settle", "round", round_id)
    return True


def settle_at_last(act: Act, document_id: UUID, round_id: UUID, came: UUID | None = None) -> None:
    """Settle the round if complete, when all else is written: answers of one round wait for each other only then."""

    async def settle() -> None:
        await settle_if_complete(act, document_id, round_id, came)

    act.at_last(settle)
