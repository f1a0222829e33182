"""Due times as a calendar attachment (RFC 5545, RFC 5546 `PUBLISH`): no alarm, no link, nothing to answer.

Calendars are shared and synchronised; what opens a duty's page stays in the mail.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from notifier.channels.base import CalendarEntry

_OCTETS: Final = 75
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]")


def calendar(entries: Iterable[CalendarEntry], organizer: str, address: str) -> str:
    """Return the calendar of these due times, lines folded at 75 octets and ended by CRLF."""
    host = address.rpartition("@")[2]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Thong Suot//cascade//VI", "METHOD:PUBLISH"]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.uid}@{host}",
            f"DTSTAMP:{_instant(entry.stamp)}",
            f"SEQUENCE:{entry.sequence}",
            *_when(entry),
            f'ORGANIZER;CN="{_quoted(organizer)}":mailto:{address}',
            f"SUMMARY:{_text(entry.summary)}",
            f"DESCRIPTION:{_text(entry.description)}",
            "STATUS:CONFIRMED",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(map(_folded, [*lines, "END:VCALENDAR"]))


def _when(entry: CalendarEntry) -> list[str]:
    if entry.day is not None:
        after = entry.day + timedelta(days=1)
        return [f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]
    if entry.at is None:
        raise ValueError("a calendar entry without a time")
    return [f"DTSTART:{_instant(entry.at)}"]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Return a TEXT value; nothing in it can begin another property."""
    plain = _CONTROL.sub(" ", value.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _quoted(value: str) -> str:
    return " ".join(_CONTROL.sub(" ", value.replace('"', "'").replace("\n", " ")).split())


def _folded(line: str) -> str:
    """Return a content line in pieces of at most 75 octets, never parting a character."""
    pieces, piece, size = [], "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + character, size + width
    return "\r\n".join([*pieces, piece]) + "\r\n"
