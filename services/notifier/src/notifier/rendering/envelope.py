"""What stands around a notice's text: who writes, what it belongs to, which due times go into a calendar. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Final, Protocol

from cascade_contracts.delivery import AnyFacts, NewsFacts, NoticeFacts, NoticeItem, NoticeRecipient
from cascade_contracts.vocabulary import Audience

from notifier.channels.base import CalendarEntry
from notifier.rendering.view import ZONE, build_view

MOST_ENTRIES: Final = 20
_REVIEWERS: Final = frozenset({Audience.REVIEWER_CONTACT, Audience.REVIEWER_HEAD})
_EPOCH: Final = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
_LONGEST_NAME: Final = 120


class Signer(Protocol):
    """Signs ids; `notifier.keys.Keyring` does."""

    def sign(self, purpose: str, *parts: bytes, length: int = 20) -> str:
        """Return a hexadecimal signature."""
        ...


def sender_name(facts: AnyFacts) -> str:
    """Return who writes: the issuing office and its document; nothing for news, which the installation itself tells."""
    if isinstance(facts, NewsFacts):
        return ""
    name = " ".join(facts.issuer_name.split())
    about = f" ({facts.document_reference})" if facts.document_reference else ""
    room = _LONGEST_NAME - len(about)
    return (name if len(name) <= room else name[: room - 1].rstrip() + "…") + about


def threads(signer: Signer, facts: AnyFacts) -> tuple[str, ...]:
    """Return what a notice belongs to, signatures of the document and, if it is about one only, the obligation."""
    if isinstance(facts, NewsFacts):
        return ()
    ids = [] if facts.document_id is None else [facts.document_id]
    if len(facts.items) == 1 and facts.item_count == 1:
        ids.append(facts.items[0].obligation_id)
    return tuple(signer.sign("thread", each.bytes, length=40) for each in ids)


def entries(recipient: NoticeRecipient, facts: AnyFacts) -> tuple[CalendarEntry, ...]:
    """Return the due times still to come that a notice speaks of, at most 20, one for each obligation.

    The sequence is the second its facts are of, so that what was said later holds, whatever arrives first.
    """
    if isinstance(facts, NewsFacts) or facts.audience in _REVIEWERS:
        return ()
    return tuple(_entries(recipient, facts))[:MOST_ENTRIES]


def unsubscribing(told: Sequence[AnyFacts]) -> str:
    """Return the address that ends the digest by one POST, below a link of the person's own; none without https."""
    links = (facts.link for facts in told if facts.link and facts.link.startswith("https://"))
    return next((f"{link}/unsubscribe" for link in links), "")


def all_entries(told: Sequence[tuple[NoticeRecipient, AnyFacts]]) -> tuple[CalendarEntry, ...]:
    """Return the due times several notices speak of, at most 20, each obligation once as said last."""
    latest: dict[str, CalendarEntry] = {}
    for recipient, facts in told:
        for entry in entries(recipient, facts):
            if entry.uid not in latest or latest[entry.uid].sequence < entry.sequence:
                latest[entry.uid] = entry
    return tuple(latest.values())[:MOST_ENTRIES]


def _entries(recipient: NoticeRecipient, facts: NoticeFacts) -> Iterator[CalendarEntry]:
    view = build_view(recipient, facts)
    english = view.language == "en"
    for item in facts.items:
        due_at = item.due_at or facts.due_at
        if due_at is None or due_at <= facts.as_of:
            continue
        local = due_at.astimezone(ZONE)
        whole = local.time() == time()
        mark = "" if not facts.rehearsal else "[Rehearsal] " if english else "[Diễn tập] "
        yield CalendarEntry(
            uid=item.obligation_id.hex,
            sequence=max(int((facts.as_of - _EPOCH).total_seconds()), 0),
            summary=f"{mark}{'Due' if english else 'Hạn'}: {view.thing}{_whose(item, recipient)}",
            description="\n".join(part for part in (view.issuer, view.basis, view.document_title) if part),
            stamp=facts.as_of,
            day=local.date() - timedelta(days=1) if whole else None,
            at=None if whole else due_at,
        )


def _whose(item: NoticeItem, recipient: NoticeRecipient) -> str:
    return "" if item.unit_name == recipient.unit_name else f" – {item.unit_name}"
