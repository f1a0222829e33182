"""Read obligations: a page of them, or one with everything that happened to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import allows
from plan_api.calendar import service as calendar
from plan_api.documents.reading import reference
from plan_api.obligations.schemas import (
    CallOut,
    ExtensionOut,
    ObligationDetail,
    ObligationPage,
    StepOut,
    SubmissionOut,
)
from plan_api.organizations import service as organizations
from plan_api.paging import decode_cursor, encode_cursor
from plan_api.read import obligations as read
from plan_api.read.heirs import forebears_of
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.policies import STANDARD_POLICY
from plan_api.rules.timeliness import classify, due_soon_from
from plan_api.services import Services


def _card(row: Row[Any], days: WorkCalendar, at: datetime) -> dict[str, Any]:
    soon = None if row.due_at is None else due_soon_from(row.due_at, STANDARD_POLICY.due_soon, days)
    timeliness = classify(
        ObligationState(row.state), row.due_at, row.handed_in_at, at, soon, kept_until=row.hand_in_kept_until
    )
    return dict(row._mapping) | {
        "timeliness": timeliness,
        "document_reference": reference(row.number, row.notation),
    }


async def page(
    connection: AsyncConnection,
    services: Services,
    filters: read.Filters,
    cursor: str | None,
    limit: int,
) -> ObligationPage:
    """Return obligations owed by or decided by units the caller stands over, by due time."""
    after = None
    if cursor is not None:
        due_order, identifier = decode_cursor(cursor, 2)
        after = (datetime.fromisoformat(due_order), UUID(identifier))
    rows = await read.page(connection, filters, after, limit)
    days = await calendar.work_calendar(connection, services)
    now = services.clock.now()
    last = rows[-1] if len(rows) == limit else None
    return ObligationPage.model_validate(
        {
            "items": [_card(row, days, now) for row in rows],
            "next": encode_cursor(last.due_order.isoformat(), last.id) if last else None,
        }
    )


async def visible_units(connection: AsyncConnection, caller: Caller) -> set[UUID] | None:
    """Return the units whose obligations a caller may list; None means all."""
    return None if caller.unit_id is None else await organizations.subtree(connection, caller.unit_id)


async def speaking_for(connection: AsyncConnection, units: set[UUID] | None) -> set[UUID] | None:
    """Return units with the ended ones they speak for by now; None stays all."""
    return None if units is None else await forebears_of(connection, units)


async def whole(
    connection: AsyncConnection, services: Services, caller: Caller, obligation_id: UUID
) -> ObligationDetail:
    """Return one obligation with its submissions, steps and extensions.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    row = await read.one(connection, obligation_id)
    if row is None:
        raise NotFound(what="obligation")
    receiving = await read.receivers(connection, obligation_id)
    concerned = (row.unit_id, row.deciding_unit_id)
    if not any([await allows(connection, caller, Verb.READ_PROGRESS, unit_id) for unit_id in concerned]):
        received = await speaking_for(connection, await visible_units(connection, caller)) or set()
        if received.isdisjoint(receiving):
            raise NotFound(what="obligation")
    ladders = [ladder for ladder in (row.ladder_id, row.review_ladder_id) if ladder is not None]
    days = await calendar.work_calendar(connection, services)
    return ObligationDetail.model_validate(
        _card(row, days, services.clock.now())
        | {
            "receivers": receiving,
            "submissions": [
                SubmissionOut.model_validate(item) for item in await read.submissions(connection, obligation_id)
            ],
            "steps": [StepOut.model_validate(item) for item in await read.steps(connection, obligation_id, ladders)],
            "calls": [CallOut.model_validate(item) for item in await read.calls(connection, obligation_id)],
            "extensions": [
                ExtensionOut.model_validate(item) for item in await read.extensions(connection, obligation_id)
            ],
        }
    )
