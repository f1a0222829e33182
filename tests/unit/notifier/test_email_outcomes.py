"""What each answer of a relay means."""

import pytest
from aiosmtplib.errors import SMTPAuthenticationError, SMTPReadTimeoutError, SMTPServerDisconnected
from notifier.channels.base import Retry, SendState
from notifier.channels.email.outcomes import Phase, judge_error, judge_reply, scrub

HELD, FAILED, UNKNOWN = SendState.HELD, SendState.FAILED, SendState.UNKNOWN


@pytest.mark.parametrize(
    ("phase", "code", "text", "state", "retry", "suppress"),
    [
        ("connect", 421, "too busy", HELD, Retry.CHANNEL, False),
        ("connect", 554, "go away", HELD, Retry.CHANNEL, False),
        ("mail", 451, "local error", HELD, Retry.CHANNEL, False),
        ("mail", 550, "5.7.1 sender not allowed", HELD, Retry.CHANNEL, False),
        ("mail", 530, "5.7.0 authentication required", HELD, Retry.CHANNEL, False),
        ("rcpt", 421, "closing", HELD, Retry.CHANNEL, False),
        ("rcpt", 530, "5.7.0 must issue STARTTLS", HELD, Retry.CHANNEL, False),
        ("rcpt", 450, "4.2.0 greylisted", HELD, Retry.RECIPIENT, False),
        ("rcpt", 452, "4.2.2 over quota", HELD, Retry.RECIPIENT, False),
        ("rcpt", 552, "5.2.2 mailbox full", HELD, Retry.RECIPIENT, False),
        ("rcpt", 550, "5.2.2 mailbox full", HELD, Retry.RECIPIENT, False),
        ("rcpt", 550, "5.1.1 no such user", FAILED, None, True),
        ("rcpt", 550, "no such user", FAILED, None, True),
        ("rcpt", 553, "5.1.3 bad address", FAILED, None, True),
        ("rcpt", 550, "5.2.1 mailbox disabled", FAILED, None, True),
        ("rcpt", 554, "5.7.1 relay access denied", FAILED, None, False),
        ("rcpt", 550, "5.7.1 rejected by policy", FAILED, None, False),
        ("data", 451, "4.3.0 later", HELD, Retry.RECIPIENT, False),
        ("data", 554, "no valid recipients", FAILED, None, False),
        ("content", 451, "4.3.0 scanner busy", HELD, Retry.RECIPIENT, False),
        ("content", 421, "shutting down", HELD, Retry.CHANNEL, False),
        ("content", 554, "5.6.0 content refused", FAILED, None, False),
        ("content", 200, "what?", UNKNOWN, None, False),
        ("rcpt", -1, "garbage", HELD, Retry.RECIPIENT, False),
    ],
)
def test_replies(phase: str, code: int, text: str, state: SendState, retry: Retry | None, suppress: bool) -> None:
    result = judge_reply(Phase(phase), code, text)
    assert (result.state, result.retry, result.suppress) == (state, retry, suppress)


@pytest.mark.parametrize("error", [SMTPReadTimeoutError("x"), SMTPServerDisconnected("x"), OSError("x")])
def test_silence_is_a_retreat_until_the_content_went_out(error: Exception) -> None:
    assert [judge_error(phase, error).state for phase in Phase] == [HELD, HELD, HELD, HELD, UNKNOWN]
    assert judge_error(Phase.CONNECT, error).retry is Retry.CHANNEL
    assert judge_error(Phase.DATA, error).retry is Retry.RECIPIENT


def test_a_wrong_password_is_the_channels_trouble() -> None:
    result = judge_error(Phase.CONNECT, SMTPAuthenticationError(535, "5.7.8 bad credentials"))
    assert (result.state, result.retry) == (HELD, Retry.CHANNEL)


def test_details_hold_no_address() -> None:
    assert scrub("550 5.1.1\n <a.b+c@truong.edu.vn>: unknown") == "550 5.1.1 <…>: unknown"
    assert len(scrub("x" * 500)) == 200
