"""`notifier http`: the operator's view and bounces."""

from collections.abc import AsyncIterator

import httpx
import pytest
from cascade_contracts.delivery import Attention, DeliveryOrder
from integration.notifier.offices import TOKEN, MovableClock, Plan, Post, deliver, notice, run, serve
from notifier.assembly import Notifier
from notifier.http.app import create_app
from notifier.settings import Settings


@pytest.fixture
async def http(settings: Settings, clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with serve(create_app(settings, clock)) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        yield client


def bounce(to: str, *, status: str = "5.1.1", action: str = "failed", recipient: str = "a@hp.test") -> bytes:
    """A delivery report as Postfix writes it."""
    return f"""From: MAILER-DAEMON@relay.test
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you ...

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.test

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}> user unknown

--b--
""".encode()


async def test_health_says_whether_the_database_is_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).status_code == 200
    assert (await http.get("/health/ready")).json() == {"status": "ready"}


async def test_everything_internal_demands_the_token(http: httpx.AsyncClient) -> None:
    for headers in ({"authorization": ""}, {"authorization": "Bearer wrong"}):
        for method, path in (("GET", "/internal/v1/operations"), ("POST", "/internal/v1/bounces")):
            answer = await http.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_the_operator_sees_counts_and_deliveries_but_no_address(
    http: httpx.AsyncClient, notifier: Notifier, plan: Plan, post: Post
) -> None:
    post.refusals["dead@hp.test"] = "550 5.1.1 no such user"
    order = plan.batch(notice("a@hp.test"), notice("dead@hp.test"), notice("b@hp.test"))
    await deliver(notifier, order)

    view = (await http.get("/internal/v1/operations")).json()
    assert [(channel["channel"], channel["state"]) for channel in view["channels"]] == [("email", "up")]
    assert {key: view[key] for key in ("pending", "transmitting", "unknown", "failed", "suppressed")} == {
        "pending": 0,
        "transmitting": 0,
        "unknown": 0,
        "failed": 1,
        "suppressed": 0,
    }
    path = f"/internal/v1/batches/{order.batch_id}/deliveries"
    first = (await http.get(path, params={"limit": 2})).json()
    rest = (await http.get(path, params={"limit": 2, "after": first["next"]})).json()
    assert sorted(item["state"] for item in first["deliveries"] + rest["deliveries"]) == [
        "accepted",
        "accepted",
        "failed",
    ]
    assert rest["next"] is None
    assert "hp.test" not in str(first) + str(rest)


async def test_a_bounce_fails_the_notice_again_and_suppresses_the_address(
    http: httpx.AsyncClient, notifier: Notifier, plan: Plan, post: Post
) -> None:
    item = notice("a@hp.test")
    await deliver(notifier, plan.batch(item))
    [mail] = post.mails
    assert plan.state_of(item) == "delivered"

    for expected in (True, False):
        answer = await http.post("/internal/v1/bounces", content=bounce(mail.sender))
        assert answer.status_code == 200
        assert answer.json()["failed"] is expected
    assert plan.state_of(item) == "failed"
    assert "a@hp.test" not in str(plan.outcomes[item.notice_id].detail)

    second = notice("a@hp.test")
    await deliver(notifier, plan.batch(second))
    assert (plan.state_of(second), len(post.mails)) == ("unreachable", 1)


async def test_a_bounced_digest_fails_each_of_its_notices(
    http: httpx.AsyncClient, notifier: Notifier, plan: Plan, post: Post, clock: MovableClock
) -> None:
    waits = Attention(digest=True, digest_at=clock.now())
    items = [notice("a@hp.test").model_copy(update={"attention": waits}) for _ in range(3)]
    for order in [plan.batch(item) for item in items]:
        await run(notifier.activities.take_over_batch, order)
    for batch_id in plan.batches:
        await run(notifier.activities.send_page, DeliveryOrder(batch_id=batch_id))
    [mail] = post.mails
    assert {plan.state_of(item) for item in items} == {"delivered"}

    answer = await http.post("/internal/v1/bounces", content=bounce(mail.sender))

    assert answer.json()["failed"]
    assert {plan.state_of(item) for item in items} == {"failed"}


async def test_a_bounce_reported_while_plan_api_is_away_is_swept_up(
    http: httpx.AsyncClient, notifier: Notifier, plan: Plan, post: Post
) -> None:
    item = notice("a@hp.test")
    await deliver(notifier, plan.batch(item))
    plan.away.add("outcomes")
    await http.post("/internal/v1/bounces", content=bounce(post.mails[0].sender))
    assert plan.state_of(item) == "delivered"
    plan.away.clear()
    assert await notifier.reporter.sweep() == 1
    assert plan.state_of(item) == "failed"


async def test_delayed_or_forged_or_unreadable_reports_change_nothing(
    http: httpx.AsyncClient, notifier: Notifier, plan: Plan, post: Post
) -> None:
    item = notice("a@hp.test")
    await deliver(notifier, plan.batch(item))
    sender = post.mails[0].sender
    forged = sender.replace(sender[41:45], "0000" if sender[41:45] != "0000" else "1111")

    delayed = await http.post("/internal/v1/bounces", content=bounce(sender, action="delayed", status="4.4.1"))
    assert delayed.json()["failed"] is False
    for content, status, code in (
        (bounce(forged), 403, "bounce_forged"),
        (b"", 403, "bounce_forged"),
        (f"To: {sender}\n\nhello".encode(), 422, "bounce_unreadable"),
        (b"x" * 1_100_000, 422, "bounce_unreadable"),
    ):
        answer = await http.post("/internal/v1/bounces", content=content)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert plan.state_of(item) == "delivered"
