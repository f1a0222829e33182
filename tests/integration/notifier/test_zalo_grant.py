"""The grant of Zalo: rotated once by many, never lost without an alarm, seeded and consented to anew."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cascade_console.checks import Context, Standing
from cascade_console.main import build_app
from cascade_console.zalo import check_grant
from cascade_local.zalo.oauth import APP_ID, APP_SECRET, FIRST_PAIR, OA_ID
from cascade_local.zalo.state import FIRST_TOKEN, Fault
from harness.zalo import Zalo, simulated_zalo, template
from integration.notifier.conftest import Opener
from integration.notifier.offices import TOKEN, MovableClock, Post, serve
from notifier.assembly import Notifier
from notifier.channels.zalo.client import TokenGone
from notifier.channels.zalo.oauth import TokenPair
from notifier.channels.zalo.tokens import TokenKeeper
from notifier.http.app import create_app
from notifier.settings import Settings
from notifier.store.zalo_grant import ZaloGrantStore
from pydantic import SecretStr
from sqlalchemy import text
from typer.testing import CliRunner

TESTS = Path(__file__).parents[2]
OPERATOR = "truc-ban@sogd.test"
GRANT = "/internal/v1/zalo/grant"
TOKENS = "/v4/oa/access_token"


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    async with simulated_zalo() as served:
        served.state.templates["100001"] = template(name=30)
        yield served


@pytest.fixture
def zalo_settings(settings: Settings, zalo: Zalo, post: Post) -> Settings:
    return settings.model_copy(
        update={
            "zalo_app_id": APP_ID,
            "zalo_app_secret": SecretStr(APP_SECRET),
            "zalo_oa_id": OA_ID,
            "zalo_oauth_url": zalo.url,
            "zalo_oauth_timeout": 2.0,
            "operator_email": OPERATOR,
            "smtp_port": post.port,
        }
    )


@dataclass
class Office:
    """A worker's notifier with Zalo on, and its keeper."""

    parts: Notifier
    clock: MovableClock

    @property
    def keeper(self) -> TokenKeeper:
        assert self.parts.zalo is not None
        return self.parts.zalo.keeper

    @property
    def store(self) -> ZaloGrantStore:
        assert self.parts.zalo is not None
        return self.parts.zalo.store

    async def plant(self) -> None:
        """Put the simulator's first pair in, as if just consented to."""
        now = self.clock.now()
        pair = TokenPair(FIRST_PAIR["access_token"], FIRST_PAIR["refresh_token"])
        await self.store.plant(pair, APP_ID, now, proven=True, consented_at=now)

    async def state(self) -> str:
        grant = await self.store.read()
        assert grant is not None
        return str(grant.state)


@pytest.fixture
async def office(open_notifier: Opener, zalo_settings: Settings, clock: MovableClock) -> AsyncIterator[Office]:
    async with open_notifier(**zalo_settings.model_dump()) as parts:
        opened = Office(parts, clock)
        await opened.plant()
        yield opened


@pytest.fixture
async def http(zalo_settings: Settings, clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    app = create_app(zalo_settings, clock)
    async with serve(app) as url, httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        yield client


async def told(zalo: Zalo, path: str = "") -> dict[str, Any]:
    """What the simulator's desk has in its log; with a path: tell it something."""
    async with httpx.AsyncClient(base_url=zalo.url, trust_env=False) as client:
        if path:
            await client.post(f"/control/oauth/{path}")
        found: dict[str, Any] = (await client.get("/control/oauth")).json()
        return found


async def good(zalo: Zalo, token: str) -> bool:
    async with httpx.AsyncClient(base_url=zalo.url, trust_env=False) as client:
        return bool((await client.get("/message/quota", headers={"access_token": token})).json()["error"] == 0)


async def seen(zalo: Zalo, fault: str) -> None:
    """Wait until a request has met the fault, and was carried out if it is."""
    async with asyncio.timeout(30):
        while not zalo.state.counts[fault] or ("accepted" in fault and not (await told(zalo))["given"]):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def sender(settings: Settings, clock: MovableClock, messages: int) -> AsyncIterator[Process]:
    """A process of its own that is about to send."""
    named = {
        "DATABASE_URL": settings.database_url,
        "INTERNAL_TOKEN": TOKEN,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "MAIL_FROM": settings.mail_from,
        "ZALO_APP_ID": APP_ID,
        "ZALO_APP_SECRET": APP_SECRET,
        "ZALO_OA_ID": OA_ID,
        "ZALO_OAUTH_URL": settings.zalo_oauth_url,
        "CLOCK_OFFSET_SECONDS": str((clock.now() - datetime.now(UTC)).total_seconds()),
    }
    environment = {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        **{f"NOTIFIER_{name}": value for name, value in named.items()},
    }
    arguments = ["-m", "harness.zalo_sender", str(messages)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
    )
    assert process.stdout is not None
    try:
        first = await asyncio.wait_for(process.stdout.readline(), 240)
        if first != b"ready\n":
            assert process.stderr is not None
            raise AssertionError((await process.stderr.read()).decode())
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def ended(process: Process) -> dict[str, int]:
    """Let a sender begin; return what its messages ended with."""
    output, errors = await asyncio.wait_for(process.communicate(b"go\n"), 120)
    assert process.returncode == 0, errors.decode()
    found: dict[str, int] = json.loads(output)
    return found


async def test_two_processes_400_sends_and_an_expired_token_make_one_refresh(
    office: Office, zalo: Zalo, zalo_settings: Settings, clock: MovableClock
) -> None:
    async with sender(zalo_settings, clock, 200) as one, sender(zalo_settings, clock, 200) as two:
        await told(zalo, "expire")
        ends = await asyncio.gather(ended(one), ended(two))
    assert list(ends) == [{"accepted": 200}, {"accepted": 200}]
    assert (await told(zalo))["log"] == [{"grant_type": "refresh_token", "error": 0}]
    assert len(zalo.state.messages) == 400
    grant = await office.store.read()
    assert grant is not None
    assert (grant.generation, grant.state, grant.access) == (2, "fine", zalo.state.access_token)


async def test_killed_between_rotation_and_commit_alarms_tries_once_and_stops(
    office: Office, zalo: Zalo, zalo_settings: Settings, post: Post, clock: MovableClock
) -> None:
    zalo.state.faults.append(Fault("hang", TOKENS, accepted=True))
    async with sender(zalo_settings, clock, 5) as process:
        await told(zalo, "expire")
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        await process.stdin.drain()
        await seen(zalo, "hang accepted")
        process.kill()
        await process.wait()
    await office.keeper.look()
    assert await office.state() == "in_doubt"
    assert [mail.message["Subject"] for mail in post.mails] == ["Cảnh báo: quyền gửi tin Zalo chưa rõ"]
    assert len((await told(zalo))["log"]) == 1

    for _ in range(30):  # one recovery, refused; then nothing more is asked of Zalo
        clock.pass_time(timedelta(hours=1))
        await office.keeper.look()
        with pytest.raises(TokenGone):
            await office.keeper.after_rejection(FIRST_TOKEN)
    assert [line["error"] for line in (await told(zalo))["log"]] == [0, -14014]
    assert await office.state() == "lost"
    subjects = [mail.message["Subject"] for mail in post.mails]
    assert subjects[1:] == ["Cảnh báo: mất quyền gửi tin Zalo"] * 2, "at once, and daily"
    assert "rt-" not in "".join(mail.text() for mail in post.mails)

    await office.plant()  # the documented way out is a new consent; any pair that is good will do
    zalo.state.access_token = FIRST_TOKEN
    assert await office.keeper.access_token() == FIRST_TOKEN
    await office.keeper.look()
    assert await office.state() == "fine"


async def test_killed_before_zalo_rotated_is_recovered_by_itself(
    office: Office, zalo: Zalo, zalo_settings: Settings, clock: MovableClock
) -> None:
    zalo.state.faults.append(Fault("hang", TOKENS))
    async with sender(zalo_settings, clock, 1) as process:
        await told(zalo, "expire")
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        await process.stdin.drain()
        await seen(zalo, "hang")
    await office.keeper.look()
    assert await office.state() == "in_doubt"
    clock.pass_time(timedelta(minutes=2))
    await office.keeper.look()
    assert await office.state() == "fine"
    assert await good(zalo, await office.keeper.access_token())
    assert [line["error"] for line in (await told(zalo))["log"]] == [0]


@pytest.mark.parametrize("kind", ["reset", "truncated", "http", "hang"])
async def test_an_answer_lost_after_the_rotation_is_told_and_tried_once(
    office: Office, zalo: Zalo, post: Post, clock: MovableClock, kind: str
) -> None:
    zalo.state.faults.append(Fault(kind, TOKENS, accepted=True))
    clock.pass_time(timedelta(hours=20))
    for _ in range(10):
        await office.keeper.look()
        clock.pass_time(timedelta(minutes=5))
    assert [line["error"] for line in (await told(zalo))["log"]] == [0, -14014]
    assert await office.state() == "lost"
    assert [mail.message["Subject"] for mail in post.mails] == [
        "Cảnh báo: quyền gửi tin Zalo chưa rõ",
        "Cảnh báo: mất quyền gửi tin Zalo",
    ]


@pytest.mark.parametrize("fault", [Fault("reset", TOKENS), Fault("http", TOKENS), Fault("garbage", TOKENS)])
async def test_an_answer_lost_before_the_rotation_costs_no_grant(
    office: Office, zalo: Zalo, clock: MovableClock, fault: Fault
) -> None:
    zalo.state.faults.append(fault)
    clock.pass_time(timedelta(hours=20))
    await office.keeper.look()
    assert await good(zalo, await office.keeper.access_token()), "what still lives is sent with"
    clock.pass_time(timedelta(minutes=5))
    await office.keeper.look()
    assert await office.state() == "fine"
    assert await good(zalo, await office.keeper.access_token())


async def test_zalo_out_of_reach_is_no_doubt_however_long(
    office: Office, zalo: Zalo, clock: MovableClock, unused_port: int
) -> None:
    app = office.keeper._oauth.app
    office.keeper._oauth.app = type(app)(app.app_id, app.secret, app.verifier, f"http://127.0.0.1:{unused_port}", 1.0)
    clock.pass_time(timedelta(hours=20))
    for _ in range(8):
        await office.keeper.look()
        clock.pass_time(timedelta(minutes=30))
    grant = await office.store.read()
    assert grant is not None
    assert (grant.state, grant.doubts, grant.failures) == ("fine", 0, 7)
    office.keeper._oauth.app = app
    clock.pass_time(timedelta(hours=1))
    await office.keeper.look()
    assert (await told(zalo))["given"] == 1


async def test_a_pair_that_cannot_be_written_down_is_kept_until_it_can(
    office: Office, zalo: Zalo, clock: MovableClock, zalo_settings: Settings
) -> None:
    zalo.state.faults.append(Fault("slow", TOKENS, seconds=1.0))
    clock.pass_time(timedelta(hours=20))
    looking = asyncio.create_task(office.keeper.look())
    await seen(zalo, "slow")
    async with office.parts.engine.begin() as connection:
        await connection.execute(
            text("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'")
        )
    await looking
    assert (await told(zalo))["given"] == 1
    assert await office.state() == "fine"
    assert await good(zalo, await office.keeper.access_token())


async def test_tokens_are_rotated_at_twenty_hours_and_encrypted(
    office: Office, zalo: Zalo, clock: MovableClock
) -> None:
    clock.pass_time(timedelta(hours=19, minutes=59))
    await office.keeper.look()
    assert (await told(zalo))["given"] == 0
    clock.pass_time(timedelta(minutes=1))
    await office.keeper.look()
    await office.keeper.look()
    assert (await told(zalo))["given"] == 1
    async with office.parts.engine.connect() as connection:
        row = (await connection.execute(text("select access_enc, refresh_enc from zalo_grant"))).one()
    assert zalo.state.access_token not in row.access_enc
    assert row.access_enc.startswith("s1:")
    assert row.refresh_enc.startswith("s1:")


async def test_a_fresh_token_that_is_rejected_is_not_rotated_again(
    office: Office, zalo: Zalo, clock: MovableClock, post: Post
) -> None:
    clock.pass_time(timedelta(hours=20))
    await office.keeper.look()
    token = await office.keeper.access_token()
    for _ in range(5):
        with pytest.raises(TokenGone):
            await office.keeper.after_rejection(token)
    await office.keeper.look()
    assert (await told(zalo))["given"] == 1
    assert [mail.message["Subject"] for mail in post.mails] == ["Cảnh báo: không làm mới được mã truy cập Zalo"]


async def test_an_administrator_hears_two_weeks_before_the_grant_ends(
    office: Office, zalo: Zalo, clock: MovableClock, post: Post
) -> None:
    for _ in range(100):
        clock.pass_time(timedelta(hours=20))
        await office.keeper.look()
    subjects = [mail.message["Subject"] for mail in post.mails]
    assert set(subjects) == {"Nhắc việc: quyền gửi tin Zalo sắp hết hạn"}
    assert 5 <= len(subjects) <= 8
    for _ in range(20):
        clock.pass_time(timedelta(hours=20))
        await office.keeper.look()
    assert post.mails[-1].message["Subject"] == "Cảnh báo: quyền gửi tin Zalo đã đến hạn"
    assert (await told(zalo))["given"] == 120, "it is kept alive all the same"


async def test_seeding_proves_the_pair_by_rotating_it_and_shows_no_token(
    http: httpx.AsyncClient, office: Office, zalo: Zalo
) -> None:
    seeded = await http.put(GRANT, json=FIRST_PAIR)
    assert seeded.json()["state"] == "fine"
    await office.keeper.look()
    shown = await http.get(GRANT)
    body = shown.json()
    assert (body["generation"], body["trouble"], body["age_days"]) == (3, None, 0)
    assert [line["outcome"] for line in body["rotations"]] == ["rotated"]
    assert zalo.state.access_token not in shown.text
    for wrong in ({"access_token": "", "refresh_token": "x"}, {"access_token": "a b", "refresh_token": "x"}, {}):
        assert (await http.put(GRANT, json=wrong)).status_code == 422
    assert (await http.get(GRANT, headers={"authorization": "Bearer x"})).status_code == 401
    assert (await http.post(f"{GRANT}/recovery")).json()["code"] == "zalo_nothing_to_recover"


async def test_a_lost_grant_is_consented_to_anew_by_a_button_not_by_reading(
    http: httpx.AsyncClient, office: Office, zalo: Zalo, clock: MovableClock
) -> None:
    await told(zalo, "withdraw")
    clock.pass_time(timedelta(hours=20))
    await office.keeper.look()
    assert await office.state() == "lost"
    challenge = (await http.get(GRANT)).json()["code_challenge"]
    back = f"{http.base_url}/zalo/consent"
    asked = {"app_id": APP_ID, "redirect_uri": back, "code_challenge": challenge}
    async with httpx.AsyncClient(trust_env=False) as browser:
        page = await browser.get(f"{zalo.url}/v4/oa/permission", params=asked, follow_redirects=True)
        assert "<button>" in page.text
        assert await office.state() == "lost"
        given = dict(page.url.params)
        other = await browser.post(back, data={**given, "oa_id": "1"})
        assert (other.status_code, await office.state()) == (403, "lost")
        assert (await browser.post(back, data=given)).status_code == 200
        again = await browser.post(back, data=given)
    assert (again.status_code, "đã dùng" in again.text) == (502, True)
    assert await office.state() == "fine"
    assert await good(zalo, await office.keeper.access_token())


async def test_an_operator_may_order_one_more_recovery(
    http: httpx.AsyncClient, office: Office, zalo: Zalo, clock: MovableClock
) -> None:
    zalo.state.faults.append(Fault("http", TOKENS, times=2))
    clock.pass_time(timedelta(hours=20))
    for _ in range(5):
        await office.keeper.look()
        clock.pass_time(timedelta(minutes=30))
    assert zalo.state.counts["http"] == 2
    assert (await http.get(GRANT)).json()["doubts"] == 2
    assert (await http.post(f"{GRANT}/recovery")).status_code == 200
    await office.keeper.look()
    assert await office.state() == "fine"


async def test_with_zalo_off_there_is_no_grant_and_no_consent(settings: Settings, clock: MovableClock) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with serve(create_app(settings, clock)) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        for path in (GRANT, "/zalo/consent?code=a&oa_id=b"):
            assert (await client.get(path)).json()["code"] == "zalo_off"


async def test_the_operator_seeds_and_looks_by_command(
    http: httpx.AsyncClient, office: Office, zalo: Zalo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASCADE_NOTIFIER_URL", str(http.base_url))
    monkeypatch.setenv("CASCADE_INTERNAL_TOKEN", TOKEN)

    async def cascade(*arguments: str, typed: str = "") -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, build_app(), ["zalo", *arguments], input=typed)
        return result.exit_code, result.output

    code, output = await cascade("seed", typed=f"{FIRST_PAIR['access_token']}\n{FIRST_PAIR['refresh_token']}\n")
    assert code == 0, output
    assert "simulated" not in output
    await office.keeper.look()
    code, output = await cascade("grant", "--json")
    assert (code, json.loads(output)["generation"]) == (0, 3)
    [finding] = await check_grant(Context(tmp_path, None))
    assert finding.standing is Standing.FOUND
    await told(zalo, "withdraw")
    office.clock.pass_time(timedelta(hours=20))
    await office.keeper.look()
    [finding] = await check_grant(Context(tmp_path, None))
    assert (finding.standing, "zalo-grant.md" in finding.remedy) == (Standing.WRONG, True)
    assert (await cascade("recover"))[0] == 0
    assert (await cascade("grant"))[0] == 1
