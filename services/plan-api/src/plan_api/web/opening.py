"""Open the page behind a link: the duty of the seat's own unit, or the round its unit watches. Reading only.

The database is asked in a read-only transaction, so that showing a page cannot change a fact.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from cascade_servicekit.problems import Refusal
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import LinkView, open_link, successors_said
from plan_api.calendar import service as calendar
from plan_api.forms import service as forms
from plan_api.read import link_page
from plan_api.read.heirs import ended
from plan_api.requests import reachable_database
from plan_api.rules.calendar import local_date
from plan_api.rules.vietnamese import format_date
from plan_api.services import Services
from plan_api.tokens import token_hash
from plan_api.web.duty import Duty
from plan_api.web.errors import LinkEnded, LinkOfEndedUnit, LinkUnknown
from plan_api.web.overview import Watch


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that counts and what it leads to."""

    link: LinkView
    leads_to: Duty | Watch


@asynccontextmanager
async def reading(services: Services) -> AsyncIterator[AsyncConnection]:
    """Yield a connection on which nothing can be written."""
    async with reachable_database(), services.engine.connect() as connection:
        yield await connection.execution_options(postgresql_readonly=True)


async def _why_not(connection: AsyncConnection, token: str, now: datetime) -> Refusal:
    unit_id = await link_page.unit_of_link(connection, token_hash(token))
    if unit_id is None:
        return LinkUnknown()
    unit = await ended(connection, unit_id, local_date(now))
    if unit is None:
        return LinkEnded()
    vi, en = successors_said(unit)
    return LinkOfEndedUnit(unit=unit.name, on=format_date(unit.on), vi=vi, en=en)


async def opened(connection: AsyncConnection, services: Services, token: str, path: str) -> Opened:
    """Return what a token leads to, as of now.

    A link about another unit's obligation, or about several, leads to the overview of their round.

    Raises:
        LinkUnknown, LinkEnded, LinkOfEndedUnit: nothing is shown.
    """
    now = services.clock.now()
    link = await open_link(connection, services, token, now)
    if link is None:
        raise await _why_not(connection, token, now)
    days = await calendar.work_calendar(connection, services)
    found = None if link.obligation_id is None else await link_page.owed(connection, link.obligation_id, now)
    if found is not None and found[1].unit_id == link.unit_id:
        subject, owed = found
        versions = await link_page.versions(connection, owed.id)
        form, filled = None, {}
        if subject.form_id is not None:
            form = await forms.form_by_id(connection, services, subject.form_id)
            filled = await link_page.filled(connection, owed.id)
        return Opened(link, Duty.of(path, link.seat_title, subject, owed, versions, now, days, form, filled))
    round_id = found[0].round_id if found is not None else link.round_id
    watched = None if round_id is None else await link_page.subject(connection, round_id)
    if watched is None:
        raise LinkUnknown
    units = await link_page.watched(connection, watched.round_id, link.unit_id)
    return Opened(link, Watch(watched, units, now, days))
