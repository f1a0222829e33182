"""What waits for a person's hour goes out as one message, counted for each of its notices."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from cascade_contracts.delivery import Attention, DeliveryOrder, NoticeOut, PageSent
from cascade_contracts.vocabulary import StepKind
from integration.notifier.conftest import Opener
from integration.notifier.offices import START, MovableClock, Plan, Post, deliver, notice, run, states
from notifier.assembly import Notifier

HOUR = START + timedelta(minutes=30)
A = "dau-moi@truong.test"


def reminder(*addresses: str, at: datetime = HOUR, **changes: Any) -> NoticeOut:
    """A reminder that waits for the digest at an hour."""
    given: dict[str, Any] = {
        "step": StepKind.REMIND,
        "due_on": date(2026, 11, 20),
        "due_at": START + timedelta(days=9),
        "working_days_left": 7,
        "working_days_late": None,
    }
    item = notice(*addresses, **given | changes)
    return item.model_copy(update={"attention": Attention(digest=True, digest_at=at)})


async def taken_over(notifier: Notifier, plan: Plan, *items: NoticeOut) -> list[DeliveryOrder]:
    """Have each notice recorded as a batch of its own."""
    orders = [plan.batch(item) for item in items]
    for order in orders:
        await run(notifier.activities.take_over_batch, order)
    return orders


async def send(notifier: Notifier, *orders: DeliveryOrder) -> list[PageSent]:
    return [await run(notifier.activities.send_page, order) for order in orders]


async def test_what_waits_is_told_in_one_message_at_the_hour(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    items = [reminder(A, round_title=f"Báo cáo số {number}") for number in range(30)]
    orders = await taken_over(notifier, plan, *items)
    assert {page.retry_at for page in await send(notifier, *orders)} == {HOUR}
    assert not post.mails

    clock.at = HOUR
    await send(notifier, *orders)

    (mail,) = post.mails
    assert mail.message["Subject"] == "Tổng hợp ngày 11/11/2026: 30 thông báo"
    assert all(f"báo cáo số {number}" in mail.text() for number in range(30))
    assert mail.text().count("https://cascade.test/l/") == 30
    assert str(mail.message["List-Unsubscribe"]).strip() == "<https://cascade.test/l/secret-token/unsubscribe>"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert {plan.state_of(item) for item in items} == {"delivered"}
    assert plan.finished == {order.batch_id for order in orders}


async def test_what_cannot_wait_goes_at_once_by_itself(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    late = notice(A)
    waiting, urgent = await taken_over(notifier, plan, reminder(A), late)

    await send(notifier, waiting, urgent)

    assert [mail.message["Subject"][:7] for mail in post.mails] == ["Quá hạn"]
    clock.at = HOUR
    await send(notifier, waiting)
    assert len(post.mails) == 2


async def test_a_notice_alone_is_sent_as_itself(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    (order,) = await taken_over(notifier, plan, reminder(A))
    clock.at = HOUR

    await send(notifier, order)

    assert post.mails[0].message["Subject"].startswith("Còn 7 ngày làm việc: báo cáo")
    assert "List-Unsubscribe" not in post.mails[0].message


async def test_another_address_and_another_hour_have_a_digest_of_their_own(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    later = reminder(A, at=HOUR + timedelta(hours=1))
    items = [reminder(A), reminder(A), reminder("khac@truong.test"), later]
    orders = await taken_over(notifier, plan, *items)
    clock.at = HOUR

    await send(notifier, *orders)

    assert [len(post.received(address)) for address in (A, "khac@truong.test")] == [1, 1]
    assert later.notice_id not in plan.outcomes


async def test_what_is_no_longer_owed_is_left_out(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    items = [reminder(A, round_title=f"Báo cáo số {number}") for number in range(3)]
    orders = await taken_over(notifier, plan, *items)
    plan.withheld[items[1].notice_id] = "answered"
    clock.at = HOUR

    await send(notifier, *orders)

    (mail,) = post.mails
    assert mail.message["Subject"].endswith("2 thông báo")
    assert "báo cáo số 1" not in mail.text()
    assert [plan.state_of(item) for item in items] == ["delivered", "withheld", "delivered"]


async def test_two_pages_at_once_make_one_digest(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock, open_notifier: Opener
) -> None:
    orders = await taken_over(notifier, plan, *(reminder(A) for _ in range(12)))
    clock.at = HOUR

    async with open_notifier(smtp_port=post.port) as other:
        await asyncio.gather(*(run(each.activities.send_page, order) for order in orders for each in (notifier, other)))

    assert len(post.mails) == 1
    assert set(await states(notifier)) == {"accepted"}


@pytest.mark.parametrize(("content", "state"), [("554 5.7.1 no", "failed"), (None, "unknown")])
async def test_each_notice_shares_what_became_of_the_message(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock, content: str | None, state: str
) -> None:
    items = [reminder(A) for _ in range(3)]
    orders = await taken_over(notifier, plan, *items)
    post.content, post.drop = content, content is None
    clock.at = HOUR

    await send(notifier, *orders)

    assert {plan.state_of(item) for item in items} == {state}
    assert len(post.taken) == 1
    post.content, post.drop = None, False
    await send(notifier, *orders)
    assert len(post.taken) == 1


async def test_a_digest_refused_for_now_is_tried_again_whole(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    items = [reminder(A) for _ in range(3)]
    orders = await taken_over(notifier, plan, *items)
    post.content = "451 4.3.0 try later"
    clock.at = HOUR
    await send(notifier, *orders)
    assert len(post.taken) == 1

    post.content = None
    clock.pass_time(timedelta(seconds=60))
    await send(notifier, *orders)

    (mail,) = post.mails
    assert mail.message["Subject"].endswith("3 thông báo")


async def test_who_answers_by_now_is_asked_for_before_the_digest_goes(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    stays, renewed = reminder(A), reminder(A)
    orders = await taken_over(notifier, plan, stays, renewed)
    again = renewed.model_copy(deep=True)
    again.recipient.addressee = "anew"
    plan.moved[renewed.notice_id] = again
    clock.at = HOUR

    for order in orders:
        await deliver(notifier, order)

    (mail,) = post.mails
    assert mail.message["Subject"].endswith("2 thông báo")


async def test_beyond_the_cap_of_a_day_what_can_wait_is_put_into_the_next_digest(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    capped = Attention(digest_at=START + timedelta(days=1), daily_cap=2)
    items = [reminder(A).model_copy(update={"attention": capped}) for _ in range(5)]
    elsewhere = reminder("khac@truong.test").model_copy(update={"attention": capped})
    orders = await taken_over(notifier, plan, *items, elsewhere, notice(A))

    await send(notifier, *orders)

    assert len(post.received("khac@truong.test")) == 1
    subjects = [str(mail.message["Subject"])[:7] for mail in post.received(A)]
    assert subjects == ["Còn 7 n", "Còn 7 n", "Quá hạn"]

    clock.at = START + timedelta(days=1)
    await send(notifier, *orders)

    assert str(post.received(A)[-1].message["Subject"]).endswith("3 thông báo")
    assert {plan.state_of(item) for item in items} == {"delivered"}
