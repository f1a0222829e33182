"""The page behind a link: GET shows and never changes anything, POST acts once and leads back to the page.

Who holds the link acts for its seat; nothing else is asked. The token is in the address only: it is never kept,
logged or given to another origin.
"""

from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from cascade_servicekit.problems import Refusal
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.types import Message, Receive, Scope, Send

from plan_api.forms.errors import FormNotFilled
from plan_api.integration.answers import Key
from plan_api.obligations import by_sheet
from plan_api.organizations.errors import HoursNotPossible
from plan_api.requests import Act, Answer, ServicesOf, act_with_key
from plan_api.web import hours, static_files, zalo
from plan_api.web.duty import Duty
from plan_api.web.errors import LinkUnknown, PageTooLarge
from plan_api.web.forms import Mistake, read_form
from plan_api.web.opening import Opened, opened, reading
from plan_api.web.overview import overview
from plan_api.web.rendering import download, refused, see_other
from plan_api.web.report_form import PREFIX
from plan_api.web.words import Words, words_of
from plan_api.web.works import FORMS, WORKS

_READING: Final = ["GET", "HEAD"]
_SHOWN_AGAIN: Final = frozenset({413, 415, 422})
_OWN_WORDS: Final = {
    "conflict": "changed",
    "extension_not_possible": "extension_impossible",
    "idempotency_key_reused": "sent_before",
    "obligation_wrong_state": "changed",
    "signed_file_required": "need_signed",
    "wrong_answer": "changed",
}
"""Refusals of the services that the pages word for a person rather than for a program, by code."""

_LOST_RACES: Final = frozenset({"40P01", "40001"})
"""SQLSTATEs of deadlocks and failed serialisation: nothing was written, another try will do."""

_DRAINED: Final = 8
"""How many times the accepted size of a body is still read before the connection is given up."""


class _Conflict(Refusal):
    code, status = "conflict", 409
    title = ("Tình trạng vừa thay đổi", "Things have just changed")


def _words(request: Request) -> Words:
    return words_of(request.query_params.get("lang"))


def _page_of(scope: Scope) -> str | None:
    """Return the address of the link's page that a request lies below."""
    parts = str(scope["path"]).split("/")
    return f"/l/{parts[2]}" if len(parts) > 2 and parts[1] == "l" else None


def _refusal_text(refusal: Refusal, words: Words) -> str:
    text = _OWN_WORDS.get(refusal.code)
    return words(text) if text else refusal.detail(words.language)


def _refused(request: Request, refusal: Refusal) -> Response:
    words = _words(request)
    back = _page_of(request.scope) if refusal.status not in {404, 410} else None
    return refused(refusal, words, back, _refusal_text(refusal, words))


class PageRoute(APIRoute):
    """A route whose refusals are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, its refusals caught."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                return _refused(request, refusal)
            except DBAPIError as error:
                if not isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", None) not in _LOST_RACES:
                    raise
                return _refused(request, _Conflict())

        return answer


router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.api_route("/static/{version}/{name:path}", methods=_READING)
async def static(version: str, name: str) -> Response:
    """Return a style sheet, a font or a licence."""
    return static_files.answer(version, name)


async def _open(services: ServicesOf, token: str) -> Opened:
    async with reading(services) as connection:
        return await opened(connection, services, token, f"/l/{token}")


async def _open_duty(services: ServicesOf, token: str) -> tuple[Opened, Duty]:
    found = await _open(services, token)
    if not isinstance(found.leads_to, Duty):
        raise LinkUnknown
    return found, found.leads_to


@router.api_route("/l/{token}", methods=_READING)
async def show(request: Request, services: ServicesOf, token: str) -> Response:
    """Show what the link is about. Nothing is recorded: scanners and previews open links, too."""
    words, path = _words(request), f"/l/{token}"
    found = await _open(services, token)
    if isinstance(found.leads_to, Duty):
        return found.leads_to.page(
            "duty.html",
            words,
            zalo_offered=zalo.offered(services, found.link),
            hours_offered=found.link.holder_id is not None,
        )
    return overview(found.leads_to, found.link.seat_title, path, words)


@router.api_route("/l/{token}/form.xlsx", methods=_READING)
async def workbook(services: ServicesOf, token: str) -> Response:
    """Return the workbook of the duty's form, with what was handed in before; nothing is recorded."""
    found, duty = await _open_duty(services, token)
    if duty.form is None:
        raise LinkUnknown
    async with reading(services) as connection:
        made = await by_sheet.template(connection, services, found.link.caller, duty.owed.id)
    return download(made.content, made.name)


@router.api_route("/l/{token}/zalo", methods=_READING)
async def zalo_code(request: Request, services: ServicesOf, token: str) -> Response:
    """Show the code that links the person's Zalo, if one was made; nothing is recorded."""
    found = await _open(services, token)
    async with reading(services) as connection:
        page = await zalo.zalo_page(connection, services, found.link, services.clock.now())
    return page.shown(_words(request), f"/l/{token}")


@router.post("/l/{token}/zalo")
async def make_zalo_code(request: Request, services: ServicesOf, token: str) -> Response:
    """Make a code, the former one ends, and lead to the page that shows it."""
    found = await _open(services, token)
    await zalo.make_code(services, found.link)
    return see_other(f"/l/{token}/zalo", _words(request))


@router.api_route("/l/{token}/hours", methods=_READING)
async def hours_page(request: Request, services: ServicesOf, token: str) -> Response:
    """Show when and how the person wants to be written to; nothing is recorded."""
    found = await _open(services, token)
    async with reading(services) as connection:
        prefers = await hours.chosen(connection, found.link)
    return hours.shown(prefers, _words(request), f"/l/{token}")


@router.post("/l/{token}/hours")
async def keep_hours(request: Request, services: ServicesOf, token: str) -> Response:
    """Keep what the person has chosen; repeating it changes nothing more."""
    words, path = _words(request), f"/l/{token}"
    found = await _open(services, token)
    async with reading(services) as connection:
        prefers = await hours.chosen(connection, found.link)
    try:
        prefers = hours.read((await read_form(request)).fields)
        await hours.keep(services, found.link, prefers)
    except Mistake as mistake:
        return hours.shown(prefers, words, path, _said(mistake, words), 422)
    except HoursNotPossible as refusal:
        return hours.shown(prefers, words, path, _refusal_text(refusal, words), 422)
    return see_other(f"{path}/hours", words)


@router.api_route("/l/{token}/unsubscribe", methods=_READING)
async def unsubscribing(request: Request, services: ServicesOf, token: str) -> Response:
    """Lead to the page where the person chooses; opening the address ends nothing."""
    await _open(services, token)
    return see_other(f"/l/{token}/hours", _words(request))


@router.post("/l/{token}/unsubscribe")
async def unsubscribe(request: Request, services: ServicesOf, token: str) -> Response:
    """End the digest by one POST, answered without a redirect (RFC 8058): the same notices come one by one again."""
    found = await _open(services, token)
    async with reading(services) as connection:
        prefers = await hours.chosen(connection, found.link)
    single = prefers.model_copy(update={"digest": False})
    await hours.keep(services, found.link, single)
    return hours.shown(single, _words(request), f"/l/{token}")


@router.api_route("/l/{token}/{action}", methods=_READING)
async def form(request: Request, services: ServicesOf, token: str, action: str) -> Response:
    """Show a form; one that is not possible (any more) leads to the page that says why."""
    words = _words(request)
    _, duty = await _open_duty(services, token)
    if action not in FORMS or action not in duty.can:
        return see_other(duty.path, words)
    return duty.page(FORMS[action], words, limit=services.settings.max_body_bytes)


@router.post("/l/{token}/{action}")
async def act(request: Request, services: ServicesOf, token: str, action: str) -> Response:
    """Act once for a form, however often it is sent, and lead to the page that shows what came of it."""
    words = _words(request)
    if action not in WORKS:
        raise LinkUnknown
    found, duty = await _open_duty(services, token)
    filled = await read_form(request)

    def again(status: int, mistake: str, faults: Mapping[str, str] = MappingProxyType({})) -> Response:
        """Show the form again as it was filled in; nothing was recorded, so its nonce still stands."""
        return duty.page(
            FORMS[action],
            words,
            status=status,
            nonce=filled.nonce,
            mistake=mistake,
            given=filled.fields,
            faults=faults,
            had_files=bool(filled.uploads),
            limit=services.settings.max_body_bytes,
        )

    try:
        work = WORKS[action](duty, filled)

        async def carry_out(doing: Act) -> Answer:
            return Answer(await work(doing), 201)

        kept = Key(found.link.id, f"POST /l/{action}", filled.nonce, filled.digest)
        await act_with_key(services, found.link.caller, kept, carry_out)
    except Mistake as mistake:
        return again(422, _said(mistake, words))
    except FormNotFilled as refused:
        said = {
            fault.field.replace("values.", PREFIX, 1): fault.en if words.language == "en" else fault.vi
            for fault in refused.faults
        }
        return again(refused.status, words("form_mistakes", n=len(refused.faults)), said)
    except Refusal as refusal:
        if refusal.status not in _SHOWN_AGAIN or action not in FORMS:
            raise
        return again(refusal.status, _refusal_text(refusal, words))
    return see_other(duty.path, words)


def _said(mistake: Mistake, words: Words) -> str:
    values = {name: words.day(value) if isinstance(value, date) else value for name, value in mistake.values.items()}
    if mistake.field is not None:
        values["field"] = words(mistake.field)
    return words(mistake.text, **values)


async def refuse_large(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    """Answer a form whose files are too large with a page.

    The body is read and thrown away first: a browser that is still sending shows no answer at all.
    """
    read, more = 0, True
    while more and read <= limit * _DRAINED:
        message: Message = await receive()
        read += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    request = Request(scope)
    words = _words(request)
    refusal = PageTooLarge(size=words.size(limit), headers={} if not more else {"connection": "close"})
    await refused(refusal, words, _page_of(scope))(scope, receive, send)
