"""Notices by Zalo over real sockets: every class of answer, what it makes of the row, and what happens next."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cascade_contracts.delivery import Address, DeliveryOrder, NoticeOut, PageSent
from cascade_contracts.vocabulary import Channel, StepKind
from cascade_local.zalo.state import FIRST_TOKEN, Template
from harness.zalo import PARAM, Zalo, simulated_zalo
from integration.notifier.offices import MovableClock, Plan, Post, deliver, notice, rows, run, states
from notifier.alarm_desk import AlarmDesk
from notifier.assembly import Notifier, assemble
from notifier.channels.zalo.client import TokenGone
from notifier.channels.zalo.codes import CODES, Kind
from notifier.channels.zalo.templates import load_pack
from notifier.receipts import take_receipt
from notifier.settings import Settings

PHONE, MAIL = "0900000001", "a@hp.test"
NUMBER = "84900000001"
FALLBACK = ["zalo", "email"]


@dataclass
class FixedTokens:
    """A keeper whose token is what the simulator takes, until told otherwise."""

    token: str = FIRST_TOKEN
    rejected: list[str] = field(default_factory=list)
    gone: bool = False

    async def access_token(self) -> str:
        if self.gone:
            raise TokenGone("no grant")
        return self.token

    async def after_rejection(self, rejected: str) -> str:
        self.rejected.append(rejected)
        return FIRST_TOKEN


def approved() -> list[Template]:
    """The whole pack, approved under ids in its order."""
    return [
        Template(
            str(300_001 + number),
            wording.name,
            [PARAM | {"name": each.name, "maxLength": each.longest} for each in wording.parameters],
            {
                "title": wording.title,
                "paragraphs": list(wording.paragraphs),
                "table": [list(row) for row in wording.table],
            },
        )
        for number, wording in enumerate(load_pack())
    ]


def register(folder: Path) -> Path:
    """Write the register that names those ids."""
    rows = [
        f'[[template]]\ntemplate = "{wording.template}"\nversion = {wording.version}\nzalo_id = "{300_001 + number}"\n'
        for number, wording in enumerate(load_pack())
    ]
    file = folder / "zalo.toml"
    file.write_text("\n".join(rows))
    return file


def reach(*addresses: str, **changes: object) -> NoticeOut:
    """A notice to a seat whose holder has these addresses, in this order."""
    made = notice(**changes)  # type: ignore[arg-type]
    made.recipient.addresses += [
        Address(channel=Channel.EMAIL if "@" in address else Channel.ZALO, address=address) for address in addresses
    ]
    return made


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    async with simulated_zalo() as served:
        served.state.templates = {template.id: template for template in approved()}
        yield served


@pytest.fixture
def tokens() -> FixedTokens:
    return FixedTokens()


@pytest.fixture
def both(settings: Settings, post: Post, zalo: Zalo, tmp_path: Path) -> Settings:
    changes = {
        "smtp_port": post.port,
        "zalo_app_id": "4001",
        "zalo_business_url": zalo.url,
        "zalo_oa_url": zalo.url,
        "zalo_templates": register(tmp_path),
        "zalo_timeout": 0.5,
        "operator_email": "van-hanh@sogd.test",
    }
    return settings.model_copy(update=changes)


@pytest.fixture
async def notifier(both: Settings, clock: MovableClock, tokens: FixedTokens) -> AsyncIterator[Notifier]:
    async with assemble(both, clock, tokens) as parts:
        yield parts


async def again(notifier: Notifier, order: DeliveryOrder) -> PageSent:
    return PageSent.model_validate(await run(notifier.activities.send_page, order))


async def test_accepted_is_not_delivered_until_the_receipt_is_asked_for(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, clock: MovableClock
) -> None:
    zalo.state.delivers_after = 3600
    item = reach(PHONE, MAIL)
    order = plan.batch(item)
    page = await deliver(notifier, order)
    assert await states(notifier) == ["awaiting", "standby"]
    assert (page.remaining, page.retry_at) == (1, clock.now() + timedelta(seconds=60))
    assert item.notice_id not in plan.outcomes
    [said] = zalo.sent_to(NUMBER)
    assert said["don_vi"].startswith("Phòng Văn hóa")
    assert said["tinh_trang"] == "Quá hạn 1 ngày làm việc"
    assert said["lien_ket"] == "secret-token"

    [message] = zalo.state.messages.values()
    message.delivery_time = int(datetime(2026, 11, 11, 1, 0, 30, tzinfo=UTC).timestamp() * 1000)
    clock.pass_time(timedelta(seconds=60))
    page = await again(notifier, order)
    assert page.remaining == 0
    assert await states(notifier) == ["delivered", "standby"]
    assert (plan.state_of(item), plan.outcomes[item.notice_id].channel) == ("delivered", "zalo")
    assert not post.mails


async def test_a_receipt_that_comes_by_itself_is_reported_at_once(
    notifier: Notifier, plan: Plan, zalo: Zalo, clock: MovableClock
) -> None:
    zalo.person(NUMBER, delivers=False)
    item = reach(PHONE, MAIL)
    await deliver(notifier, plan.batch(item))
    [message] = zalo.state.messages.values()
    for _ in range(2):
        known = await take_receipt(
            notifier.engine, notifier.reporter, clock, Channel.ZALO, vendor_id=message.msg_id, at=clock.now()
        )
        assert known
    assert await states(notifier) == ["delivered", "standby"]
    assert plan.state_of(item) == "delivered"
    assert not await take_receipt(notifier.engine, notifier.reporter, clock, Channel.ZALO, vendor_id="1")


async def test_without_a_receipt_in_time_the_next_channel_takes_over(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, clock: MovableClock
) -> None:
    zalo.person(NUMBER, delivers=False)
    item = reach(PHONE, MAIL)
    order = plan.batch(item)
    page = await deliver(notifier, order)
    looks = 0
    while page.retry_at is not None and not post.mails:
        clock.at = page.retry_at
        page = await again(notifier, order)
        looks += 1
    assert looks < 12
    assert clock.now() - timedelta(hours=2) < datetime(2026, 11, 11, 1, 1, 1, tzinfo=UTC)
    assert await states(notifier) == ["expired", "accepted"]
    assert plan.outcomes[item.notice_id].channel == "email"
    assert len(zalo.state.messages) == 1

    [message] = zalo.state.messages.values()
    await take_receipt(notifier.engine, notifier.reporter, clock, Channel.ZALO, vendor_id=message.msg_id)
    assert await states(notifier) == ["delivered", "accepted"]
    assert plan.state_of(item) == "delivered"


@pytest.mark.parametrize("code", [code for code, kind in CODES.items() if kind is Kind.RECIPIENT])
async def test_who_cannot_be_reached_by_zalo_gets_an_email_at_once(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, code: int
) -> None:
    zalo.person(NUMBER, error=code)
    item = reach(PHONE, MAIL)
    page = await deliver(notifier, plan.batch(item))
    assert page.remaining == 0
    assert await states(notifier) == ["failed", "accepted"]
    [failed, _] = await rows(notifier, "select detail from delivery order by position")
    assert failed.detail == f"recipient: {code}"
    assert plan.outcomes[item.notice_id].channel == "email"
    assert len(post.mails) == 1


async def test_with_no_other_address_the_failure_is_reported(notifier: Notifier, plan: Plan, zalo: Zalo) -> None:
    zalo.person(NUMBER, error=-118)
    item = reach(PHONE)
    await deliver(notifier, plan.batch(item))
    assert (plan.state_of(item), plan.outcomes[item.notice_id].detail) == ("failed", "recipient: -118")


@pytest.mark.parametrize("code", [-101, -135, -115, -144, -137])
async def test_configuration_and_money_hold_the_channel_and_tell_the_operator(
    notifier: Notifier, both: Settings, plan: Plan, post: Post, zalo: Zalo, clock: MovableClock, code: int
) -> None:
    zalo.fault("error", path="/message/template", code=code, times=1000)
    items = [reach(f"09000000{number:02}", f"a{number}@hp.test") for number in range(20)]
    order = plan.batch(*items)
    page = await deliver(notifier, order)
    assert await states(notifier) == ["pending", "standby"] * 20
    assert page.retry_at == clock.now() + timedelta(minutes=30)
    assert sum(zalo.state.counts.values()) <= 8
    desk = AlarmDesk(notifier.engine, notifier.keyring, both, clock)
    assert await desk.tell() == 1
    assert await desk.tell() == 0
    [alarm] = post.received("van-hanh@sogd.test")
    assert f"Mã lỗi: {code}" in alarm.text()

    clock.pass_time(timedelta(minutes=30))
    zalo.state.faults.clear()
    zalo.fault("error", path="/message/template", code=code, times=1000)
    await deliver(notifier, order)
    clock.pass_time(timedelta(minutes=5))
    await deliver(notifier, order)
    assert await states(notifier) == ["expired", "accepted"] * 20
    assert not zalo.state.messages


async def test_a_channel_that_works_again_goes_on_where_it_stood(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, clock: MovableClock
) -> None:
    zalo.fault("error", path="/message/template", code=-137)
    order = plan.batch(reach(PHONE, MAIL))
    await deliver(notifier, order)
    clock.pass_time(timedelta(minutes=30, seconds=-1))
    await deliver(notifier, order)
    assert len(zalo.state.messages) == 1
    assert not post.received(MAIL)


@pytest.mark.parametrize("code", [-109, -131, -146])
async def test_a_refused_template_is_not_tried_again_for_others(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, code: int
) -> None:
    zalo.fault("error", path="/message/template", code=code)
    await deliver(notifier, plan.batch(reach(PHONE, MAIL)))
    await deliver(notifier, plan.batch(reach("0900000002", "b@hp.test"), reach("0900000003", step=StepKind.RETURNED)))
    assert await states(notifier) == ["failed", "accepted", "failed", "accepted", "failed"]
    assert len(post.mails) == 2
    assert sum(zalo.state.counts.values()) == 1
    assert [row.key for row in await rows(notifier, "select key from alarm")] == [f"zalo/template: {code}"]


@pytest.mark.parametrize("code", [-108, -1121, -112])
async def test_refused_parameters_are_not_repeated(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, caplog: pytest.LogCaptureFixture, code: int
) -> None:
    zalo.fault("error", path="/message/template", code=code)
    await deliver(notifier, plan.batch(reach(PHONE, MAIL)))
    assert await states(notifier) == ["failed", "accepted"]
    assert any("refuses the parameters of overdue" in record.message for record in caplog.records)


async def test_at_night_a_message_waits_for_the_morning(
    notifier: Notifier, plan: Plan, zalo: Zalo, clock: MovableClock
) -> None:
    clock.at = datetime(2026, 11, 11, 16, 30, tzinfo=UTC)
    zalo.fault("error", path="/message/template", code=-133)
    order = plan.batch(reach(PHONE, MAIL))
    page = await deliver(notifier, order)
    assert await states(notifier) == ["pending", "standby"]
    assert page.retry_at == datetime(2026, 11, 11, 23, 5, tzinfo=UTC)
    clock.at = page.retry_at
    await deliver(notifier, order)
    assert await states(notifier) == ["awaiting", "standby"]


@pytest.mark.parametrize(("code", "attempts", "alarms"), [(-100, 5, 0), (-32, 5, 0), (-77777, 3, 1)])
async def test_passing_trouble_is_tried_a_few_times_then_the_next_channel(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, clock: MovableClock, code: int, attempts: int, alarms: int
) -> None:
    zalo.person(NUMBER, error=code)
    order = plan.batch(reach(PHONE, MAIL))
    page = await deliver(notifier, order)
    while page.retry_at is not None:
        clock.at = page.retry_at
        page = await deliver(notifier, order)
    assert await states(notifier) == ["failed", "accepted"]
    assert zalo.state.counts["ok"] == attempts
    assert len(await rows(notifier, "select key from alarm")) == alarms


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("hang", False), ("reset", False), ("reset", True), ("truncated", True), ("garbage", True), ("http", True)],
)
async def test_silence_is_unknown_and_never_sent_again(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo, clock: MovableClock, kind: str, accepted: bool
) -> None:
    zalo.fault(kind, path="/message/template", accepted=accepted)
    item = reach(PHONE, MAIL)
    order = plan.batch(item)
    await deliver(notifier, order)
    assert await states(notifier) == ["unknown", "standby"]
    assert plan.state_of(item) == "unknown"
    clock.pass_time(timedelta(days=1))
    await deliver(notifier, order)
    assert len(zalo.state.messages) == int(accepted)
    assert not post.mails


async def test_a_receipt_with_our_tracking_id_clears_up_what_was_unknown(
    notifier: Notifier, plan: Plan, zalo: Zalo, clock: MovableClock
) -> None:
    zalo.fault("reset", path="/message/template", accepted=True)
    item = reach(PHONE)
    await deliver(notifier, plan.batch(item))
    [message] = zalo.state.messages.values()
    await take_receipt(
        notifier.engine,
        notifier.reporter,
        clock,
        Channel.ZALO,
        vendor_id=message.msg_id,
        tracking_id=message.tracking_id,
    )
    assert await states(notifier) == ["delivered"]
    assert plan.state_of(item) == "delivered"


async def test_with_zalo_away_nothing_left_and_all_waits(
    both: Settings, plan: Plan, clock: MovableClock, tokens: FixedTokens, unused_port: int
) -> None:
    away = both.model_copy(update={"zalo_business_url": f"http://127.0.0.1:{unused_port}"})
    async with assemble(away, clock, tokens) as notifier:
        page = await deliver(notifier, plan.batch(reach(PHONE)))
        assert await states(notifier) == ["pending"]
        assert page.retry_at == clock.now() + timedelta(seconds=4)


async def test_an_expired_token_is_read_anew_and_the_message_sent_once(
    notifier: Notifier, plan: Plan, zalo: Zalo, tokens: FixedTokens
) -> None:
    tokens.token = "expired"
    await deliver(notifier, plan.batch(reach(PHONE)))
    assert await states(notifier) == ["awaiting"]
    assert tokens.rejected == ["expired"]
    assert len(zalo.state.messages) == 1


async def test_a_token_nobody_can_renew_holds_the_channel(
    notifier: Notifier, plan: Plan, zalo: Zalo, tokens: FixedTokens
) -> None:
    tokens.gone = True
    await deliver(notifier, plan.batch(reach(PHONE, MAIL)))
    assert await states(notifier) == ["pending", "standby"]
    assert [row.key for row in await rows(notifier, "select key from alarm")] == ["zalo/token: no grant"]
    tokens.gone = False
    zalo.state.access_token = "another"
    await deliver(notifier, plan.batch(reach("0900000002")))
    assert not zalo.state.messages


async def test_what_is_not_registered_or_does_not_fit_goes_by_email(
    notifier: Notifier, plan: Plan, post: Post, zalo: Zalo
) -> None:
    linkless = reach(PHONE, MAIL, link=None)
    odd = reach("0900000002", "b@hp.test", issuer_name="Sở, xem www.vi-du.test")
    await deliver(notifier, plan.batch(linkless, odd))
    details = {row.detail for row in await rows(notifier, "select detail from delivery where channel = 'zalo'")}
    assert details == {"data: lien_ket is empty", "data: co_quan holds a link or a telephone number"}
    assert len(post.mails) == 2
    assert not zalo.state.counts


async def test_no_number_stands_in_a_log(
    notifier: Notifier, plan: Plan, zalo: Zalo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    codes = [0, -118, -108, -133, -100, -55555, -131, -115]
    for number, code in enumerate(codes):
        zalo.person(f"8490000000{number}", error=code)
    await deliver(notifier, plan.batch(*(reach(f"090000000{number}", f"a{number}@hp.test") for number in range(8))))
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("notifier", "httpx"))]
    assert ours
    assert not [line for line in ours if "90000000" in line or "hp.test" in line]
