"""Read requirements.lock: names, versions, markers and hashes of every pinned package, in the order of the file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = ROOT / "requirements.lock"

_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?:\s*;\s*(?P<marker>.*?))?\s*\\?$")
_HASH = re.compile(r"^\s+--hash=sha256:([0-9a-f]{64})\s*\\?$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package; `marker` is empty where it is installed everywhere."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def _entries(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    found: tuple[re.Match[str], list[str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if pin := _PIN.match(line):
            if found is not None:
                yield found
            found = pin, []
        elif (digest := _HASH.match(line)) and found is not None:
            found[1].append(digest[1])
        else:
            raise ValueError(f"{LOCK.name}:{number}: neither a pin nor a hash: {line}")
    if found is not None:
        yield found


def read_lock(path: Path = LOCK) -> list[Pin]:
    """Return the pins of the lock.

    Raises:
        ValueError: a line is neither a pin nor a hash.
    """
    return [
        Pin(pin["name"], pin["version"], pin["marker"] or "", tuple(hashes))
        for pin, hashes in _entries(path.read_text())
    ]
