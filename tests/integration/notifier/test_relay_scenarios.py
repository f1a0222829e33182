"""Every class of a relay's failure at every stage, over real sockets: state, next action, log, and what really came.

A relay that fell silent rests for a while, whatever became of the message it had.

The simulator's folder is the judge: what it kept was accepted, whatever we heard of it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cascade_local.mailbox.faults import Fault, Faults
from cascade_local.mailbox.smtp import serve_smtp
from cascade_local.mailbox.store import MailStore
from integration.notifier.conftest import Opener
from integration.notifier.offices import MovableClock, Plan, deliver, notice, passwords, rows
from pydantic import SecretStr

ADDRESS = "truong@hp.test"
CHANNEL, RECIPIENT = timedelta(seconds=4), timedelta(seconds=60)


@dataclass
class Relay:
    """The simulator on a port of this machine."""

    store: MailStore
    faults: Faults
    port: int


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Relay]:
    store, faults = MailStore(tmp_path / "mail"), Faults()
    login: dict[str, Any] = {"authenticator": passwords("so", "mat-khau"), "auth_require_tls": False}
    server = await serve_smtp(store, "127.0.0.1", 0, faults, **login)
    yield Relay(store, faults, server.sockets[0].getsockname()[1])
    server.close()


@dataclass(frozen=True)
class Case:
    """A fault; the delivery's state then, who waits how long, whether the address is given up, and what comes of it."""

    fault: Fault
    state: str
    log: str
    waits: timedelta | None = None
    suppressed: bool = False
    end: str = "delivered"
    kept: int = 1
    rests: bool = False


def channel(stage: str, answer: str = "", kind: str = "answer", log: str = "") -> Case:
    """Nothing was taken and everybody waits: the channel itself does not work."""
    return Case(Fault(stage, kind, answer), "pending", log or answer[:3], CHANNEL)


def later(stage: str, answer: str = "", kind: str = "answer", log: str = "") -> Case:
    """Nothing was taken and this recipient waits."""
    return Case(Fault(stage, kind, answer), "pending", log or answer[:3], RECIPIENT)


def failed(stage: str, answer: str, *, suppressed: bool = False) -> Case:
    """Refused for good."""
    return Case(Fault(stage, "answer", answer), "failed", answer[:3], None, suppressed, "failed", 0)


def unknown(stage: str, kind: str, *, accepted: bool = False) -> Case:
    """The content was on its way: perhaps taken, never sent again."""
    fault = Fault(stage, kind, accepted=accepted)
    return Case(fault, "unknown", "content", None, end="unknown", kept=int(accepted), rests=True)


CASES = {
    "greeting 421": channel("connect", "421 4.3.2 Shutting down"),
    "greeting 554": channel("connect", "554 5.7.1 No service for you"),
    "greeting 450": channel("connect", "450 4.7.0 Busy"),
    "no greeting": channel("connect", kind="hang", log="connect"),
    "reset at once": channel("connect", kind="reset", log="connect"),
    "auth 535": channel("auth", "535 5.7.8 Bad credentials"),
    "auth 454": channel("auth", "454 4.7.0 Temporary authentication failure"),
    "auth hang": channel("auth", kind="hang", log="connect"),
    "mail 421": channel("mail", "421 4.7.0 Too many"),
    "mail 451": channel("mail", "451 4.3.0 Local error"),
    "mail 530": channel("mail", "530 5.7.0 Must issue STARTTLS first"),
    "mail 550": channel("mail", "550 5.7.1 Sender refused"),
    "mail hang": channel("mail", kind="hang", log="mail"),
    "mail reset": channel("mail", kind="reset", log="mail"),
    "rcpt greylisted": later("rcpt", kind="greylist", log="451"),
    "rcpt 421": channel("rcpt", "421 4.7.0 Closing"),
    "rcpt 450": later("rcpt", "450 4.2.0 Mailbox busy"),
    "rcpt 452": later("rcpt", "452 4.2.2 Mailbox full"),
    "rcpt 552": later("rcpt", "552 5.2.2 Mailbox full"),
    "rcpt 530": channel("rcpt", "530 5.7.0 Authentication required"),
    "rcpt 550 unknown": failed("rcpt", "550 5.1.1 No such user", suppressed=True),
    "rcpt 550 disabled": failed("rcpt", "550 5.2.1 Disabled", suppressed=True),
    "rcpt 550 policy": failed("rcpt", "550 5.7.1 Blocked"),
    "rcpt 551": failed("rcpt", "551 5.1.6 Moved", suppressed=True),
    "rcpt 553": failed("rcpt", "553 5.1.3 Bad address", suppressed=True),
    "rcpt 554": failed("rcpt", "554 5.7.0 Rejected"),
    "rcpt hang": later("rcpt", kind="hang", log="rcpt"),
    "rcpt reset": later("rcpt", kind="reset", log="rcpt"),
    "data 421": channel("data", "421 4.3.0 Closing"),
    "data 451": later("data", "451 4.3.0 Try later"),
    "data 503": channel("data", "503 5.5.1 Bad sequence"),
    "data 554": failed("data", "554 5.5.1 No valid recipients"),
    "data hang": later("data", kind="hang", log="data"),
    "data reset": later("data", kind="reset", log="data"),
    "reset before the final dot": unknown("receiving", "reset"),
    "hang after the final dot, kept": unknown("content", "hang", accepted=True),
    "hang after the final dot, not kept": unknown("content", "hang"),
    "reset after the final dot, kept": unknown("content", "reset", accepted=True),
    "reset after the final dot, not kept": unknown("content", "reset"),
    "content 421": channel("content", "421 4.3.0 Closing"),
    "content 451": later("content", "451 4.3.0 Scanner busy"),
    "content 452": later("content", "452 4.3.1 No space"),
    "content 550": failed("content", "550 5.7.1 Spam"),
    "content 552": failed("content", "552 5.3.4 Too large"),
    "content 554": failed("content", "554 5.6.0 Refused"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_each_failure_has_its_state_next_action_and_log(
    open_notifier: Opener, plan: Plan, clock: MovableClock, relay: Relay, case: Case
) -> None:
    times = 2 if case.fault.stage == "auth" else 1  # the client tries each mechanism the relay offers
    fault = Fault(case.fault.stage, case.fault.kind, case.fault.answer, "", case.fault.accepted, times)
    relay.faults.queue.append(fault)
    item = notice(ADDRESS)
    order = plan.batch(item)
    login = {"smtp_username": "so", "smtp_password": SecretStr("mat-khau")}
    async with open_notifier(smtp_port=relay.port, smtp_timeout=0.6, **login) as notifier:
        page = await deliver(notifier, order)

        [delivery] = await rows(notifier, "select state, detail from delivery")
        health = await rows(notifier, "select state, detail from channel_health where channel = 'email'")
        down = [each for each in health if each.state == "down"]
        assert delivery.state == case.state
        assert page.retry_at == (None if case.waits is None else clock.now() + case.waits)
        assert bool(down) == (case.waits == CHANNEL or case.rests)
        assert len(await rows(notifier, "select * from suppression")) == int(case.suppressed)
        log = delivery.detail or down[0].detail
        assert case.log in log
        assert ADDRESS not in log
        assert sum(relay.faults.met.values()) in ({1, 2} if case.fault.stage == "auth" else {1})

        relay.faults.clear()
        clock.pass_time(timedelta(minutes=2))
        await deliver(notifier, order)
        clock.pass_time(timedelta(minutes=2))
        await deliver(notifier, order)
    assert plan.state_of(item) == case.end
    assert relay.store.count() == case.kept
