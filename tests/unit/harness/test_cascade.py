"""The whole cascade in one process carries a document of 2023 from issue to the superior's letter box."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from harness.cascade import Cascade, instant


@pytest.fixture
async def cascade(plan_api_database: str, notifier_database: str) -> AsyncIterator[Cascade]:
    async with Cascade.start(plan_api_database, notifier_database, at="2023-01-06T08:00") as cascade:
        yield cascade


REPORT = {"kind": "report", "title": "Báo cáo quý I", "due": {"form": "on", "date": "2023-03-31"}}


async def test_who_answers_hears_nothing_more_and_silence_reaches_the_superior(cascade: Cascade) -> None:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    answering = await cascade.unit("Trường THPT Ngô Quyền", "NQ", professional=department)
    silent = await cascade.unit("Trường THPT Thái Phiên", "TP", professional=department)
    document = await cascade.issue(department, [answering, silent], REPORT)

    await cascade.settle()
    assert await cascade.received(answering, "announce")
    assert await cascade.received(silent, "announce")

    await cascade.hand_in(answering, document)
    await cascade.until("2023-05-31T08:00")

    assert not await cascade.received(answering, "overdue")
    assert await cascade.received(silent, "overdue")
    escalated = await cascade.received(department, "escalate", about=silent)
    assert escalated
    assert document.due_at() < escalated[0].at < instant("2023-05-01")
    tally = await cascade.progress(document)
    assert (tally["expected"], tally["on_time"], tally["missing"]) == (2, 1, 1)


async def test_every_mail_comes_at_its_hour_and_once(cascade: Cascade) -> None:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    schools = [await cascade.unit(f"Trường số {n}", f"T{n}", professional=department) for n in range(3)]
    await cascade.issue(department, schools, REPORT)

    await cascade.until("2023-12-31T08:00")

    mails = await cascade.mails()
    assert len({mail.notice_id for mail in mails}) == len(mails) > 0
    local_hours = {mail.at.astimezone(instant("2023-01-01").tzinfo).hour for mail in mails}
    assert all(7 <= hour < 21 for hour in local_hours)
    assert mails == sorted(mails, key=lambda mail: mail.at)
    assert mails[-1].at < cascade.clock.now() - timedelta(days=60)


async def test_mail_waits_out_a_silent_relay(cascade: Cascade) -> None:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    school = await cascade.unit("Trường THPT Ngô Quyền", "NQ", professional=department)
    await cascade.mailroom.close()
    await cascade.issue(department, [school], REPORT)

    await cascade.until("2023-01-06T08:05")
    assert not await cascade.mails()

    await cascade.mailroom.reopen()
    await cascade.until("2023-01-06T08:10")
    assert [mail.step for mail in await cascade.mails_to(school)] == ["announce"]


async def test_a_suspended_document_is_silent_and_a_recalled_one_ends(cascade: Cascade) -> None:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    school = await cascade.unit("Trường THPT Ngô Quyền", "NQ", professional=department)
    document = await cascade.issue(department, [school], REPORT)
    await cascade.settle()
    await cascade.suspend(document)

    await cascade.until("2023-04-20T08:00")
    assert not await cascade.received(school, "overdue")

    await cascade.resume(document)
    await cascade.until("2023-04-20T09:00")
    await cascade.recall(document)
    before = len(await cascade.mails())
    await cascade.until("2023-12-20T08:00")
    assert len(await cascade.mails()) == before
    assert not cascade.engine.open
