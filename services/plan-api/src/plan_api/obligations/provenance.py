"""Open a consolidated figure: the units, versions and persons behind it, for whoever may read the consolidation."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.obligations import repository
from plan_api.obligations.consolidation_schemas import ContributionOut, ProvenancePage
from plan_api.organizations import service as organizations
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.read import provenance as read
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date
from plan_api.services import Services


async def provenance(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    consolidation_id: UUID,
    field: str,
    *,
    leaves: bool,
    cursor: str | None,
    limit: int,
) -> ProvenancePage:
    """Return what a figure was made of; `leaves` goes down to what units wrote themselves.

    Raises:
        NotFound: there is no such consolidation, or the caller may not know of it.
        CursorInvalid: the cursor is none of ours.
    """
    row = await repository.consolidation(connection, consolidation_id)
    if row is None:
        raise NotFound(what="consolidation")
    await require(connection, caller, Verb.READ_PROGRESS, row.unit_id)
    rows = await read.provenance(
        connection, consolidation_id, field, leaves=leaves, after=_after(cursor), limit=limit + 1
    )
    page = rows[:limit]
    people = await _people(connection, services, page)
    last = page[-1] if len(rows) > limit else None
    return ProvenancePage(
        items=[
            ContributionOut.model_validate(dict(row._mapping) | {"person": people[row.submission_id]}) for row in page
        ],
        next=encode_cursor(last.name_sort, last.submission_id) if last else None,
    )


def _after(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    name, identifier = decode_cursor(cursor, 2)
    try:
        return name, UUID(identifier)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


async def _people(connection: AsyncConnection, services: Services, rows: Sequence[Row[Any]]) -> dict[UUID, str | None]:
    """Return who handed each report in: the account, or the seat and who held it on that day."""
    seats = await organizations.seat_cards(connection, {row.seat_id for row in rows if row.seat_id})
    people: dict[UUID, str | None] = {row.submission_id: row.account_name for row in rows}
    by_seat = [row for row in rows if row.seat_id in seats]
    for day in sorted({local_date(row.received_at) for row in by_seat}):
        on_day = [row for row in by_seat if local_date(row.received_at) == day]
        holders = await organizations.holders_of_seats(connection, services, {row.seat_id for row in on_day}, day)
        for row in on_day:
            names = [holder.name for holder in holders.get(row.seat_id, ()) if holder.name]
            people[row.submission_id] = ", ".join([seats[row.seat_id].title, *names[:1]])
    return people
