"""Facts as short phrases for channels whose wordings are approved elsewhere: in Vietnamese, as those are. Pure."""

from typing import Final

from cascade_contracts.delivery import AnyFacts, NewsFacts, NoticeFacts, NoticeRecipient

from notifier.rendering.news_view import build_news_view
from notifier.rendering.view import ZONE, View, build_view
from notifier.rendering.words import VIETNAMESE

_LINKS: Final = "/l/"
_NO_DUE: Final = "Không đặt hạn"
_NO_NEXT: Final = "Không có"
_REHEARSAL: Final = "(diễn tập) "


def phrases_of(recipient: NoticeRecipient, facts: AnyFacts) -> dict[str, str]:
    """Return the phrases of one notice by name; what is not known is empty. `link` is the part after `/l/`."""
    spoken = recipient.model_copy(update={"language": "vi"})
    if isinstance(facts, NewsFacts):
        return _news(spoken, facts)
    return _notice(build_view(spoken, facts), facts)


def _link(link: str | None) -> str:
    return (link or "").partition(_LINKS)[2]


def _moment(facts: AnyFacts) -> str:
    return facts.as_of.astimezone(ZONE).strftime("%H:%M %d/%m/%Y")


def _owing(view: View) -> str:
    if view.own:
        return "đơn vị"
    return view.unit if view.count == 1 else f"{view.count} đơn vị"


def _standing(view: View) -> str:
    if view.days_late:
        return f"Quá hạn {view.days_late} ngày làm việc"
    if view.days_left:
        return f"Còn {view.days_left} ngày làm việc"
    return "Đến hạn hôm nay" if view.due and view.due.today else "Chưa hoàn thành"


def _due(view: View) -> str:
    if view.due is None:
        return _NO_DUE
    return view.due.on if view.due.whole_day else view.due.short


def _next(view: View, facts: NoticeFacts) -> str:
    if view.next is None or facts.next_audience is None:
        return _NO_NEXT
    return f"{view.next.at}, gửi {VIETNAMESE.audiences[facts.next_audience]}"


def _notice(view: View, facts: NoticeFacts) -> dict[str, str]:
    rehearsal = _REHEARSAL if facts.rehearsal else ""
    return {
        "addressee": view.addressee,
        "seat": view.seat,
        "issuer": view.issuer,
        "thing": rehearsal + view.thing,
        "owing": _owing(view),
        "due": _due(view),
        "standing": _standing(view),
        "basis": view.basis,
        "next": _next(view, facts),
        "reason": view.reason,
        "as_of": _moment(facts),
        "link": _link(view.link),
    }


def _news(recipient: NoticeRecipient, facts: NewsFacts) -> dict[str, str]:
    view = build_news_view(recipient, facts)
    rehearsal = _REHEARSAL if facts.rehearsal else ""
    return {
        "addressee": view.addressee,
        "seat": view.seat,
        "basis": rehearsal + view.basis,
        "about": view.about,
        "effective": view.effective_on,
        "as_of": _moment(facts),
        "link": _link(view.link),
    }
