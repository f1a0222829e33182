"""The mailbox keeps every mail it answered for, shows it escaped, and is fast enough for a whole province."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import httpx
import pytest
from cascade_local.mailbox.store import MailStore
from cascade_local.parent_watch import watched_command
from cascade_local.ports import free_port


@dataclass
class Mailbox:
    folder: Path
    smtp_port: int
    http: httpx.Client


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    folder, smtp, http = tmp_path_factory.mktemp("mail"), free_port(), free_port()
    command = [sys.executable, "-m", "cascade_local.mailbox", "--folder", str(folder)]
    process = subprocess.Popen(watched_command([*command, "--smtp-port", str(smtp), "--http-port", str(http)]))
    with httpx.Client(base_url=f"http://127.0.0.1:{http}", trust_env=False) as client:
        deadline = time.monotonic() + 20
        while True:
            try:
                client.get("/count")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield Mailbox(folder, smtp, client)
    process.terminate()
    process.wait(10)


def _mail(number: int, *, html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Sở Giáo dục và Đào tạo <so@hp.example>"
    mail["To"] = f"truong{number}@hp.example"
    mail["Subject"] = f"Nhắc nộp báo cáo <đợt {number}>"
    mail["Message-ID"] = f"<{number}@hp.example>"
    mail["X-Notice"] = str(number)
    mail.set_content("Kính gửi nhà trường & phòng\n")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


async def test_a_mail_is_a_file_a_message_and_a_page(mailbox: Mailbox) -> None:
    await aiosmtplib.send(
        _mail(7, html="<p>Chào <b>anh</b></p><script>alert(1)</script>"), hostname="127.0.0.1", port=mailbox.smtp_port
    )
    found = mailbox.http.get("/messages", params={"recipient": "TRUONG7@", "subject": "báo cáo"}).json()["messages"]
    assert [item["subject"] for item in found] == ["Nhắc nộp báo cáo <đợt 7>"]
    assert (found[0]["message_id"], found[0]["headers"]) == ("<7@hp.example>", {"x-notice": "7"})
    name = found[0]["id"]

    assert b"truong7@hp.example" in (mailbox.folder / f"{name}.eml").read_bytes()
    assert "nhà trường & phòng" in mailbox.http.get(f"/messages/{name}").json()["text"]
    assert "báo cáo &lt;đợt 7&gt;" in mailbox.http.get("/").text
    page = mailbox.http.get(f"/mail/{name}")
    assert "<iframe sandbox" in page.text
    assert "nhà trường &amp; phòng" in page.text
    assert "sandbox" in mailbox.http.get(f"/mail/{name}/html").headers["content-security-policy"]
    assert mailbox.http.get("/mail/unknown").status_code == 404


async def test_every_mail_of_a_burst_over_several_connections_is_kept(mailbox: Mailbox) -> None:
    before = mailbox.http.get("/count").json()["count"]
    total, connections = 600, 4
    content = _mail(1, html="<p>Kính gửi</p>" * 60).as_bytes().replace(b"\n", b"\r\n")

    async def sender(share: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", mailbox.smtp_port)
        await reader.readline()
        writer.write(b"HELO here\r\n")
        await reader.readline()
        for _ in range(share):
            for line in (b"MAIL FROM:<so@hp.example>", b"RCPT TO:<a@hp.example>", b"DATA", content + b"\r\n."):
                writer.write(line + b"\r\n")
                assert (await reader.readline())[:1] in b"23"
        writer.close()

    await asyncio.gather(*(sender(total // connections) for _ in range(connections)))

    assert mailbox.http.get("/count").json()["count"] == before + total


def test_pages_go_back_in_time_and_a_restart_forgets_nothing(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    names = [store.add(bytes(_mail(number)), [f"truong{number}@hp.example"]) for number in range(5)]
    reopened = MailStore(tmp_path)
    first, more = reopened.page(2)
    rest, last = reopened.page(9, before=first[-1].id)

    assert [item.id for item in (*first, *rest)] == names[::-1]
    assert (more, last) == (True, False)
    assert [item.id for item in reopened.find(after=names[2])] == [names[4], names[3]]
    assert reopened.count(recipient="truong3@") == 1
    assert list(tmp_path.glob(".*")) == []


async def test_what_is_to_go_wrong_is_ordered_over_http_and_met_on_the_wire(mailbox: Mailbox) -> None:
    ordered = [{"stage": "rcpt", "answer": "550 5.1.1 No such user", "to": "truong900@"}, {"stage": "content"}]
    assert mailbox.http.post("/control/faults", json=ordered).json() == {"queued": 2}
    assert mailbox.http.post("/control/faults", json=[{"stage": "moon"}]).status_code == 422
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await aiosmtplib.send(_mail(900), hostname="127.0.0.1", port=mailbox.smtp_port)
    with pytest.raises(aiosmtplib.SMTPDataError):
        await aiosmtplib.send(_mail(901), hostname="127.0.0.1", port=mailbox.smtp_port)
    met = mailbox.http.get("/control/faults").json()
    assert met == {"queue": [], "met": {"rcpt answer": 1, "content answer": 1}}
    await aiosmtplib.send(_mail(901), hostname="127.0.0.1", port=mailbox.smtp_port)
    assert mailbox.http.get("/count", params={"recipient": "truong90"}).json() == {"count": 1}
