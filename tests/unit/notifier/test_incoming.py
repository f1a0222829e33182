"""What came back: replies, delivery reports, machines and strangers told apart; files and own words of a reply."""

from email.message import EmailMessage
from typing import Any

import pytest
from cascade_contracts.ids import new_id
from hypothesis import given
from hypothesis import strategies as st
from notifier.channels.email.attachments import LARGEST_DECORATION, MOST_FILES
from notifier.channels.email.bounces import bounce_address
from notifier.channels.email.incoming import Kind, read_incoming, reply_address
from notifier.channels.email.message import is_mailbox
from notifier.keys import Keyring

KEYRING = Keyring.load("one secret of ours")
DELIVERY = new_id()
TOKEN = reply_address(KEYRING, DELIVERY, "tra-loi.sogd.test")
PDF = b"%PDF-1.7\n%%EOF\n"


def letter(text: str = "Kính gửi báo cáo.", **headers: str) -> EmailMessage:
    message = EmailMessage()
    known = {
        "From": "Trường <truong@hp.test>",
        "To": f"Sở <{TOKEN}>",
        "Subject": "Re: Hạn",
        "Message-ID": "<1@hp.test>",
    }
    for name, value in (known | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message


def with_files(*files: tuple[str, bytes]) -> EmailMessage:
    message = letter()
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message


def read(message: EmailMessage, **given: Any) -> Any:
    return read_incoming(KEYRING, message.as_bytes(), **given)


def test_reply_addresses_are_short_enough() -> None:
    assert len(TOKEN.partition("@")[0]) <= 64
    assert is_mailbox(TOKEN)


def test_a_reply_names_its_delivery_its_sender_and_its_files() -> None:
    reply = read(with_files(("Báo cáo năm 2026.pdf", PDF)))
    assert (reply.kind, reply.delivery_id, reply.sender) == (Kind.REPLY, DELIVERY, "truong@hp.test")
    assert [(file.name, file.content) for file in reply.files] == [("Báo cáo năm 2026.pdf", PDF)]
    assert (reply.text, reply.message_id) == ("Kính gửi báo cáo.", "<1@hp.test>")


@pytest.mark.parametrize("name", ["Cc", "X-Original-To", "Delivered-To"])
def test_the_token_is_found_wherever_the_address_stands(name: str) -> None:
    assert read(letter(**{"To": "ai-do@hp.test", name: TOKEN})).delivery_id == DELIVERY


@pytest.mark.parametrize(
    "token",
    [
        TOKEN.replace("@", "0@"),
        reply_address(Keyring.load("another secret of theirs"), DELIVERY, "tra-loi.sogd.test"),
        reply_address(KEYRING, new_id(), "x.test").partition(".")[0] + TOKEN[TOKEN.index(".") :],
        bounce_address(KEYRING, DELIVERY, "sogd.test").replace("bounces", "tra-loi"),
        "tra-loi@sogd.test",
    ],
    ids=["longer", "another-secret", "another-delivery", "bounce-token", "none"],
)
def test_a_forged_token_answers_nothing(token: str) -> None:
    assert read(letter(To=token)).kind is Kind.OTHER


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"List_Id": "<giao-vien.hp.test>"},
        {"X_Autoreply": "yes"},
        {"X_Loop": "x"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@hp.test"},
        {"From": "no-reply@hp.test"},
        {"From": TOKEN},
    ],
)
def test_machines_are_neither_taken_in_nor_answered(headers: dict[str, str]) -> None:
    assert read(letter(**headers)).kind is Kind.MACHINE


def test_a_person_may_say_that_the_mail_is_no_machine_s() -> None:
    assert read(letter(Auto_Submitted="no")).kind is Kind.REPLY


def test_out_of_office_to_the_bounce_address_is_a_machine_s() -> None:
    assert read(letter(To=bounce_address(KEYRING, DELIVERY, "sogd.test"))).kind is Kind.MACHINE


def test_a_delivery_report_is_a_bounce_however_it_is_brought() -> None:
    raw = (
        f"From: MAILER-DAEMON@hp.test\r\nTo: {bounce_address(KEYRING, DELIVERY, 'sogd.test')}\r\nReturn-Path: <>\r\n"
        'Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n'
        "\r\n--b\r\nContent-Type: text/plain\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; a@hp.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "\r\n--b--\r\n"
    )
    found = read_incoming(KEYRING, raw.encode())
    assert (found.kind, found.delivery_id) == (Kind.BOUNCE, DELIVERY)
    assert found.bounce is not None
    assert found.bounce.dead


def test_several_senders_are_nobody() -> None:
    assert read(letter(From="a@hp.test, b@hp.test")).sender == ""


def test_the_same_mail_has_the_same_id_and_another_one_another() -> None:
    assert read(letter()).mail_id == read(with_files(("a.pdf", PDF))).mail_id
    assert read(letter(**{"Message-ID": "<2@hp.test>"})).mail_id != read(letter()).mail_id
    assert len(read(letter(**{"Message-ID": ""})).mail_id) == 64


@pytest.mark.parametrize("quoted", [
    "Vào 10:02, Th 3, 10 thg 11, 2026 Sở GD&ĐT <so@x.test> đã viết:\n> Kính gửi",
    "On Tue, 10 Nov 2026, Sở wrote:\n> Kính gửi",
    "-----Original Message-----\nFrom: So",
    "Từ: Sở <so@x.test>\nGửi: thứ Ba",
    "-- \nTrường",
    "> Kính gửi",
])  # fmt: skip
def test_what_was_quoted_or_signed_is_left_out(quoted: str) -> None:
    assert read(letter(f"Gửi báo cáo.\n\n{quoted}\nnữa")).text == "Gửi báo cáo."


def test_words_of_html_alone_are_read_as_text() -> None:
    message = letter()
    message.set_content("<style>p{}</style><p>Gửi &amp; báo cáo<br>của trường</p><blockquote>cũ</blockquote>", "html")
    assert read(message).text == "Gửi & báo cáo\ncủa trường"


def _picture(name: str, size: int, shown: bool) -> EmailMessage:
    message = letter()
    message.add_alternative("<p>Gửi</p><img src='cid:one@x'>" if shown else "<p>Gửi</p>", subtype="html")
    message.make_mixed()
    part = EmailMessage()
    part.set_content(b"\x89PNG" + b"0" * size, "image", "png", disposition="inline", filename=name, cid="<one@x>")
    message.attach(part)
    return message


@pytest.mark.parametrize(("size", "shown", "taken"), [
    (2000, True, 0), (LARGEST_DECORATION, True, 1), (2000, False, 1),
])  # fmt: skip
def test_a_logo_in_the_text_is_no_report_and_a_photographed_paper_is(size: int, shown: bool, taken: int) -> None:
    assert len(read(_picture("anh.png", size, shown)).files) == taken


def test_our_own_calendar_and_signatures_of_mail_are_no_files() -> None:
    message = with_files(("bao-cao.pdf", PDF))
    message.add_attachment("BEGIN:VCALENDAR", subtype="calendar", filename="thoi-han.ics")
    message.add_attachment(b"x", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    assert [file.name for file in read(message).files] == ["bao-cao.pdf"]


def test_too_many_files_can_be_told() -> None:
    assert len(read(with_files(*((f"{n}.pdf", PDF) for n in range(30)))).files) == MOST_FILES + 1


@given(st.binary(max_size=600), st.booleans())
def test_whatever_comes_is_read_without_an_error(raw: bytes, addressed: bool) -> None:
    head = f"To: {TOKEN}\r\nFrom: a@hp.test\r\n".encode() if addressed else b""
    assert read_incoming(KEYRING, head + raw).kind in set(Kind)


@given(st.text(max_size=60))
def test_no_message_id_of_theirs_becomes_a_header_of_ours(found: str) -> None:
    raw = f"To: {TOKEN}\nFrom: a@hp.test\nMessage-ID: <{found}\n\nx".encode()
    assert not {"\r", "\n", " "} & set(read_incoming(KEYRING, raw).message_id)
