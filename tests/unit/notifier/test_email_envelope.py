"""Who writes, what a notice belongs to, and the due time it carries for a calendar."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from cascade_contracts.delivery import NoticeFacts
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Audience, StepKind
from hypothesis import given
from hypothesis import strategies as st
from notifier.channels.base import CalendarEntry, FinishedMessage
from notifier.channels.email.ics import calendar
from notifier.channels.email.message import Sender, compose
from notifier.keys import Keyring
from notifier.rendering import envelope
from unit.notifier.notices import facts, item, recipient

SENDER = Sender("Thông Suốt <thong-suot@sogd.test>", "", "sogd.test", "bounce.sogd.test")
KEYRING = Keyring.load("one secret of ours")
ISSUER = "Sở Giáo dục và Đào tạo Hải Phòng"
ENTRY = CalendarEntry(
    uid="0123", sequence=7, summary="Hạn: báo cáo", description="Sở", stamp=datetime(2026, 11, 1, tzinfo=UTC),
    day=date(2026, 11, 10),
)  # fmt: skip
MESSAGE = FinishedMessage(
    delivery_id=new_id(),
    reference="0123456789abcdef",
    address="truong@hp.test",
    subject="Hạn",
    text="Kính gửi",
    html="<p>Kính gửi</p>",
    language="vi",
    at=datetime(2026, 11, 11, 1, 0, tzinfo=UTC),
)


def sent(**changes: Any) -> EmailMessage:
    return message_from_bytes(compose(SENDER, dataclasses.replace(MESSAGE, **changes)), policy=default)


def ahead(**changes: Any) -> NoticeFacts:
    return facts(step=StepKind.REMIND, as_of=datetime(2026, 11, 3, 1, 0, tzinfo=UTC), **changes)


def properties(content: str) -> list[tuple[str, str]]:
    """Read a calendar as a calendar programme does: unfolded, line by line."""
    lines = content.replace("\r\n ", "").split("\r\n")
    assert lines.pop() == ""
    return [(name, value) for name, _, value in (line.partition(":") for line in lines)]


def test_the_office_and_its_document_write_from_the_one_own_address() -> None:
    name = envelope.sender_name(facts())
    assert name == f"{ISSUER} (18/KH-SGDĐT)"
    raw = message_from_bytes(compose(SENDER, dataclasses.replace(MESSAGE, sender_name=name)))
    shown = str(make_header(decode_header(" ".join(raw["From"].split("\r\n ")))))
    assert " ".join(shown.split()) == f"{name} <thong-suot@sogd.test>"
    assert sent(sender_name=name)["From"].addresses[0].addr_spec == "thong-suot@sogd.test"


def test_a_long_office_is_cut_before_its_document() -> None:
    name = envelope.sender_name(facts(issuer_name="Ủy ban nhân dân " * 20))
    assert len(name) <= 120
    assert name.endswith("… (18/KH-SGDĐT)")


@given(st.text(max_size=150))
def test_no_name_becomes_a_header_or_another_address(name: str) -> None:
    message = sent(sender_name=name)
    assert message.keys() == sent().keys()
    assert [each.addr_spec for each in message["From"].addresses] == ["thong-suot@sogd.test"]


@pytest.mark.parametrize(
    "name", ["Sở\r\nBcc: x@y.test", "So\nBcc: x@y.test", 'So" <x@y.test>, "', "Sở\u202e<x@y.test>", "So\u2028Bcc: x"]
)
def test_a_name_that_would_smuggle_a_header_stays_a_name(name: str) -> None:
    message = sent(sender_name=name)
    assert message["Bcc"] is None
    assert message["From"].addresses[0].addr_spec == "thong-suot@sogd.test"
    assert not {"\r", "\n", "\u2028", "\u202e"} & set(message["From"].addresses[0].display_name)


@pytest.mark.parametrize("changes", [{"threads": ("a>\r\nBcc: x",)}, {"unsubscribe": "https://x\r\nBcc: y"}])
def test_what_stands_unfolded_is_refused_unless_a_token(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a"):
        sent(**changes)


def test_notices_about_one_obligation_belong_together_and_to_their_document() -> None:
    one, document = item(), new_id()
    first = envelope.threads(KEYRING, facts(items=[one], document_id=document))
    again = envelope.threads(KEYRING, ahead(items=[one], document_id=document))
    other = envelope.threads(KEYRING, facts(items=[item()], document_id=document))
    several = envelope.threads(KEYRING, facts(items=[one, item()], item_count=2, document_id=document))
    assert first == again
    assert len(first) == 2
    assert other[0] == first[0] == several[0]
    assert other[1] != first[1]
    assert len(several) == 1
    message = sent(threads=first)
    assert message["References"].split() == [f"<{each}@sogd.test>" for each in first]
    assert message["In-Reply-To"].strip() == f"<{first[1]}@sogd.test>"


def test_only_a_digest_can_be_unsubscribed_and_by_one_post() -> None:
    assert sent()["List-Unsubscribe"] is None
    message = sent(unsubscribe="https://so.test/u/abc")
    assert message["List-Unsubscribe"].strip() == "<https://so.test/u/abc>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_due_day_is_a_whole_day_in_the_calendar() -> None:
    one = item()
    [entry] = envelope.entries(recipient(), ahead(items=[one], document_id=new_id()))
    assert (entry.day, entry.at, entry.uid) == (date(2026, 11, 10), None, one.obligation_id.hex)
    message = sent(entries=(entry,), sender_name=ISSUER)
    assert [part.get_content_type() for part in message.iter_parts()] == ["multipart/alternative", "text/calendar"]
    found = dict(properties(list(message.iter_parts())[1].get_content()))
    assert found["METHOD"] == "PUBLISH"
    assert found["UID"] == f"{one.obligation_id.hex}@sogd.test"
    assert (found["DTSTART;VALUE=DATE"], found["DTEND;VALUE=DATE"]) == ("20261110", "20261111")
    assert found["SUMMARY"] == "Hạn: báo cáo năm 2026 về công tác thông tin đối ngoại"
    assert found[f'ORGANIZER;CN="{ISSUER}"'] == "mailto:thong-suot@sogd.test"
    assert "VALARM" not in found.values()
    assert "https" not in str(found)


def test_a_due_instant_keeps_its_time() -> None:
    due_at = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
    [entry] = envelope.entries(recipient(), ahead(due_at=due_at))
    assert (entry.day, entry.at) == (None, due_at)
    assert "DTSTART:20261110T093000Z\r\n" in calendar([entry], ISSUER, "a@b.test")


def test_a_later_due_time_takes_the_place_of_the_former() -> None:
    one, as_of = item(), datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
    [former] = envelope.entries(recipient(), ahead(items=[one]))
    moved = facts(items=[one], due_at=datetime(2026, 11, 20, 17, tzinfo=UTC), as_of=as_of + timedelta(hours=1))
    [later] = envelope.entries(recipient(), moved)
    assert later.uid == former.uid
    assert later.sequence > former.sequence
    assert later.day == date(2026, 11, 20)


def test_each_obligation_has_its_own_entry_and_due_time() -> None:
    items = [item(f"Trường {number}") for number in range(25)]
    items[1] = items[1].model_copy(update={"due_at": datetime(2026, 11, 12, 17, tzinfo=UTC)})
    entries = envelope.entries(recipient(), ahead(items=items, item_count=25))
    assert len(entries) == 20
    assert [entry.day for entry in entries[:2]] == [date(2026, 11, 10), date(2026, 11, 12)]
    assert entries[1].summary.endswith(" – Trường 1")
    assert len({entry.uid for entry in entries}) == 20


@pytest.mark.parametrize(
    "told",
    [
        facts(),
        ahead(due_at=None),
        ahead(audience=Audience.REVIEWER_CONTACT),
    ],
)
def test_what_is_past_or_not_the_readers_own_stays_out_of_the_calendar(told: NoticeFacts) -> None:
    assert envelope.entries(recipient(), told) == ()


def test_a_rehearsal_says_so() -> None:
    [entry] = envelope.entries(recipient(), ahead(rehearsal=True))
    assert entry.summary.startswith("[Diễn tập] Hạn: ")


@given(st.text(max_size=200), st.text(max_size=60))
def test_no_text_becomes_a_property_and_lines_are_folded_at_75_octets(text: str, name: str) -> None:
    entry = dataclasses.replace(ENTRY, summary=text, description=text)
    content = calendar([entry], name, "a@b.test")
    assert all(len(line.encode()) <= 75 for line in content.split("\r\n"))
    assert "\n" not in content.replace("\r\n", "")
    names = [line.partition(":")[0].partition(";")[0] for line in content.replace("\r\n ", "").split("\r\n")]
    wanted = ["BEGIN", "VERSION", "PRODID", "METHOD", "BEGIN", "UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND"]
    assert names == [*wanted, "ORGANIZER", "SUMMARY", "DESCRIPTION", "STATUS", "TRANSP", "END", "END", ""]
