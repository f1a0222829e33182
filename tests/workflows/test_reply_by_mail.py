"""A contact answers the reminder with the report attached: handed in, a receipt comes back, nobody is chased."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from harness.assignment import Assigned, assign
from harness.cascade import Cascade
from harness.links import PDF
from notifier.channels.email.incoming import Kind


async def reply_of(cascade: Cascade, school: Assigned, sender: str = "") -> EmailMessage:
    """Write the reply the school's contact person writes to the newest mail."""
    address = school.unit.address()
    newest = next(cascade.mailroom.store.find(recipient=address))
    told = message_from_bytes(cascade.mailroom.store.raw(newest.id) or b"", policy=default)
    reply = EmailMessage()
    reply["From"], reply["To"] = sender or address, str(told["Reply-To"]).strip()
    reply["Subject"], reply["Message-ID"] = "Re: báo cáo", "<tra-loi-1@truong.example>"
    reply.set_content("Nhà trường gửi báo cáo.")
    reply.add_attachment(PDF, maintype="application", subtype="pdf", filename="Báo cáo kết quả.pdf")
    return reply


async def test_a_report_sent_as_a_reply_is_handed_in_and_stops_the_ladder(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-20T12:00")
    assert await school.contact.received("due")
    before = len(await cascade.mails())
    reply = await reply_of(cascade, school)

    assert await cascade.notifier.intake.take(reply.as_bytes()) is Kind.REPLY
    await cascade.notifier.mailroom.round()

    owed = await school.owes()
    assert owed["handed_in_at"] is not None
    detail = await cascade.said("GET", f"/v1/obligations/{owed['id']}")
    [version] = detail["submissions"]
    assert (version["by_mail"], version["text"]) == (True, "Nhà trường gửi báo cáo.")
    assert [file["name"] for file in version["files"]] == ["Báo cáo kết quả.pdf"]
    receipt = next(cascade.mailroom.store.find(recipient=school.unit.address()))
    assert receipt.subject.startswith("Đã nhận báo cáo kết quả, biên nhận số ")

    await cascade.until("2026-07-31T08:00")
    assert len(await cascade.mails()) == before
    assert await cascade.notifier.intake.take(reply.as_bytes()) is Kind.REPLY
    assert len((await cascade.said("GET", f"/v1/obligations/{owed['id']}"))["submissions"]) == 1


async def test_a_reply_of_somebody_else_leaves_the_ladder_climbing(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-20T12:00")
    reply = await reply_of(cascade, school, "nguoi-khac@truong.example")

    await cascade.notifier.intake.take(reply.as_bytes())
    await cascade.notifier.mailroom.round()

    assert (await school.owes())["handed_in_at"] is None
    await cascade.until("2026-05-22T08:00")
    assert await school.contact.received("overdue")
