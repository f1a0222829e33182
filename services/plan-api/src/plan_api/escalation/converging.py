"""News of a reorganisation is told once to whom several of its notices have come: by substitution, or by heirs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import NewsKind, NoticeState
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.escalation import addressing
from plan_api.escalation.addressing import Addressed
from plan_api.read.news import alike
from plan_api.read.notices import notice_rows

TOLD_ALREADY = "told_already"


async def told_once(
    connection: AsyncConnection, batch: Row[Any], present: Mapping[UUID, Addressed], now: datetime
) -> dict[UUID, str | None]:
    """Return which notices one alike, to the same person, makes needless, with why.

    None: held until it is known what became of that one, for it may yet go to somebody else or to nobody.
    """
    if batch.kind != NewsKind.REORGANISED or not present:
        return {}
    pairs = await alike(connection, list(present))
    unknown = {row.earlier_id for row in pairs} - present.keys()
    rows = await notice_rows(connection, [batch.id], None, len(unknown), unknown) if unknown else []
    to = {**present, **await addressing.present(connection, {batch.id: batch}, rows, now)}
    found: dict[UUID, str | None] = {}
    for row in pairs:
        person, other = _person(to.get(row.id)), _person(to.get(row.earlier_id))
        if person is not None and person == other:
            heard = row.state != NoticeState.PENDING
            found[row.id] = TOLD_ALREADY if heard else found.get(row.id)
    return found


def _person(to: Addressed | None) -> bytes | UUID | None:
    """Return what tells persons apart: the e-mail address, else the holder."""
    if to is None or to.answerer is None:
        return None
    person: bytes | UUID = to.answerer.holder.email_index or to.answerer.holder_id
    return person
