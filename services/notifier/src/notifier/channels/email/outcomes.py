"""What an answer of the relay, or its silence, means for a message: one table, first match wins.

SMTP has no idempotency (RFC 5321 §6.1, RFC 1047): silence after the content went out is `UNKNOWN` and final. Until
then nothing was taken and every failure is a safe retreat.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiosmtplib.errors import SMTPAuthenticationError, SMTPResponseException

from notifier.channels.base import Retry, SendResult, SendState


class Phase(StrEnum):
    """How far the dialogue had come. `CONTENT` begins with the first byte after 354."""

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"


@dataclass(frozen=True, slots=True)
class Rule:
    """Answers with one of `codes` (a prefix, "5" = all of 5yz) and, if given, an enhanced status (RFC 3463)."""

    phases: frozenset[Phase]
    codes: tuple[str, ...]
    statuses: tuple[str, ...]
    state: SendState
    retry: Retry | None = None
    suppress: bool = False


def _rule(phases: str, codes: str, statuses: str, verdict: str) -> Rule:
    state, _, more = verdict.partition(" ")
    return Rule(
        frozenset(Phase(phase) for phase in phases.split()),
        tuple(codes.split()),
        tuple(statuses.split()),
        SendState(state),
        Retry(more) if more in set(Retry) else None,
        suppress=more == "suppress",
    )


RULES: Final = (
    # Before a recipient is named, every refusal is about us or the relay: stop the channel, tell the operator.
    _rule("connect mail", "", "", "held channel"),
    # The relay is closing or wants authentication or TLS first: also not about the recipient.
    _rule("rcpt data content", "421 530 535 538", "", "held channel"),
    _rule("rcpt data", "503", "", "held channel"),
    # A full mailbox is emptied one day; a policy refusal (5.7.x, 554) says nothing about the address.
    _rule("rcpt", "552", "", "held recipient"),
    _rule("rcpt", "5", "5.2.2", "held recipient"),
    _rule("rcpt", "5", "5.7.", "failed"),
    _rule("rcpt", "554", "", "failed"),
    # No such mailbox, moved, not allowed, disabled: nothing more goes to this address.
    _rule("rcpt", "5", "", "failed suppress"),
    _rule("rcpt data content", "4", "", "held recipient"),
    # The content was refused, the address was not.
    _rule("data content", "5", "", "failed"),
)

_STATUS: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_ADDRESS: Final = re.compile(r"[^\s<>@,;:\"']+@[^\s<>@,;:\"']+")


def scrub(text: str) -> str:
    """Return a vendor's words on one line, without addresses, at most 200 characters."""
    return " ".join(_ADDRESS.sub("…", text).split())[:200]


def judge_reply(phase: Phase, code: int, text: str) -> SendResult:
    """Return what a refusing reply means; a reply that is none (code < 400) counts as a broken dialogue."""
    detail = scrub(f"{phase}: {code} {text}")
    if code < 400 or code > 599:
        return judge_silence(phase, detail)
    found = _STATUS.search(text)
    status = found.group() if found else ""
    for rule in RULES:
        if phase not in rule.phases or not (not rule.codes or str(code).startswith(rule.codes)):
            continue
        if rule.statuses and not status.startswith(rule.statuses):
            continue
        return SendResult(rule.state, detail, rule.retry, rule.suppress)
    return judge_silence(phase, detail)


def judge_silence(phase: Phase, detail: str) -> SendResult:
    """Return what a timeout or a lost connection means."""
    if phase is Phase.CONTENT:
        return SendResult(SendState.UNKNOWN, detail)
    retry = Retry.CHANNEL if phase in {Phase.CONNECT, Phase.MAIL} else Retry.RECIPIENT
    return SendResult(SendState.HELD, detail, retry)


def judge_error(phase: Phase, error: Exception) -> SendResult:
    """Return what an exception of the SMTP client or the socket means."""
    if isinstance(error, SMTPAuthenticationError):
        phase = Phase.CONNECT
    if isinstance(error, SMTPResponseException):
        return judge_reply(phase, error.code, error.message)
    return judge_silence(phase, scrub(f"{phase}: {type(error).__name__} {error}"))
