"""Read reorganisations: one whole, a page of them."""

from uuid import UUID

from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.reorganisations import repository
from plan_api.reorganisations.schemas import ReorganisationCard, ReorganisationPage, ReorganisationReport


async def one(connection: AsyncConnection, reorganisation_id: UUID) -> ReorganisationReport:
    """Return what a reorganisation changed.

    Raises:
        NotFound: there is no such reorganisation.
    """
    row = await repository.one(connection, reorganisation_id)
    if row is None:
        raise NotFound(what="reorganisation")
    return ReorganisationReport.of(row)


async def page(connection: AsyncConnection, cursor: str | None, limit: int) -> ReorganisationPage:
    """Return reorganisations, the newest first.

    Raises:
        CursorInvalid: the cursor is none of ours.
    """
    try:
        before = UUID(decode_cursor(cursor, 1)[0]) if cursor else None
    except ValueError:
        raise CursorInvalid(field="cursor") from None
    rows = await repository.page(connection, before, limit)
    items = [ReorganisationCard.model_validate(row, from_attributes=True) for row in rows]
    return ReorganisationPage(items=items, next_cursor=encode_cursor(rows[-1].id) if len(rows) == limit else None)
