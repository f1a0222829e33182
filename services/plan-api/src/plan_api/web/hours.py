"""The page where the person behind a link chooses when and how to be written to; GET shows, only the button changes."""

from collections.abc import Mapping
from datetime import time

from fastapi import Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import LinkView
from plan_api.organizations import editing
from plan_api.organizations.schemas import Preferred
from plan_api.requests import Act, Answer, act
from plan_api.services import Services
from plan_api.web.errors import LinkUnknown
from plan_api.web.forms import Mistake, new_nonce
from plan_api.web.rendering import render
from plan_api.web.words import Words

_CHOICES = {"yes": True, "no": False}


class Kept(BaseModel):
    """What was chosen is kept; the page shows it."""


async def chosen(connection: AsyncConnection, link: LinkView) -> Preferred:
    """Return what the person behind a link prefers.

    Raises:
        LinkUnknown: the link is nobody's in person.
    """
    found = None if link.holder_id is None else await editing.preferred(connection, link.holder_id)
    if found is None:
        raise LinkUnknown
    return found


def shown(prefers: Preferred, words: Words, path: str, mistake: str = "", status: int = 200) -> Response:
    """Return the page, with what was wrong if anything was."""
    return render(
        "hours.html",
        words,
        status,
        prefers=prefers,
        path=path,
        here=f"{path}/hours",
        mistake=mistake,
        nonce=new_nonce(),
    )


def read(fields: Mapping[str, str]) -> Preferred:
    """Return what the form says; what is left open is as the policy says.

    Raises:
        Mistake: an hour is none.
    """
    hours: dict[str, time | None] = {}
    for name in ("digest_at", "quiet_from", "quiet_until"):
        try:
            hours[name] = time.fromisoformat(fields[name]) if name in fields else None
        except ValueError:
            raise Mistake("hours_unreadable") from None
    return Preferred(
        digest=_CHOICES.get(fields.get("digest", "")),
        language="en" if fields.get("language") == "en" else "vi",
        **hours,
    )


async def keep(services: Services, link: LinkView, given: Preferred) -> None:
    """Keep what the person behind a link has chosen.

    Raises:
        LinkUnknown: the link is nobody's in person.
        HoursNotPossible: it would keep notices of duty away.
    """
    holder_id = link.holder_id
    if holder_id is None:
        raise LinkUnknown

    async def prefer(doing: Act) -> Answer:
        await editing.prefer(doing, holder_id, given)
        return Answer(Kept())

    await act(services, link.caller, prefer)
