"""Zalo's webhooks: receipts count, what is forged, replayed or altered is refused, logged and harmless."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cascade_local.zalo.oauth import APP_ID, APP_SECRET, OA_ID
from cascade_local.zalo.state import State
from cascade_local.zalo.webhooks import OA_SECRET
from harness.zalo import Zalo, simulated_zalo
from integration.notifier.offices import TOKEN, MovableClock, Plan, Post, deliver, run, serve, states
from integration.notifier.test_zalo import FixedTokens, approved, reach, register
from notifier.assembly import Notifier, assemble
from notifier.channels.zalo.signatures import sign
from notifier.http.app import create_app
from notifier.settings import Settings
from pydantic import SecretStr
from sqlalchemy import text

PHONE, NUMBER = "0900000001", "84900000001"
USER = "5550001112223334445"


@dataclass
class Office:
    """A worker's notifier, the simulator, and notifier's own address."""

    notifier: Notifier
    zalo: Zalo
    http: httpx.AsyncClient

    async def webhook(self, event: str, fields: dict[str, Any] | None = None, **how: Any) -> list[int]:
        """Have the simulator send a webhook; return the statuses it was answered with."""
        order = {"event_name": event, "fields": fields or {}, **how}
        async with httpx.AsyncClient(base_url=self.zalo.url, trust_env=False) as client:
            answers: list[int] = (await client.post("/control/webhooks", json=order)).json()["answers"]
            return answers

    async def events(self) -> list[tuple[str, str | None, int]]:
        """Return what became of events: name, outcome, how many."""
        found = (await self.http.get("/internal/v1/zalo/events")).json()
        return [(each["name"], each["outcome"], each["events"]) for each in found]

    async def comes(self, event: tuple[str, str, int]) -> None:
        """Wait until an event stands so."""
        async with asyncio.timeout(20):
            while event not in await self.events():  # noqa: ASYNC110 - another task's work
                await asyncio.sleep(0.02)

    async def worked_off(self, count: int) -> list[tuple[str, str | None, int]]:
        """Wait until so many events have an outcome and none waits."""
        async with asyncio.timeout(20):
            while True:
                async with self.notifier.engine.connect() as connection:
                    row = (await connection.execute(text("select count(worked_at), count(*) from zalo_event"))).one()
                if tuple(row) == (count, count):
                    return await self.events()
                await asyncio.sleep(0.02)


@pytest.fixture
def on(settings: Settings, post: Post, tmp_path: Path) -> Settings:
    return settings.model_copy(
        update={
            "smtp_port": post.port,
            "zalo_app_id": APP_ID,
            "zalo_app_secret": SecretStr(APP_SECRET),
            "zalo_oa_id": OA_ID,
            "zalo_oa_secret": SecretStr(OA_SECRET),
            "zalo_templates": register(tmp_path),
            "zalo_timeout": 1.0,
        }
    )


@pytest.fixture
async def office(on: Settings, clock: MovableClock) -> AsyncIterator[Office]:
    async with simulated_zalo(State(clock=lambda: clock.now().timestamp())) as zalo:
        zalo.state.templates = {template.id: template for template in approved()}
        hosts = {"zalo_business_url": zalo.url, "zalo_oa_url": zalo.url, "zalo_oauth_url": zalo.url}
        settled = on.model_copy(update=hosts)
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            assemble(settled, clock, FixedTokens()) as notifier,
            serve(create_app(settled, clock)) as url,
            httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http,
        ):
            async with httpx.AsyncClient(base_url=zalo.url, trust_env=False) as client:
                await client.put("/control/webhooks", json={"url": url})
            yield Office(notifier, zalo, http)


def receipt(message: Any) -> dict[str, Any]:
    """The fields of a receipt."""
    said = {"msg_id": message.msg_id, "tracking_id": message.tracking_id, "delivery_time": str(message.sent_time)}
    return {"sender": {"id": OA_ID}, "recipient": {"id": message.to}, "message": said}


async def test_a_receipt_by_webhook_delivers_the_notice_and_is_erased(office: Office, plan: Plan) -> None:
    item = reach(PHONE, "a@hp.test")
    await deliver(office.notifier, plan.batch(item))
    assert await office.worked_off(1) == [("user_received_message", "delivered", 1)]
    assert await states(office.notifier) == ["delivered", "standby"]
    assert plan.state_of(item) == "delivered"
    async with office.notifier.engine.connect() as connection:
        row = (await connection.execute(text("select body_enc, signed_by from zalo_event"))).one()
    assert tuple(row) == (None, "app_id/body/oa_secret")


async def test_a_receipt_sent_twice_and_then_late_counts_once(office: Office, plan: Plan) -> None:
    office.zalo.person(NUMBER, delivers=False)
    item = reach(PHONE, "a@hp.test")
    await deliver(office.notifier, plan.batch(item))
    [message] = office.zalo.state.messages.values()
    assert await office.webhook("user_received_message", receipt(message), mode="duplicate") == [200, 200]
    assert await office.webhook("user_received_message", receipt(message), age_seconds=3600) == [200]
    assert await office.worked_off(1) == [("user_received_message", "delivered", 1)]
    assert plan.state_of(item) == "delivered"
    assert plan.calls["outcomes"] == 1


@pytest.mark.parametrize(
    "how",
    [{"mode": "forged"}, {"mode": "altered"}, {"mode": "unsigned"}, {"age_seconds": 7300}, {"age_seconds": -7300}],
)
async def test_what_is_not_zalos_is_refused_logged_without_personal_data_and_harmless(
    office: Office, plan: Plan, how: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    office.zalo.person(NUMBER, delivers=False)
    item = reach(PHONE, "a@hp.test")
    await deliver(office.notifier, plan.batch(item))
    [message] = office.zalo.state.messages.values()
    assert await office.webhook("user_received_message", receipt(message), **how) == [403]
    assert await office.events() == []
    assert await states(office.notifier) == ["awaiting", "standby"]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("notifier")]
    assert any("webhook" in line and "refused" in line for line in ours)
    for secret in (NUMBER, message.msg_id, OA_SECRET, APP_SECRET):
        assert secret not in "\n".join(ours)


async def test_a_recorded_webhook_played_again_much_later_is_refused(
    office: Office, plan: Plan, clock: MovableClock
) -> None:
    stamp = str(int(clock.now().timestamp() * 1000))
    raw = f'{{"event_name": "follow", "timestamp": "{stamp}", "follower": {{"id": "{USER}"}}}}'.encode()
    headers = {"x-zevent-signature": f"mac={sign(APP_ID, raw, stamp, OA_SECRET)}", "authorization": ""}
    assert (await office.http.post("/zalo/webhooks", content=raw, headers=headers)).json() == {
        "taken": True,
        "new": True,
    }
    assert (await office.http.post("/zalo/webhooks", content=raw, headers=headers)).json()["new"] is False
    clock.pass_time(timedelta(minutes=121))
    answer = await office.http.post("/zalo/webhooks", content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "zalo_webhook_stale")
    assert not plan.outcomes


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"timestamp": "x"}', b"[" * 60_000, b"x" * 70_000])
async def test_nonsense_is_refused(office: Office, body: bytes) -> None:
    headers = {"x-zevent-signature": f"mac={sign(APP_ID, body, 'x', OA_SECRET)}", "x-zevent-timestamp": "x"}
    answer = await office.http.post("/zalo/webhooks", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "zalo_webhook_forged")


async def test_a_receipt_of_a_message_not_ours_is_given_up_quietly(office: Office, clock: MovableClock) -> None:
    message = {"msg_id": "123", "delivery_time": "1"}
    assert await office.webhook("user_received_message", {"message": message}) == [200]
    await office.comes(("user_received_message", "the message is not known yet", 1))
    for _ in range(2):
        clock.pass_time(timedelta(minutes=12))
        await office.webhook("oa_send_text", {"message": {"msg_id": str(clock.at)}})  # wakes the desk
    await office.comes(("user_received_message", "not_ours", 1))


async def test_a_template_of_ours_that_is_disabled_alarms_others_and_quota_are_recorded(office: Office) -> None:
    for template, status in (("300001", "DISABLE"), ("999999", "DISABLE"), ("300002", "ENABLE")):
        fields = {"template_id": template, "status": {"prev_status": "ENABLE", "new_status": status}}
        assert await office.webhook("change_template_status", fields) == [200]
    await office.webhook("change_oa_daily_quota", {"quota": {"prev_quota": "500", "new_quota": "5000"}})
    assert await office.worked_off(4) == [
        ("change_oa_daily_quota", "quota 5000", 1),
        ("change_template_status", "300001 DISABLE", 1),
        ("change_template_status", "300002 ENABLE", 1),
        ("change_template_status", "999999 DISABLE", 1),
    ]
    async with office.notifier.engine.connect() as connection:
        keys = (await connection.execute(text("select key from alarm"))).scalars().all()
    assert keys == ["zalo/template: 300001 DISABLE"]


async def test_with_plan_api_away_a_webhook_is_answered_and_reported_later(office: Office, plan: Plan) -> None:
    office.zalo.person(NUMBER, delivers=False)
    item = reach(PHONE, "a@hp.test")
    order = plan.batch(item)
    await deliver(office.notifier, order)
    plan.away = {"outcomes"}
    [message] = office.zalo.state.messages.values()
    assert await office.webhook("user_received_message", receipt(message)) == [200]
    await office.worked_off(1)
    assert item.notice_id not in plan.outcomes
    plan.away = set()
    await run(office.notifier.activities.send_page, order)
    assert plan.state_of(item) == "delivered"


async def test_who_linked_zalo_is_written_to_by_user_id_and_after_leaving_by_phone(office: Office, plan: Plan) -> None:
    office.zalo.person(NUMBER, user_id=USER)
    linked, after = reach(PHONE, "a@hp.test"), reach(PHONE, "a@hp.test")
    linked.recipient.zalo_user_id = USER
    await deliver(office.notifier, plan.batch(linked))
    await deliver(office.notifier, plan.batch(after))
    sent = [(message.by, message.to) for message in office.zalo.state.messages.values()]
    assert sent == [("uid", USER), ("phone", NUMBER)]
    assert await office.worked_off(2) == [("user_received_message", "delivered", 2)]
    async with office.notifier.engine.connect() as connection:
        kept = (await connection.execute(text("select recipient::text from notice"))).scalars().all()
    assert USER not in "".join(kept)


async def test_what_was_worked_on_is_forgotten_after_a_month(office: Office, clock: MovableClock) -> None:
    assert await office.webhook("follow", {"follower": {"id": USER}}) == [200]
    await office.worked_off(1)
    clock.pass_time(timedelta(days=31))
    assert await office.webhook("follow", {"follower": {"id": USER}}) == [200]
    async with asyncio.timeout(20):
        while await office.events() != [("follow", "ignored", 1)]:  # noqa: ASYNC110 - another task's work
            await asyncio.sleep(0.02)
