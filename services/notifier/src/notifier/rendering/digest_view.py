"""What a template sees of a digest: notices by due time, each with what is needed to act on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cascade_contracts.delivery import AnyFacts, NewsFacts, NoticeRecipient

from notifier.rendering.news_view import build_news_view
from notifier.rendering.view import ZONE, build_view, spoken_day

DIGEST_VERSION: Final = 1
"""The version digests are composed by: unlike a notice's it is chosen when the message is sent."""

_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice of a digest; `heading` is the subject it would have by itself."""

    heading: str
    basis: str
    title: str
    due: str
    unit: str
    seat: str
    rehearsal: bool
    link: str | None
    button: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DigestView:
    """The one variable of the template, `n`; `seats`: whether entries have to say for which seat they are."""

    language: str
    day: str
    units: tuple[str, ...]
    seats: bool
    entries: tuple[Entry, ...]
    count: int
    rehearsal: bool


def digest_entry(recipient: NoticeRecipient, facts: AnyFacts, heading: str) -> Entry:
    """Return one notice's place in a digest."""
    english = recipient.language == "en"
    if isinstance(facts, NewsFacts):
        news = build_news_view(recipient, facts)
        return Entry(
            heading,
            news.basis,
            news.about,
            "",
            news.seat_unit,
            news.seat,
            news.rehearsal,
            news.link,
            "Open" if english else "Xem chi tiết",
            _LAST,
        )
    view = build_view(recipient, facts)
    return Entry(
        heading,
        view.basis,
        view.document_title,
        view.due.on if view.due else "",
        view.seat_unit,
        view.seat,
        view.rehearsal,
        view.link,
        view.button,
        facts.due_at or _LAST,
    )


def build_digest_view(entries: Sequence[Entry], language: str, at: datetime) -> DigestView:
    """Return the view of a digest in the language its notices are told in."""
    ordered = tuple(sorted(entries, key=lambda entry: entry.due_at))
    return DigestView(
        language="en" if language == "en" else "vi",
        day=spoken_day(at.astimezone(ZONE).date()),
        units=tuple(dict.fromkeys(entry.unit for entry in ordered)),
        seats=len({(entry.unit, entry.seat) for entry in ordered}) > 1,
        entries=ordered,
        count=len(ordered),
        rehearsal=all(entry.rehearsal for entry in ordered),
    )
