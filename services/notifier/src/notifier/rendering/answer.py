"""What an answer to a reply says: the receipt, or why nothing was taken in and what to do."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cascade_contracts.delivery import AnyFacts, NewsFacts, NoticeRecipient
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from notifier.rendering.renderer import TEMPLATES, Rendered, tidy
from notifier.rendering.view import build_view, spoken_instant

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The one variable of the templates, `n`; `thing` is empty where the sender is not shown what it is about."""

    verdict: str
    addressee: str
    seat: str
    seat_unit: str
    thing: str
    basis: str
    number: str
    received_at: str
    on_time: bool | None
    under_review: bool
    files: tuple[str, ...]
    detail: str
    faults: tuple[str, ...]
    rehearsal: bool

    @property
    def taken(self) -> bool:
        """Whether the report came in."""
        return self.verdict == "taken"

    @property
    def stranger(self) -> bool:
        """Whether the sender is not whom the notice was sent to."""
        return self.verdict == "not_the_recipient"


class AnswerRenderer:
    """The templates of answers, in both languages."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )

    def render(self, verdict: str, said: dict[str, Any], recipient: NoticeRecipient, facts: AnyFacts) -> Rendered:
        """Return the texts of an answer in the language of the notice."""
        folder = f"_answer/v{VERSION}" + ("/en" if recipient.language == "en" else "")
        view = answer_view(verdict, said, recipient, facts)
        subject, text, html = (
            self._environment.get_template(f"{folder}/{name}").render(n=view)
            for name in ("subject.txt", "body.txt", "body.html")
        )
        return Rendered(" ".join(subject.split()), tidy(text), html)


def answer_view(verdict: str, said: dict[str, Any], recipient: NoticeRecipient, facts: AnyFacts) -> AnswerView:
    """Return what an answer says; of a notice somebody else got, nothing but that it was another's."""
    receipt = said.get("receipt") or {}
    stranger = verdict == "not_the_recipient"
    thing = basis = ""
    if isinstance(facts, NewsFacts):
        basis = facts.basis
    elif not stranger:
        view = build_view(recipient, facts)
        thing, basis = view.thing, view.basis
    received_at = receipt.get("received_at")
    return AnswerView(
        verdict=verdict,
        addressee="" if stranger else recipient.unit_name,
        seat=recipient.seat_title,
        seat_unit=recipient.unit_name,
        thing=thing,
        basis="" if stranger else basis,
        number=receipt.get("number", ""),
        received_at=spoken_instant(datetime.fromisoformat(received_at), recipient.language) if received_at else "",
        on_time=receipt.get("on_time"),
        under_review=receipt.get("state") == "submitted",
        files=tuple(said.get("files") or ()),
        detail=said.get("detail", ""),
        faults=tuple(said.get("faults") or ()),
        rehearsal=facts.rehearsal,
    )
