"""The page where the person behind a link gets a code for their Zalo; GET shows, only the button makes a code."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import LinkView
from plan_api.organizations import zalo
from plan_api.organizations.schemas import ZaloCodeView
from plan_api.requests import Act, Answer, act
from plan_api.services import Services
from plan_api.web.errors import LinkUnknown
from plan_api.web.rendering import render
from plan_api.web.words import Words


class Made(BaseModel):
    """A code was made; the page shows it."""


@dataclass(frozen=True, slots=True)
class ZaloPage:
    """How a person's Zalo stands: the code that is good now, if any, and since when it is linked."""

    account_url: str
    code: ZaloCodeView | None
    linked_at: datetime | None

    def shown(self, words: Words, path: str) -> Response:
        """Return the page."""
        return render("zalo.html", words, zalo=self, path=path, here=f"{path}/zalo")


def offered(services: Services, link: LinkView) -> bool:
    """Return whether the person behind a link can link Zalo: there is an account, and the link is a person's."""
    return bool(services.settings.zalo_account_url) and link.holder_id is not None


async def zalo_page(connection: AsyncConnection, services: Services, link: LinkView, now: datetime) -> ZaloPage:
    """Return how it stands for the person behind a link.

    Raises:
        LinkUnknown: nothing is offered.
    """
    if link.holder_id is None or not offered(services, link):
        raise LinkUnknown
    code = await zalo.shown_code(connection, services, link.holder_id, now)
    since = await zalo.linked_since(connection, link.holder_id)
    return ZaloPage(services.settings.zalo_account_url, code, since)


async def make_code(services: Services, link: LinkView) -> None:
    """Make a code for the person behind a link; the former one ends.

    Raises:
        LinkUnknown: nothing is offered.
    """
    holder_id = link.holder_id
    if holder_id is None or not offered(services, link):
        raise LinkUnknown

    async def make(doing: Act) -> Answer:
        await zalo.issue_for(doing, holder_id)
        return Answer(Made())

    await act(services, link.caller, make)
