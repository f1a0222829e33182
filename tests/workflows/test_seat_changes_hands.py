"""A seat changes hands while a message waits: whoever has left gets nothing, the new holder gets it, once."""

from harness.assignment import assign
from harness.cascade import Cascade


async def test_a_message_that_waits_for_the_morning_goes_to_who_holds_the_seat_then(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")
    school = await assign(cascade, "2026-05-20")
    await cascade.settle()
    unit = await cascade.said("GET", f"/v1/units/{school.unit.id}")
    seat = next(each["id"] for each in unit["seats"] if each["role"] == "focal_point")

    new = {"name": "Người mới", "email": "moi@thcs.example.edu.vn"}
    await cascade.said("POST", f"/v1/seats/{seat}/handover", new)
    await cascade.until("2026-05-05T08:00")

    assert not await school.contact.mails()
    mails = {
        str(mail.step): mail
        for mail in await cascade.mailroom.mails(cascade.notifier.engine, "moi@thcs.example.edu.vn")
    }
    assert set(mails) == {"announce", "handed_over"}
    brief = mails["handed_over"]
    assert "Bàn giao công việc" in brief.subject
    assert "Còn phải thực hiện (1):\n- Báo cáo kết quả" in brief.text.replace("\r\n", "\n")
    assert brief.link is not None
    assert (await cascade.administrator.get(brief.link[brief.link.index("/l/") :])).status_code == 200
    mail = mails["announce"]
    assert mail.about == (school.unit.name,)
    assert mail.link is not None
    page = await cascade.administrator.get(mail.link[mail.link.index("/l/") :])
    assert page.status_code == 200


async def test_a_message_that_waits_finds_the_substitute_and_an_empty_seat_the_next_one(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")
    school = await assign(cascade, "2026-05-20")
    await cascade.settle()
    unit = await cascade.said("GET", f"/v1/units/{school.unit.id}")
    seat = next(each["id"] for each in unit["seats"] if each["role"] == "focal_point")

    await cascade.said("POST", f"/v1/seats/{seat}/vacate", {})
    await cascade.until("2026-05-05T08:00")

    assert not await school.contact.mails()
    (mail,) = await school.head.received("announce")
    assert mail.link is not None
    page = await cascade.administrator.get(mail.link[mail.link.index("/l/") :])
    assert page.status_code == 200
