"""Replies to notices, from the mailbox (a real IMAP server) or the hook, to the hand-in and its receipt."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from harness.imap_server import PASSWORD, USER, ImapServer, imap_server
from integration.notifier.conftest import Opener
from integration.notifier.offices import TOKEN, UNIT, MovableClock, Plan, Post, deliver, notice, rows, serve
from notifier.assembly import Notifier
from notifier.channels.email.bounces import bounce_address
from notifier.http.app import create_app
from notifier.settings import Settings
from pydantic import SecretStr

HOLDER = "vhxh@kienminh.test"
PDF = b"%PDF-1.7\n%%EOF\n"
REPLIES = {"reply_domain": "tra-loi.sogd.test"}


@pytest.fixture
async def imap() -> AsyncIterator[ImapServer]:
    async with imap_server() as server:
        yield server


@pytest.fixture
async def office(open_notifier: Opener, post: Post, imap: ImapServer) -> AsyncIterator[Notifier]:
    mailbox = {"imap_host": "127.0.0.1", "imap_port": imap.port, "imap_security": "none", "imap_username": USER}
    async with open_notifier(smtp_port=post.port, imap_password=SecretStr(PASSWORD), **mailbox, **REPLIES) as parts:
        yield parts


@pytest.fixture
async def quick(open_notifier: Opener, post: Post) -> AsyncIterator[Notifier]:
    """A notifier that reads no mailbox: what comes is given to its intake."""
    async with open_notifier(smtp_port=post.port, **REPLIES) as parts:
        yield parts


async def reply_to(
    notifier: Notifier, plan: Plan, post: Post, *, sender: str = HOLDER, files: int = 1, number: int = 1, **headers: str
) -> EmailMessage:
    """Deliver a notice, and write the reply its reader writes."""
    if not post.mails:
        await deliver(notifier, plan.batch(notice(HOLDER)))
    told = post.mails[0].message
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, str(told["Reply-To"]).strip(), f"Re: {told['Subject']}"
    message["Message-ID"] = f"<{number}@kienminh.test>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Kính gửi báo cáo.\n\n> Kính gửi: Phòng")
    for each in range(files):
        message.add_attachment(PDF, maintype="application", subtype="pdf", filename=f"Báo cáo {each}.pdf")
    return message


async def replies(notifier: Notifier) -> list[Any]:
    return await rows(notifier, "select * from reply order by received_at")


async def test_a_reply_in_the_mailbox_is_handed_in_once_and_gets_a_receipt(
    office: Notifier, plan: Plan, post: Post, imap: ImapServer
) -> None:
    reply = await reply_to(office, plan, post)
    imap.deliver(reply.as_bytes())
    imap.deliver(reply.as_bytes())  # the mail system delivers twice

    assert await office.mailroom.round() == 2
    assert await office.mailroom.round() == 0

    [brought] = plan.brought
    assert brought.text == "Kính gửi báo cáo."
    assert [(file.name, plan.stored[file.sha256]) for file in brought.files] == [("Báo cáo 0.pdf", PDF)]
    assert (imap.count(), imap.count("Da xu ly"), imap.count("Khac")) == (0, 2, 0)
    [_, receipt] = post.mails
    assert (receipt.recipient, receipt.sender) == (HOLDER, "<>")
    assert receipt.message["Auto-Submitted"] == "auto-replied"
    assert receipt.message["In-Reply-To"].strip() == "<1@kienminh.test>"
    assert receipt.message["Reply-To"].strip() == post.mails[0].message["Reply-To"].strip()
    assert receipt.message["Subject"].startswith(
        "Đã nhận báo cáo năm 2026 về công tác thông tin đối ngoại, biên nhận số"
    )
    said = receipt.text()
    assert "Số biên nhận: 1A2B-3C4D" in said
    assert "trong hạn" in said
    assert "- Báo cáo 0.pdf" in said
    [row] = await replies(office)
    assert (row.verdict, row.state, row.answer_to_enc) == ("taken", "answered", None)


async def test_what_cannot_be_settled_now_stays_in_the_mailbox(
    office: Notifier, plan: Plan, post: Post, imap: ImapServer, caplog: pytest.LogCaptureFixture
) -> None:
    imap.deliver((await reply_to(office, plan, post)).as_bytes())
    plan.away.add("reply")
    with caplog.at_level(logging.INFO):
        await office.mailroom.round()
    assert (imap.count(), await replies(office)) == (1, [])
    assert "the mailbox waits to be read" in caplog.text
    assert HOLDER not in caplog.text

    plan.away.clear()
    await office.mailroom.round()
    assert (imap.count(), len(plan.brought), len(post.mails)) == (0, 1, 2)


async def test_machines_are_filed_away_unanswered_and_strangers_left_to_people(
    office: Notifier, plan: Plan, post: Post, imap: ImapServer
) -> None:
    imap.deliver((await reply_to(office, plan, post, Auto_Submitted="auto-replied")).as_bytes())
    imap.deliver(b"From: ai-do@hp.test\r\nTo: hop-thu@sogd.test\r\nSubject: Hoi\r\n\r\nXin hoi\r\n")
    await office.mailroom.round()
    assert (imap.count(), imap.count("Da xu ly"), imap.count("Khac")) == (0, 1, 1)
    assert (len(post.mails), plan.brought, await replies(office)) == (1, [], [])


async def test_a_bounce_in_the_mailbox_fails_its_delivery(
    office: Notifier, plan: Plan, post: Post, imap: ImapServer
) -> None:
    item = notice(HOLDER)
    await deliver(office, plan.batch(item))
    [delivery] = await rows(office, "select id from delivery")
    envelope = bounce_address(office.keyring, delivery.id, "sogd.test")
    imap.deliver(
        f"Return-Path: <>\r\nTo: {envelope}\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n"
        "Final-Recipient: rfc822; a@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n".encode()
    )
    await office.mailroom.round()
    assert [row.state for row in await rows(office, "select state from delivery")] == ["failed"]
    assert len(await rows(office, "select * from suppression")) == 1
    assert plan.state_of(item) == "failed"
    assert imap.count("Da xu ly") == 1


async def test_a_rule_that_refuses_is_told_courteously(quick: Notifier, plan: Plan, post: Post) -> None:
    detail = "Vòng này cần biểu mẫu. Kính đề nghị điền đủ."
    faults = [{"field": "values.pupils", "detail": "«Số học sinh» chưa điền."}]
    plan.reply_refusal = (422, {"code": "form_not_filled", "detail": detail, "errors": faults})
    await quick.intake.take((await reply_to(quick, plan, post)).as_bytes())
    await quick.mailroom.round()
    answer = post.mails[1]
    assert answer.message["Subject"].startswith("Chưa nhận được qua thư: báo cáo năm 2026")
    assert detail in answer.text()
    assert "- «Số học sinh» chưa điền." in answer.text()
    assert "mở liên kết trong thư nhắc" in answer.text()
    assert [(row.verdict, row.state) for row in await replies(quick)] == [("form_not_filled", "answered")]


async def test_somebody_else_s_reply_is_not_taken_in_and_told_nothing(quick: Notifier, plan: Plan, post: Post) -> None:
    message = await reply_to(quick, plan, post, sender="nguoi-khac@hp.test")
    await quick.intake.take(message.as_bytes())
    await quick.mailroom.round()
    answer = post.mails[1]
    assert (answer.recipient, plan.brought, plan.stored) == ("nguoi-khac@hp.test", [], {})
    assert "từ đúng địa chỉ đã nhận thư nhắc" in answer.text()
    assert UNIT not in answer.text() + str(answer.message["Subject"])


async def test_case_and_display_name_of_the_sender_do_not_matter(quick: Notifier, plan: Plan, post: Post) -> None:
    message = await reply_to(quick, plan, post, sender=f"Phòng <{HOLDER.upper()}>")
    await quick.intake.take(message.as_bytes())
    assert len(plan.brought) == 1


async def test_too_large_a_mail_is_answered_by_its_header(quick: Notifier, plan: Plan, post: Post) -> None:
    message = await reply_to(quick, plan, post)
    await quick.intake.take(message.as_bytes().partition(b"\n\n")[0] + b"\n\n", whole=False)
    await quick.mailroom.round()
    assert "vượt quá dung lượng" in post.mails[1].text()
    assert plan.brought == []


async def test_two_readers_at_once_hand_in_once_and_answer_once(
    quick: Notifier, open_notifier: Opener, plan: Plan, post: Post
) -> None:
    raw = (await reply_to(quick, plan, post)).as_bytes()
    async with open_notifier(smtp_port=post.port, **REPLIES) as other:
        await asyncio.gather(*(each.intake.take(raw) for each in (quick, other, quick, other)))
        await asyncio.gather(*(each.mailroom.round() for each in (quick, other, quick, other)))
    assert len({reply.mail_id for reply in plan.brought}) == 1  # plan-api takes a mail once
    assert len(post.mails) == 2
    assert len(await replies(quick)) == 1


async def test_an_answer_nobody_confirmed_is_never_sent_again(
    quick: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    await quick.intake.take((await reply_to(quick, plan, post)).as_bytes())
    post.drop = True
    await quick.mailroom.round()
    post.drop = False
    clock.pass_time(timedelta(hours=1))
    await quick.mailroom.round()
    assert [row.state for row in await replies(quick)] == ["unknown"]
    assert len(post.taken) == 2  # the notice, and the answer that may have come


async def test_an_answer_put_off_is_sent_later(quick: Notifier, plan: Plan, post: Post, clock: MovableClock) -> None:
    await quick.intake.take((await reply_to(quick, plan, post)).as_bytes())
    post.refusals[HOLDER] = "451 4.7.1 greylisted"
    await quick.mailroom.round()
    post.refusals.clear()
    await quick.mailroom.round()
    assert len(post.mails) == 1
    clock.pass_time(timedelta(minutes=2))
    await quick.mailroom.round()
    assert len(post.mails) == 2


async def test_whoever_writes_all_day_is_answered_five_times(quick: Notifier, plan: Plan, post: Post) -> None:
    for number in range(8):
        message = await reply_to(quick, plan, post, sender="may@hp.test", number=number)
        await quick.intake.take(message.as_bytes())
    await quick.mailroom.round()
    assert len(post.mails) == 1 + 5
    assert [row.state for row in await replies(quick)].count("quiet") == 3
    assert {row.answer_to_enc for row in await replies(quick)} == {None}


async def test_the_hook_takes_what_the_mailbox_would(
    quick: Notifier, settings: Settings, clock: MovableClock, plan: Plan, post: Post
) -> None:
    raw = (await reply_to(quick, plan, post)).as_bytes()
    async with serve(create_app(settings, clock)) as url, httpx.AsyncClient(base_url=url) as client:
        path, known = "/internal/v1/mail", {"authorization": f"Bearer {TOKEN}"}
        assert (await client.post(path, content=raw)).status_code == 401
        assert (await client.post(path, content=b"\r\n", headers=known)).json()["code"] == "mail_empty"
        plan.away.add("reply")
        away = await client.post(path, content=raw, headers=known)
        assert (away.status_code, plan.brought) == (503, [])
        plan.away.clear()
        taken = [await client.post(path, content=raw, headers=known) for _ in range(2)]
        assert [answer.json() for answer in taken] == [{"kind": "reply"}] * 2
    assert len(plan.brought) == 1
    await quick.mailroom.round()
    assert [mail.recipient for mail in post.mails] == [HOLDER, HOLDER]
