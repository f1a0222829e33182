"""What a template sees of a news: parts with headings, each line as one phrase of one language. Pure."""

from dataclasses import dataclass
from typing import Final

from cascade_contracts.delivery import NewsFacts, NewsItem, NewsSection, NoticeRecipient
from cascade_contracts.vocabulary import NewsPart

from notifier.rendering.view import spoken_day, spoken_instant

_HEADINGS: Final = {
    "vi": {
        NewsPart.UNITS: "Nội dung sắp xếp",
        NewsPart.GAINED: "Nhiệm vụ đơn vị tiếp nhận, còn phải thực hiện",
        NewsPart.LOST: "Nhiệm vụ đơn vị không còn phải thực hiện",
        NewsPart.TO_DECIDE: "Việc đang chờ đơn vị duyệt",
        NewsPart.CHANGED: "Báo cáo đã thay đổi",
        NewsPart.LATE: "Đã quá hạn",
        NewsPart.OPEN: "Còn phải thực hiện",
        NewsPart.PROMISED: "Đã đề nghị hoặc được gia hạn",
        NewsPart.AWAITING_REVIEW: "Đã nộp, đang chờ duyệt",
    },
    "en": {
        NewsPart.UNITS: "What changes",
        NewsPart.GAINED: "What the unit takes over and still owes",
        NewsPart.LOST: "What the unit owes no more",
        NewsPart.TO_DECIDE: "What waits for the unit's decision",
        NewsPart.CHANGED: "Reports that changed",
        NewsPart.LATE: "Overdue",
        NewsPart.OPEN: "Still owed",
        NewsPart.PROMISED: "Later due times asked for or granted",
        NewsPart.AWAITING_REVIEW: "Handed in, awaiting review",
    },
}
_WHAT: Final = {
    "vi": {
        "ended": "kết thúc hoạt động",
        "created": "được thành lập",
        "renamed": "là tên mới của đơn vị",
        "moved": "chuyển về trực thuộc",
        "succeeded": "tiếp nhận nhiệm vụ của",
    },
    "en": {
        "ended": "ends",
        "created": "is established",
        "renamed": "is the unit's new name",
        "moved": "answers from now on to",
        "succeeded": "takes over from",
    },
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with the link that opens what it names."""

    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a heading; `more` were left out."""

    heading: str
    count: int
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True, slots=True)
class NewsView:
    """The one variable of a template, `n`."""

    language: str
    addressee: str
    seat: str
    seat_unit: str
    basis: str
    about: str
    effective_on: str
    as_of: str
    parts: tuple[Part, ...]
    rehearsal: bool
    link: str | None


def _web(link: str | None) -> str | None:
    return link if link and link.startswith(("https://", "http://")) else None


def _unit_said(item: NewsItem, code: str) -> str:
    whom = (", " if code == "en" else "; ").join(item.to)
    said = f"{item.unit_name} {_WHAT[code].get(item.what or '', item.what or '')}"
    if item.what == "ended":
        if not whom:
            return said
        return f"{said}; its work goes on to {whom}" if code == "en" else f"{said}; đơn vị kế thừa: {whom}"
    return f"{said} {whom}".strip()


def _said(item: NewsItem, code: str) -> str:
    """Return one line: what a unit becomes, or what is owed, of which document, by when, whose."""
    if item.what is not None:
        return _unit_said(item, code)
    english = code == "en"
    parts = [" – ".join(part for part in (item.thing, item.document) if part), item.unit_name]
    if item.due_on is not None:
        parts.append(f"{'due' if english else 'hạn'} {spoken_day(item.due_on)}")
    if item.promised_on is not None:
        parts.append(f"{'asked for' if english else 'xin đến'} {spoken_day(item.promised_on)}")
    if item.to:
        parts.append(f"{'now with' if english else 'chuyển đến'} {', '.join(item.to)}")
    said = ", ".join(part for part in parts if part)
    return f"{said}: {item.reason}" if item.reason else said


def _part(section: NewsSection, code: str) -> Part:
    lines = tuple(Line(_said(item, code), _web(item.link)) for item in section.items)
    count = max(section.count, len(lines))
    return Part(_HEADINGS[code][section.part], count, lines, count - len(lines))


def build_news_view(recipient: NoticeRecipient, facts: NewsFacts) -> NewsView:
    """Return the view of one news in the recipient's language."""
    code = "en" if recipient.language == "en" else "vi"
    return NewsView(
        language=code,
        addressee=recipient.unit_name,
        seat=recipient.seat_title,
        seat_unit=recipient.unit_name,
        basis=facts.basis,
        about=facts.about,
        effective_on=spoken_day(facts.effective_on) if facts.effective_on else "",
        as_of=spoken_instant(facts.as_of, code),
        parts=tuple(_part(section, code) for section in facts.sections),
        rehearsal=facts.rehearsal,
        link=_web(facts.link),
    )
