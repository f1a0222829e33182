"""Pages as responses: templates without script, and headers that keep a link's token to itself.

Every answer forbids caching, referrers, framing, indexing and anything not of this origin.
"""

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cascade_servicekit.problems import Refusal
from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plan_api.web import static_files
from plan_api.web.words import Words

HEADERS: Final = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
)
"""On every page and every redirect; the tests compare."""


_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_files.address
    return environment


def render(template: str, words: Words, status: int = 200, **values: object) -> Response:
    """Return a page."""
    text = _templates().get_template(template).render(t=words, **values)
    headers = {**HEADERS, "Content-Language": words.language}
    return Response(text, status_code=status, headers=headers, media_type="text/html")


def download(content: bytes, name: str) -> Response:
    """Return a workbook to be saved under an ASCII name."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type=_WORKBOOK)


def see_other(path: str, words: Words) -> Response:
    """Return a redirect to a page of the same language."""
    return Response(status_code=303, headers={**HEADERS, "Location": f"{path}{words.query}"})


def refused(refusal: Refusal, words: Words, back: str | None, text: str | None = None) -> Response:
    """Return a refusal as a page that says what to do; `text` stands for the refusal's own words where given."""
    answer = render(
        "message.html",
        words,
        refusal.status,
        title=refusal.title[words.language == "en"],
        text=text or refusal.detail(words.language),
        back=back,
    )
    answer.headers.update(refusal.headers)
    return answer
