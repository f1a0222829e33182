"""A batch from take-over to the last outcome, over a real relay."""

import asyncio
from datetime import timedelta

import pytest
from cascade_contracts.delivery import Address, DeliveryOrder
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Channel
from integration.notifier.offices import MovableClock, Plan, Post, deliver, notice, rows, run, states
from notifier.assembly import Notifier
from notifier.precedence import Precedence
from notifier.takeover import PULL_SIZE
from temporalio.exceptions import ApplicationError


async def test_every_notice_of_a_batch_is_delivered_once_and_reported(
    notifier: Notifier, plan: Plan, post: Post
) -> None:
    notices = [notice(f"truong{number}@hp.test") for number in range(450)]
    order = plan.batch(*notices)

    end = await deliver(notifier, order)

    assert end.remaining == 0
    assert sorted(mail.recipient for mail in post.mails) == sorted(f"truong{number}@hp.test" for number in range(450))
    assert {str(outcome.state) for outcome in plan.outcomes.values()} == {"delivered"}
    assert len(plan.outcomes) == 450
    assert plan.finished == {order.batch_id}
    assert plan.handed == {order.batch_id: 450}
    assert post.connections <= 24


async def test_repeating_any_activity_sends_nothing_again(notifier: Notifier, plan: Plan, post: Post) -> None:
    order = plan.batch(notice("a@hp.test"), notice("b@hp.test"))
    await deliver(notifier, order)
    await deliver(notifier, order)
    again = await run(notifier.activities.send_page, order)

    assert again.remaining == 0
    assert len(post.mails) == 2


async def test_the_mail_is_what_the_office_would_write(notifier: Notifier, plan: Plan, post: Post) -> None:
    await deliver(notifier, plan.batch(notice("vhxh@kienminh.test")))

    [mail] = post.mails
    message = mail.message
    assert message["Subject"] == "Quá hạn 1 ngày làm việc: báo cáo năm 2026 về công tác thông tin đối ngoại"
    sender = message["From"].addresses[0]
    assert sender.addr_spec == "thong-suot@sogd.test"
    assert sender.display_name.startswith("Sở Giáo dục và Đào tạo")
    assert message["To"] == "vhxh@kienminh.test"
    assert message["Auto-Submitted"] == "auto-generated"
    assert str(message["Date"]) == "Wed, 11 Nov 2026 01:00:00 +0000"
    assert mail.sender.startswith("bounces+")
    assert mail.sender.endswith("@sogd.test")
    assert "Đến 08:00 ngày 11/11/2026, Sở Giáo dục và Đào tạo Hải Phòng chưa nhận được báo cáo" in mail.text()
    assert "https://cascade.test/l/secret-token" in mail.text()
    html = message.get_body(("html",))
    assert html is not None
    assert "Mở báo cáo cần nộp</a>" in html.get_content()


async def test_message_id_is_the_same_for_the_same_notice_and_address(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    post.content = "451 4.3.0 try later"
    order = plan.batch(notice("a@hp.test"))
    first = await deliver(notifier, order)
    assert first.retry_at == clock.now() + timedelta(seconds=60)
    post.content = None
    clock.pass_time(timedelta(seconds=60))
    await deliver(notifier, order)

    identifiers = {line for content in post.taken for line in content.splitlines() if line.startswith(b"Message-ID")}
    assert len(post.taken) == 2
    assert len(identifiers) == 1


async def test_contacts_and_links_do_not_lie_open_in_the_database(notifier: Notifier, plan: Plan) -> None:
    await run(notifier.activities.take_over_batch, plan.batch(notice("Truong@hp.test")))

    [stored] = await rows(
        notifier,
        "select d.*, n.facts::text as facts, n.recipient::text as recipient, n.link_enc from delivery d, notice n",
    )
    assert stored.address_enc.startswith("s1:")
    assert stored.link_enc.startswith("s1:")
    assert "hp.test" not in repr(stored)
    assert "secret-token" not in repr(stored)


async def test_a_person_without_a_working_channel_is_reported(notifier: Notifier, plan: Plan, post: Post) -> None:
    nobody = notice()
    wrong = notice("không phải địa chỉ", "a@b@c", "x@y.test\r\nRCPT TO:<victim@z.test>")
    only_zalo = notice()
    only_zalo.recipient.addresses.append(Address(channel=Channel.ZALO, address="84900000000"))
    fine = notice("a@hp.test")
    end = await deliver(notifier, plan.batch(nobody, wrong, only_zalo, fine))

    assert end.remaining == 0
    assert [plan.state_of(item) for item in (nobody, wrong, only_zalo)] == ["unreachable"] * 3
    assert plan.outcomes[nobody.notice_id].detail == "no_address"
    assert plan.outcomes[wrong.notice_id].detail == "invalid_address"
    assert [mail.recipient for mail in post.mails] == ["a@hp.test"]


async def test_the_next_address_steps_in_for_a_dead_mailbox(notifier: Notifier, plan: Plan, post: Post) -> None:
    post.refusals["cu@hp.test"] = "550 5.1.1 <cu@hp.test> no such user"
    item = notice("cu@hp.test", "moi@hp.test")
    await deliver(notifier, plan.batch(item))

    assert plan.state_of(item) == "delivered"
    assert [mail.recipient for mail in post.mails] == ["moi@hp.test"]
    assert await states(notifier) == ["failed", "accepted"]


async def test_a_dead_address_fails_once_and_is_suppressed_from_then_on(
    notifier: Notifier, plan: Plan, post: Post
) -> None:
    post.refusals["cu@hp.test"] = "550 5.1.1 <cu@hp.test> no such user"
    first, second = notice("cu@hp.test"), notice("CU@hp.test")
    await deliver(notifier, plan.batch(first))
    del post.refusals["cu@hp.test"]
    await deliver(notifier, plan.batch(second))

    assert plan.state_of(first) == "failed"
    assert "cu@hp.test" not in str(plan.outcomes[first.notice_id].detail)
    assert plan.state_of(second) == "unreachable"
    assert post.mails == []


async def test_the_same_address_twice_gets_one_message(notifier: Notifier, plan: Plan, post: Post) -> None:
    item = notice("a@hp.test", "A@hp.test")
    await deliver(notifier, plan.batch(item))

    assert len(post.mails) == 1


async def test_what_is_no_longer_owed_is_withheld(notifier: Notifier, plan: Plan, post: Post) -> None:
    answered, owing = notice("a@hp.test", "a2@hp.test"), notice("b@hp.test")
    plan.withheld[answered.notice_id] = "answered"
    await deliver(notifier, plan.batch(answered, owing))

    assert plan.state_of(answered) == "withheld"
    assert plan.outcomes[answered.notice_id].detail == "answered"
    assert [mail.recipient for mail in post.mails] == ["b@hp.test"]


async def test_what_plan_api_will_not_say_is_held_and_asked_again(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    item = notice("a@hp.test")
    plan.undecided.add(item.notice_id)
    order = plan.batch(item)
    page = await deliver(notifier, order)
    assert (page.remaining, page.retry_at) == (1, clock.now() + timedelta(seconds=30))
    assert post.mails == []

    plan.undecided.clear()
    clock.pass_time(timedelta(seconds=30))
    await deliver(notifier, order)
    assert plan.state_of(item) == "delivered"


async def test_what_is_held_for_long_is_sent_as_soon_as_somebody_says_to_look_again(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    items = [notice("a@hp.test"), notice("b@hp.test")]
    plan.undecided |= {item.notice_id for item in items}
    order = plan.batch(*items)
    for _ in range(12):
        page = await deliver(notifier, order)
        assert page.retry_at is not None
        clock.pass_time(page.retry_at - clock.now())
    page = await deliver(notifier, order)
    assert page.retry_at == clock.now() + timedelta(hours=6)

    plan.undecided.clear()
    await run(notifier.activities.send_page, order)
    assert post.mails == []
    await run(notifier.activities.send_page, order.model_copy(update={"awake": True}))

    assert [plan.state_of(item) for item in items] == ["delivered", "delivered"]


async def test_nothing_is_sent_while_nobody_can_be_asked(notifier: Notifier, plan: Plan, post: Post) -> None:
    item = notice("a@hp.test")
    order = plan.batch(item)
    await run(notifier.activities.take_over_batch, order)
    plan.away.add("clearance")
    with pytest.raises(Exception, match="503"):
        await run(notifier.activities.send_page, order)
    assert (post.mails, await states(notifier)) == ([], ["pending"])

    plan.away.clear()
    await deliver(notifier, order)
    assert plan.state_of(item) == "delivered"


async def test_outcomes_that_could_not_be_reported_are_reported_later(
    notifier: Notifier, plan: Plan, post: Post
) -> None:
    item = notice("a@hp.test")
    order = plan.batch(item)
    await run(notifier.activities.take_over_batch, order)
    plan.away.add("outcomes")
    with pytest.raises(Exception, match="503"):
        await run(notifier.activities.send_page, order)
    assert (len(post.mails), plan.outcomes) == (1, {})

    plan.away.clear()
    end = await run(notifier.activities.send_page, order)
    assert (end.remaining, plan.state_of(item), len(post.mails)) == (0, "delivered", 1)
    assert plan.finished == {order.batch_id}


async def test_an_interrupted_take_over_goes_on_where_it_was(notifier: Notifier, plan: Plan) -> None:
    order = plan.batch(*[notice(f"a{number}@hp.test") for number in range(1200)])
    plan.patience["notices"] = 4
    with pytest.raises(Exception, match="503"):
        await run(notifier.activities.take_over_batch, order)
    assert len(await states(notifier)) == 4 * PULL_SIZE
    plan.patience.clear()
    taken = await run(notifier.activities.take_over_batch, order)

    assert taken.notices == 1200
    assert plan.handed[order.batch_id] == 1200
    assert plan.calls["notices"] == 1200 // PULL_SIZE + 1
    assert len(await states(notifier)) == 1200


async def test_one_pull_brings_along_what_waits(notifier: Notifier, plan: Plan, post: Post) -> None:
    orders = [plan.batch(*[notice(f"b{batch}u{unit}@hp.test") for unit in range(24)]) for batch in range(20)]
    taken = await asyncio.gather(*(run(notifier.activities.take_over_batch, order) for order in orders))

    assert [batch.notices for batch in taken] == [24] * 20
    assert plan.handed == {order.batch_id: 24 for order in orders}
    assert plan.calls["notices"] == -(-20 // (PULL_SIZE // 24))
    for order in orders:
        await deliver(notifier, order)
    assert len(post.mails) == len({mail.recipient for mail in post.mails}) == 20 * 24


async def test_what_came_along_untold_is_told_by_its_own_delivery(notifier: Notifier, plan: Plan) -> None:
    first, second = plan.batch(notice("a@hp.test")), plan.batch(notice("b@hp.test"))
    plan.away.add("handed")
    with pytest.raises(Exception, match="503"):
        await run(notifier.activities.take_over_batch, first)
    plan.away.clear()
    asked = plan.calls["notices"]
    await run(notifier.activities.take_over_batch, second)

    assert (plan.handed, plan.calls["notices"]) == ({second.batch_id: 1}, asked)
    assert len(await states(notifier)) == 2


async def test_what_came_along_holds_no_sending_up(notifier: Notifier, plan: Plan, post: Post) -> None:
    first, second = plan.batch(notice("a@hp.test")), plan.batch(notice("b@hp.test"))
    await run(notifier.activities.take_over_batch, first)
    notifier.activities._taking_over = Precedence(lull=60)  # whoever comes first now holds sending up for ten seconds
    taken = await run(notifier.activities.take_over_batch, second)

    await asyncio.wait_for(run(notifier.activities.send_page, first), 5)
    assert (taken.notices, len(post.mails)) == (1, 1)


async def test_a_batch_nobody_knows_is_final(notifier: Notifier) -> None:
    with pytest.raises(ApplicationError) as refused:
        await run(notifier.activities.take_over_batch, DeliveryOrder(batch_id=new_id()))
    assert refused.value.non_retryable


async def test_a_notice_no_template_can_say_fails_alone(notifier: Notifier, plan: Plan, post: Post) -> None:
    odd, fine = notice("odd@hp.test"), notice("fine@hp.test")
    order = plan.batch(odd, fine)
    await run(notifier.activities.take_over_batch, order)
    async with notifier.engine.begin() as connection:
        await connection.exec_driver_sql("update notice set template_version = 99 where id = $1", (odd.notice_id,))
    await deliver(notifier, order)

    assert (plan.state_of(odd), plan.state_of(fine)) == ("failed", "delivered")


async def test_a_notice_whose_seat_changed_hands_goes_to_the_new_holder_only(
    notifier: Notifier, plan: Plan, post: Post
) -> None:
    left, shared, gone, stays = (
        notice("cu@hp.test", "cu2@hp.test"),
        notice("vt@hp.test"),
        notice("x@hp.test"),
        notice("y@hp.test"),
    )
    order = plan.batch(left, shared, gone, stays)
    for item, addresses in ((left, ["moi@hp.test", "moi2@hp.test"]), (shared, ["vt@hp.test"]), (gone, [])):
        again = notice(*addresses, link="https://cascade.test/l/fresh")
        again.recipient.addressee = "somebody else"
        plan.moved[item.notice_id] = again.model_copy(update={"notice_id": item.notice_id})
    post.refusals["moi@hp.test"] = "550 5.1.1 unknown"

    end = await deliver(notifier, order)

    assert end.remaining == 0
    assert sorted(mail.recipient for mail in post.mails) == ["moi2@hp.test", "vt@hp.test", "y@hp.test"]
    assert "/l/fresh" in post.received("moi2@hp.test")[0].text()
    assert "/l/fresh" in post.received("vt@hp.test")[0].text()
    assert "/l/secret-token" in post.received("y@hp.test")[0].text()
    assert [plan.state_of(item) for item in (left, shared, stays)] == ["delivered"] * 3
    assert (plan.state_of(gone), plan.outcomes[gone.notice_id].detail) == ("unreachable", "no_address")
    assert plan.finished == {order.batch_id}
