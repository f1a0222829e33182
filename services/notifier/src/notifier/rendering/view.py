"""What a template sees of a notice: facts as phrases of one language, in Asia/Ho_Chi_Minh. Pure.

A due time is the first instant that is too late: local midnight is spoken as the end of the day before, any other
instant (rehearsals of minutes) with its time of day.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cascade_contracts.delivery import NoticeFacts, NoticeItem, NoticeRecipient
from cascade_contracts.vocabulary import Audience, RoundKind

from notifier.rendering.words import Language, joined, language, lower_first, short_name

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_HEADS: Final = frozenset({Audience.HEAD, Audience.SUPERIOR_HEAD, Audience.REVIEWER_HEAD})


@dataclass(frozen=True, slots=True)
class Due:
    """A due time: `on` stands alone (`Hết ngày …`), `by` after a verb (`chậm nhất hết ngày …`)."""

    on: str
    by: str
    short: str
    weekday: str
    whole_day: bool
    today: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One unit a notice is about."""

    unit: str
    days_late: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """When the ladder goes on, to whom; `same` = to the same audience again."""

    at: str
    audience: str
    same: bool


@dataclass(frozen=True, slots=True)
class View:
    """The one variable of a template, `n`."""

    language: str
    addressee: str
    to_head: bool
    to_superior: bool
    seat: str
    seat_unit: str
    issuer: str
    issuer_short: str
    basis: str
    document_title: str
    round_title: str
    thing: str
    act: str
    button: str
    acknowledging: bool
    due: Due | None
    as_of: str
    days_left: int | None
    days_late: int
    own: bool
    unit: str
    items: tuple[Item, ...]
    count: int
    more: int
    reminded: str
    reason: str
    next: NextStep | None
    folded: bool
    belated: bool
    rehearsal: bool
    link: str | None


def spoken_day(day: date) -> str:
    """Return `dd/mm/yyyy`."""
    return day.strftime("%d/%m/%Y")


def spoken_instant(at: datetime, code: str) -> str:
    """Return `HH:MM ngày dd/mm/yyyy` in local time."""
    local = at.astimezone(ZONE)
    return f"{local:%H:%M} {'on' if code == 'en' else 'ngày'} {spoken_day(local.date())}"


def spoken_due(facts: NoticeFacts, code: str, words: Language) -> Due | None:
    """Return how a due time is said, None when there is none."""
    english = code == "en"
    due_at = facts.due_at
    today = facts.as_of.astimezone(ZONE).date()
    if due_at is not None and (local := due_at.astimezone(ZONE)).time() != time():
        moment = spoken_instant(due_at, code)
        by = f"no later than {moment}" if english else f"chậm nhất {moment}"
        return Due(moment, by, moment, words.weekdays[local.weekday()], whole_day=False, today=local.date() == today)
    day = facts.due_on if due_at is None else due_at.astimezone(ZONE).date() - timedelta(days=1)
    if day is None:
        return None
    spoken = spoken_day(day)
    weekday = words.weekdays[day.weekday()]
    if english:
        return Due(f"End of {spoken}", f"by the end of {spoken}", spoken, weekday, whole_day=True, today=day == today)
    return Due(
        f"Hết ngày {spoken}", f"chậm nhất hết ngày {spoken}", spoken, weekday, whole_day=True, today=day == today
    )


def awaited(facts: NoticeFacts, words: Language) -> str:
    """Return what is awaited as a noun phrase inside a sentence: `báo cáo năm 2026 về …`."""
    noun = words.rounds[facts.round_kind].noun
    if facts.round_kind is RoundKind.ACKNOWLEDGE:
        return f"{noun} {facts.document_reference}".strip()
    title = lower_first(facts.round_title.strip())
    return title if title.startswith(noun) else f"{noun} “{facts.round_title.strip()}”"


def _basis(facts: NoticeFacts, code: str, words: Language) -> str:
    kind = words.documents.get(facts.document_kind, facts.document_kind)
    parts = [kind, facts.document_reference]
    if facts.issued_on is not None:
        parts += ["of" if code == "en" else "ngày", spoken_day(facts.issued_on)]
    return " ".join(part for part in parts if part)


def _addressee(recipient: NoticeRecipient, code: str, *, to_head: bool) -> str:
    if not to_head:
        return recipient.unit_name
    return f"{'The head of' if code == 'en' else 'Lãnh đạo'} {recipient.unit_name}"


def _next_step(facts: NoticeFacts, code: str, words: Language) -> NextStep | None:
    if facts.next_step_at is None or facts.next_audience in {None, Audience.NOBODY}:
        return None
    audience = facts.next_audience or Audience.NOBODY
    return NextStep(
        spoken_instant(facts.next_step_at, code), words.audiences[audience], same=audience is facts.audience
    )


def _late(facts: NoticeFacts, items: list[NoticeItem]) -> int:
    if facts.working_days_late is not None:
        return facts.working_days_late
    return max((item.working_days_late for item in items), default=0)


def build_view(recipient: NoticeRecipient, facts: NoticeFacts) -> View:
    """Return the view of one notice in the recipient's language."""
    code = "en" if recipient.language == "en" else "vi"
    words = language(code)
    items = facts.items
    count = max(facts.item_count, len(items))
    unit = items[0].unit_name if items else recipient.unit_name
    to_head = facts.audience in _HEADS
    return View(
        language=code,
        addressee=_addressee(recipient, code, to_head=to_head),
        to_head=to_head,
        to_superior=facts.audience in {Audience.SUPERIOR_CONTACT, Audience.SUPERIOR_HEAD},
        seat=recipient.seat_title,
        seat_unit=recipient.unit_name,
        issuer=facts.issuer_name,
        issuer_short=short_name(facts.issuer_name, words),
        basis=_basis(facts, code, words),
        document_title=facts.document_title,
        round_title=facts.round_title,
        thing=awaited(facts, words),
        act=words.rounds[facts.round_kind].act,
        button=words.rounds[facts.round_kind].button,
        acknowledging=facts.round_kind is RoundKind.ACKNOWLEDGE,
        due=spoken_due(facts, code, words),
        as_of=spoken_instant(facts.as_of, code),
        days_left=facts.working_days_left,
        days_late=_late(facts, items),
        own=count == 1 and unit == recipient.unit_name,
        unit=unit,
        items=tuple(Item(item.unit_name, item.working_days_late) for item in items),
        count=count,
        more=count - len(items),
        reminded=joined([f"{day:%d/%m}" for day in facts.reminded_on], words),
        reason=(facts.return_reason or "").strip(),
        next=_next_step(facts, code, words),
        folded=facts.announcement_folded,
        belated=facts.belated,
        rehearsal=facts.rehearsal,
        link=facts.link if facts.link and facts.link.startswith(("https://", "http://")) else None,
    )
