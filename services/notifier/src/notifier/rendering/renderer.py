"""Renders notices from versioned templates, each compiled once.

A batch keeps the version that was the newest when it was taken over: a version, once released, is never edited, the
next one is added beside it. HTML is autoescaped, a missing variable is an error.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cascade_contracts.delivery import AnyFacts, NewsFacts, NoticeRecipient
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape

from notifier.rendering.digest_view import DIGEST_VERSION, build_digest_view, digest_entry
from notifier.rendering.news_view import build_news_view
from notifier.rendering.view import build_view

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def tidy(text: str) -> str:
    """Return a rendered text with single blank lines and one line end at its end."""
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice's texts."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Told:
    """A notice of a digest: what it says, to whom, by which template."""

    template: str
    version: int
    recipient: NoticeRecipient
    facts: AnyFacts


class Renderer:
    """The templates of one folder; safe to share, holds no state but compiled templates."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self._newest = {
            entry.name: max(int(version.name[1:]) for version in entry.glob("v[0-9]*"))
            for entry in folder.iterdir()
            if entry.is_dir() and not entry.name.startswith("_")
        }
        self._compiled: dict[tuple[str, int, str], tuple[Template, Template, Template]] = {}

    @property
    def ids(self) -> frozenset[str]:
        """The templates there are."""
        return frozenset(self._newest)

    def newest(self, template: str) -> int:
        """Return the newest version of a template.

        Raises:
            KeyError: there is no such template.
        """
        return self._newest[template]

    def render(self, template: str, version: int, recipient: NoticeRecipient, facts: AnyFacts) -> Rendered:
        """Return the texts of one notice in its recipient's language.

        Raises:
            jinja2.TemplateError: the template is missing or uses what the facts do not hold.
        """
        view = build_news_view(recipient, facts) if isinstance(facts, NewsFacts) else build_view(recipient, facts)
        subject, body, html = self._templates(template, version, view.language)
        return Rendered(
            " ".join(subject.render(n=view).split()),
            tidy(body.render(n=view)),
            html.render(n=view),
        )

    def render_digest(self, told: Sequence[Told], at: datetime) -> Rendered:
        """Return the texts of one message that lists notices, each under the subject it would have by itself.

        Raises:
            jinja2.TemplateError: a template is missing or uses what the facts do not hold.
        """
        subjects = [self.render(each.template, each.version, each.recipient, each.facts).subject for each in told]
        entries = [digest_entry(each.recipient, each.facts, said) for each, said in zip(told, subjects, strict=True)]
        view = build_digest_view(entries, told[0].recipient.language, at)
        subject, body, html = self._templates("_digest", DIGEST_VERSION, view.language)
        return Rendered(
            " ".join(subject.render(n=view).split()),
            _BLANK_LINES.sub("\n\n", body.render(n=view)).strip() + "\n",
            html.render(n=view),
        )

    def _templates(self, template: str, version: int, language: str) -> tuple[Template, Template, Template]:
        key = (template, version, language)
        if key not in self._compiled:
            folder = f"{template}/v{version}" + ("/en" if language == "en" else "")
            subject, body, html = (
                self._environment.get_template(f"{folder}/{name}") for name in ("subject.txt", "body.txt", "body.html")
            )
            self._compiled[key] = subject, body, html
        return self._compiled[key]
