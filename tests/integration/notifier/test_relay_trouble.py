"""A relay that is away, refuses, cuts the line or keeps silent: nothing is lost, nothing is sent twice."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from integration.notifier.conftest import Opener
from integration.notifier.offices import MovableClock, Plan, Post, deliver, notice, relay, rows, run, states
from notifier.assembly import Notifier
from notifier.models import DeliveryState
from notifier.store.journal import Mark
from sqlalchemy import text


async def test_with_the_relay_away_notices_wait_and_the_channel_shows_it(
    open_notifier: Opener, plan: Plan, clock: MovableClock, unused_port: int
) -> None:
    item = notice("a@hp.test")
    order = plan.batch(item)
    async with open_notifier(smtp_port=unused_port) as notifier:
        page = await deliver(notifier, order)
        assert (page.remaining, page.retry_at) == (1, clock.now() + timedelta(seconds=4))
        assert await states(notifier) == ["pending"]
        [health] = await rows(notifier, "select * from channel_health")
        assert (health.channel, health.state) == ("email", "down")

        again = await run(notifier.activities.send_page, order)
        assert again.retry_at == page.retry_at

        async with relay(Post(port=unused_port)) as post:
            clock.pass_time(timedelta(seconds=4))
            await deliver(notifier, order)
            assert [mail.recipient for mail in post.mails] == ["a@hp.test"]
            [health] = await rows(notifier, "select * from channel_health")
            assert health.state == "up"
    assert plan.state_of(item) == "delivered"


async def test_a_refused_sender_stops_the_channel_not_the_recipients(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    post.sender_refusal = "550 5.7.1 sender not allowed"
    items = [notice(f"a{number}@hp.test") for number in range(20)]
    order = plan.batch(*items)
    page = await deliver(notifier, order)
    assert page.remaining == 20
    assert set(await states(notifier)) == {"pending"}
    assert await rows(notifier, "select * from suppression") == []

    post.sender_refusal = None
    clock.pass_time(timedelta(seconds=4))
    await deliver(notifier, order)
    assert {plan.state_of(item) for item in items} == {"delivered"}


async def test_a_recipient_refused_for_now_is_tried_again_alone(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    post.refusals["xam@hp.test"] = "451 4.7.1 greylisted"
    grey, fine = notice("xam@hp.test"), notice("fine@hp.test")
    order = plan.batch(grey, fine)
    page = await deliver(notifier, order)
    assert (page.remaining, page.retry_at) == (1, clock.now() + timedelta(seconds=60))
    assert plan.state_of(fine) == "delivered"

    post.refusals.clear()
    clock.pass_time(timedelta(seconds=61))
    await deliver(notifier, order)
    assert plan.state_of(grey) == "delivered"
    assert [len(post.received(name)) for name in ("xam@hp.test", "fine@hp.test")] == [1, 1]


async def test_a_recipient_refused_for_days_fails(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    post.refusals["xam@hp.test"] = "452 4.2.2 mailbox full"
    item = notice("xam@hp.test")
    order = plan.batch(item)
    await deliver(notifier, order)
    clock.pass_time(timedelta(days=5))
    await deliver(notifier, order)

    assert plan.state_of(item) == "failed"
    assert await rows(notifier, "select * from suppression") == []


async def test_refused_content_fails_without_blaming_the_address(notifier: Notifier, plan: Plan, post: Post) -> None:
    post.content = "554 5.7.1 message looks like spam"
    item = notice("a@hp.test")
    await deliver(notifier, plan.batch(item))

    assert plan.state_of(item) == "failed"
    assert await rows(notifier, "select * from suppression") == []


async def test_a_line_cut_after_the_content_is_unknown_and_never_sent_again(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    post.drop = True
    item = notice("a@hp.test", "second@hp.test")
    order = plan.batch(item)
    await deliver(notifier, order)
    assert plan.state_of(item) == "unknown"

    post.drop = False
    clock.pass_time(timedelta(hours=1))
    for _ in range(3):
        await deliver(notifier, order)
    assert len(post.taken) == 1
    assert await states(notifier) == ["unknown", "standby"]


async def test_a_line_cut_before_the_content_is_a_safe_retreat(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    post.drop_at_data_command = 1
    item = notice("a@hp.test")
    order = plan.batch(item)
    page = await deliver(notifier, order)
    assert (page.remaining, await states(notifier)) == (1, ["pending"])

    clock.pass_time(timedelta(minutes=1))
    await deliver(notifier, order)
    assert (plan.state_of(item), len(post.mails)) == ("delivered", 1)


async def test_a_silent_relay_makes_the_outcome_unknown_and_rests_the_channel(
    open_notifier: Opener, plan: Plan, post: Post
) -> None:
    post.silent = asyncio.Event()
    items = [notice(f"a{number}@hp.test") for number in range(30)]
    async with open_notifier(smtp_port=post.port, smtp_timeout=0.3, smtp_connections=2) as notifier:
        page = await deliver(notifier, plan.batch(*items))
        found = await states(notifier)
        [health] = await rows(notifier, "select * from channel_health")
        post.silent.set()
    assert page.remaining == 28
    assert sorted(found) == ["pending"] * 28 + ["unknown"] * 2
    assert health.state == "down"


async def test_an_answer_slower_than_a_page_is_still_heard(
    open_notifier: Opener, plan: Plan, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.silent = asyncio.Event()
    item = notice("a@hp.test")
    order = plan.batch(item)
    monkeypatch.setattr("notifier.sending.GRACE", 0.05)
    async with open_notifier(smtp_port=post.port, smtp_timeout=20.0) as notifier:
        await run(notifier.activities.take_over_batch, order)
        monkeypatch.setattr(notifier.activities._pages, "_page_time", 0.3)
        page = await run(notifier.activities.send_page, order)
        assert (page.remaining, await states(notifier)) == (1, ["transmitting"])
        assert page.retry_at is not None

        post.silent.set()
        await notifier.attempts.drain()
        end = await deliver(notifier, order)
    assert (end.remaining, plan.state_of(item), len(post.mails)) == (0, "delivered", 1)


async def test_a_connection_the_relay_closed_meanwhile_is_replaced(notifier: Notifier, plan: Plan, post: Post) -> None:
    await deliver(notifier, plan.batch(notice("a@hp.test")))
    post.refusals["b@hp.test"] = "250 OK"
    channel = notifier.attempts._registry._channels["email"]  # type: ignore[index]
    for dialogue in channel._pool._idle:  # type: ignore[attr-defined]
        dialogue.smtp.transport.abort()
    item = notice("c@hp.test")
    await deliver(notifier, plan.batch(item))
    assert plan.state_of(item) == "delivered"


async def test_a_relay_that_allows_few_connections_is_served_with_few(
    notifier: Notifier, plan: Plan, post: Post
) -> None:
    post.most_connections = 3
    items = [notice(f"a{number}@hp.test") for number in range(120)]
    end = await deliver(notifier, plan.batch(*items))

    assert (end.remaining, len(post.mails)) == (0, 120)
    assert {plan.state_of(item) for item in items} == {"delivered"}


async def test_a_killed_attempt_is_repeated_only_if_nothing_left(
    notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    claimed, transmitting = notice("claimed@hp.test"), notice("transmitting@hp.test")
    order = plan.batch(claimed, transmitting)
    await run(notifier.activities.take_over_batch, order)
    async with notifier.engine.begin() as connection:  # as a process leaves them that was killed here
        await connection.execute(
            text(
                "update delivery set attempt_token = gen_random_uuid(), claimed_at = :now, attempts = 1,"
                " state = case notice_id when :sent then 'transmitting' else 'claimed' end,"
                " transmitting_at = case notice_id when :sent then cast(:now as timestamptz) end"
            ),
            {"now": clock.now(), "sent": transmitting.notice_id},
        )
    page = await run(notifier.activities.send_page, order)
    assert (page.settled, page.remaining) == (0, 2)
    assert page.retry_at == clock.now() + timedelta(seconds=7)

    clock.pass_time(timedelta(seconds=30))
    await deliver(notifier, order)
    assert (plan.state_of(claimed), plan.state_of(transmitting)) == ("delivered", "unknown")
    assert [mail.recipient for mail in post.mails] == ["claimed@hp.test"]


async def test_a_page_killed_after_the_answer_is_settled_by_the_next(
    notifier: Notifier, plan: Plan, post: Post
) -> None:
    item = notice("a@hp.test")
    order = plan.batch(item)
    await run(notifier.activities.take_over_batch, order)
    async with notifier.engine.begin() as connection:
        await connection.execute(text("update delivery set state = 'accepted', attempts = 1"))
    await deliver(notifier, order)
    assert (plan.state_of(item), post.mails) == ("delivered", [])


async def test_two_workers_at_one_batch_send_everything_once(
    notifier: Notifier, open_notifier: Opener, plan: Plan, post: Post
) -> None:
    order = plan.batch(*[notice(f"a{number}@hp.test") for number in range(300)])
    async with open_notifier(smtp_port=post.port) as other:
        await run(notifier.activities.take_over_batch, order)
        await asyncio.gather(*(run(one.activities.send_page, order) for one in (notifier, other, notifier, other)))
        await deliver(other, order)
    assert sorted(mail.recipient for mail in post.mails) == sorted(f"a{number}@hp.test" for number in range(300))


async def test_a_mark_whose_commit_is_in_doubt_is_taken_back_and_nothing_was_sent(
    notifier: Notifier, plan: Plan, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = notifier.attempts._journal
    write = journal.write
    failures = 1

    async def committed_but_unheard(marks: Sequence[Mark]) -> bool:
        nonlocal failures
        done = await write(marks)
        if marks[0].state is DeliveryState.TRANSMITTING and failures:
            failures -= 1
            raise ConnectionResetError
        return done

    monkeypatch.setattr(journal, "write", committed_but_unheard)
    item = notice("a@hp.test")
    order = plan.batch(item)
    await run(notifier.activities.take_over_batch, order)
    await run(notifier.activities.send_page, order)
    assert (post.taken, await states(notifier)) == ([], ["pending"])
    await deliver(notifier, order)
    assert (plan.state_of(item), len(post.mails)) == ("delivered", 1)


async def test_a_cancelled_page_gives_its_claims_back(notifier: Notifier, plan: Plan, post: Post) -> None:
    post.silent = asyncio.Event()
    order = plan.batch(*[notice(f"a{number}@hp.test") for number in range(50)])
    await run(notifier.activities.take_over_batch, order)
    page = asyncio.create_task(run(notifier.activities.send_page, order))
    while len(post.taken) < 8:  # noqa: ASYNC110 - a state of the relay
        await asyncio.sleep(0.01)
    page.cancel()
    with pytest.raises(asyncio.CancelledError):
        await page
    assert sorted(await states(notifier)) == ["pending"] * 42 + ["transmitting"] * 8

    post.silent.set()
    await notifier.attempts.drain()
    post.silent = None
    await deliver(notifier, order)
    assert len(post.mails) == 50
