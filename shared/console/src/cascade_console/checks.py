"""What a check of `cascade doctor` is given and what it answers.

Other packages add checks through the entry-point group `cascade.checks`: an async function from `Context` to findings.
A finding that is wrong says what to do about it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from cascade_console.language import tr

LARGEST_OFFSET_SECONDS = 2.0
"""Clocks further apart than this make reminders and due times disagree."""


class Standing(StrEnum):
    """How a thing stands."""

    FOUND = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report; `remedy` is empty unless something is wrong."""

    name: str
    standing: Standing
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Context:
    """What is known before any check: the data folder, its state file, and the options for the API."""

    data: Path
    state: dict[str, Any] | None
    url: str | None = None
    key: str | None = None


Check = Callable[[Context], Awaitable[list[Finding]]]


def found(name: str, detail: str = "") -> Finding:
    """Return a finding that all is well."""
    return Finding(name, Standing.FOUND, detail)


def wrong(name: str, detail: str, remedy: str) -> Finding:
    """Return a finding that something is wrong."""
    return Finding(name, Standing.WRONG, detail, remedy)


def skipped(name: str, detail: str) -> Finding:
    """Return a finding that something could not or need not be looked at."""
    return Finding(name, Standing.SKIPPED, detail)


def offset_finding(name: str, theirs: datetime, before: datetime, after: datetime, allowed_seconds: float) -> Finding:
    """Compare another clock with ours, read `before` and `after` the question (both on this machine's clock)."""
    offset = theirs - min(max(theirs, before), after)
    seconds = offset.total_seconds()
    if abs(seconds) > allowed_seconds:
        return wrong(
            name,
            tr(
                f"đồng hồ lệch {seconds:+.1f} giây so với máy này", f"its clock is {seconds:+.1f} s from this machine's"
            ),
            tr("Đồng bộ giờ (NTP) trên cả hai máy.", "Synchronise both machines' clocks (NTP)."),
        )
    return found(name, tr(f"đồng hồ lệch {seconds:+.1f} giây", f"clock offset {seconds:+.1f} s"))
