"""The operator is told by e-mail that steps do not fire, with Temporal away and without a batch."""

from datetime import timedelta

import httpx
import pytest
from harness.api import StillClock, api
from integration.notifier.offices import TOKEN, MovableClock, Post, serve
from notifier.http.app import create_app
from notifier.settings import Settings
from plan_api.supervision.canary import Canary
from pydantic import SecretStr

OPERATOR = "truc-ban@sogd.test"
ALARM = {"subject": "Cảnh báo", "text": "Nấc đôn đốc <không> chạy."}


@pytest.fixture
def alarming(settings: Settings, post: Post) -> Settings:
    return settings.model_copy(update={"smtp_port": post.port, "operator_email": OPERATOR})


async def test_a_missed_canary_reaches_the_operators_letter_box(
    alarming: Settings, clock: MovableClock, post: Post, plan_api_database: str
) -> None:
    async with (
        serve(create_app(alarming, clock)) as url,
        api(plan_api_database, clock=StillClock(), notifier_url=url, internal_token=SecretStr(TOKEN)) as client,
    ):
        canary = Canary(client.services)
        await canary.look()
        assert post.mails == []
        still = client.services.clock
        assert isinstance(still, StillClock)
        still.at += timedelta(minutes=7)
        await canary.look()
        await canary.look()
    (mail,) = post.mails
    assert (mail.recipient, mail.message["Subject"]) == (OPERATOR, "Cảnh báo: các nấc đôn đốc không chạy")
    assert "due: step not taken" in mail.text()


async def test_without_an_address_or_a_relay_nothing_breaks_and_the_caller_hears_why(
    alarming: Settings, clock: MovableClock, unused_port: int, post: Post
) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    for change, detail in (({"operator_email": ""}, "no_operator"), ({"smtp_port": unused_port}, "")):
        app = create_app(alarming.model_copy(update=change), clock)
        async with serve(app) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
            answer = (await client.post("/internal/v1/alarms", json=ALARM)).json()
            assert answer["sent"] is False
            assert detail in answer["detail"]
            assert (
                await client.post("/internal/v1/alarms", json=ALARM, headers={"authorization": "x"})
            ).status_code == 401
    assert post.mails == []
