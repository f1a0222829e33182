"""Mark what was consolidated as out of date when a report below changes, at every level above and at once.

A draft takes its round before it reads the reports; a change takes the round of every level before it asks whether that
was consolidated. So either the draft holds the change, or the change finds the draft and marks it.
"""

from datetime import datetime
from uuid import UUID

from cascade_contracts.ids import new_id
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import service as documents
from plan_api.obligations import out_of_date, repository
from plan_api.read import levels
from plan_api.requests import Act
from plan_api.services import Services


async def mark_above(act: Act, round_id: UUID, came: UUID, former: UUID | None = None) -> int:
    """Mark the round of a changed report (the caller has locked it) and all above it; return how many levels."""
    marked: list[UUID] = []
    above = [round_id] if await levels.is_consolidated(act.connection, round_id) else []
    while above:
        level = above.pop()
        marked.append(level)
        for up in await levels.sent_up(act.connection, level):
            await documents.lock_round(act.connection, up.round_id)
            if up.round_id not in marked and await levels.is_source(act.connection, up.round_id, up.submission_id):
                above.append(up.round_id)
    await repository.mark_different(
        act.connection,
        [
            {"id": new_id(), "round_id": level, "submission_id": came, "former_id": former, "marked_at": act.now}
            for level in marked
        ],
    )
    await out_of_date.tell(act.connection, act.services, marked, act.now)
    if marked:
        act.record("mark_different", "submission", came, rounds=[str(level) for level in marked])
    return len(marked)


async def after_draft(
    connection: AsyncConnection, services: Services, round_id: UUID, now: datetime, *, clear: bool
) -> None:
    """Take a round's marks off where a fresh draft stands for it, and take over those of the levels below.

    What a draft was made of may itself be out of date: then so is the draft.
    """
    if clear:
        await repository.clear_differences(connection, round_id, now, None)
    below = {row.submission_id: row.former_id for row in await levels.different_below(connection, round_id)}
    await repository.mark_different(
        connection,
        [
            {"id": new_id(), "round_id": round_id, "submission_id": came, "former_id": former, "marked_at": now}
            for came, former in below.items()
        ],
    )
    if below:
        await out_of_date.tell(connection, services, [round_id], now)
    elif clear:
        await out_of_date.withdraw(connection, round_id, now)
