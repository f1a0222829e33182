"""The wire format: correct headers, nothing smuggled in."""

import dataclasses
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from cascade_contracts.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from notifier.channels.base import FinishedMessage
from notifier.channels.email.bounces import NotAReport, NotOurs, bounce_address, read_bounce
from notifier.channels.email.message import Sender, compose, is_mailbox
from notifier.keys import Keyring

SENDER = Sender("Thông Suốt <thong-suot@sogd.test>", "", "sogd.test", "bounce.sogd.test")
MESSAGE = FinishedMessage(
    delivery_id=new_id(),
    reference="0123456789abcdef",
    address="truong@hp.test",
    subject="Quá hạn 1 ngày làm việc: báo cáo năm 2026 về công tác thông tin đối ngoại của đơn vị",
    text="Kính gửi: Trường\n.một dòng bắt đầu bằng dấu chấm\n",
    html="<p>Kính gửi: Trường</p>",
    language="vi",
    at=datetime(2026, 11, 11, 1, 0, tzinfo=UTC),
)
HEADERS = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Language",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


def parsed(message: FinishedMessage, sender: Sender = SENDER) -> EmailMessage:
    return message_from_bytes(compose(sender, message), policy=default)


def test_headers_and_bodies_survive_the_wire() -> None:
    message = parsed(MESSAGE)
    assert message.keys() == HEADERS
    assert message["Subject"] == MESSAGE.subject
    assert message["From"].addresses[0].display_name == "Thông Suốt"
    assert message["Message-ID"] == "<0123456789abcdef@sogd.test>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == MESSAGE.text


WORDS = ["xác", "nhận", "đã", "kết", "quả", "[Diễn tập]", "12/CT-UBND", "hạn", "a"]


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_no_space_of_a_subject_is_lost_where_it_is_folded(words: list[str]) -> None:
    subject = " ".join(["Quá", "hạn:", *words])
    assert parsed(dataclasses.replace(MESSAGE, subject=subject))["Subject"] == subject


def test_every_line_fits_and_none_begins_with_a_dot() -> None:
    lines = compose(SENDER, MESSAGE).split(b"\r\n")
    assert all(len(line) <= 78 and line.isascii() and not line.startswith(b".") for line in lines)
    assert b"\n" not in b"".join(lines)


@given(st.text(max_size=80))
def test_a_subject_can_never_become_a_header(subject: str) -> None:
    try:
        content = compose(SENDER, dataclasses.replace(MESSAGE, subject=f"A {subject}"))
    except ValueError:
        return
    assert message_from_bytes(content, policy=default).keys() == HEADERS


@pytest.mark.parametrize("subject", ["A\r\nBcc: x@y.test", "A\nB", "A\u2028B", "A\x85B", "A\r\n\r\n<html>"])
def test_line_breaks_in_a_subject_become_spaces(subject: str) -> None:
    message = parsed(dataclasses.replace(MESSAGE, subject=subject))
    assert message.keys() == HEADERS
    assert message["Bcc"] is None
    assert message["Subject"].startswith("A ")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a@b@c",
        "a b@c.vn",
        "a@c.vn\r\nRCPT TO:<x@y>",
        "<a@c.vn>",
        "a@c.vn>",
        "ạ@c.vn",
        "a@-c.vn",
        "a,b@c.vn",
    ],
)
def test_what_is_no_plain_mailbox_is_refused(address: str) -> None:
    assert not is_mailbox(address)
    with pytest.raises(ValueError, match="mailbox"):
        compose(SENDER, dataclasses.replace(MESSAGE, address=address))


@pytest.mark.parametrize("address", ["a@localhost", "a.b+c@truong.edu.vn", "o'neil@x-y.vn", "A_1@xn--vi-8ja.vn"])
def test_plain_mailboxes_are_accepted(address: str) -> None:
    assert is_mailbox(address)


def test_bounce_addresses_are_signed_and_short_enough() -> None:
    keyring, stranger = Keyring.load("one secret of ours"), Keyring.load("another secret")
    address = bounce_address(keyring, MESSAGE.delivery_id, "bounce.sogd.test")
    assert len(address.partition("@")[0]) <= 64
    assert is_mailbox(address)
    with pytest.raises(NotAReport):
        read_bounce(keyring, f"To: {address}\n\nhello".encode())
    with pytest.raises(NotOurs):
        read_bounce(stranger, f"To: {address}\n\nhello".encode())
