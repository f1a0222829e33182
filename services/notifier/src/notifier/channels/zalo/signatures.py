"""Is a webhook from Zalo? Its signature is a plain SHA-256 over raw bytes and a secret; sources disagree on which.

Every candidate that is configured is compared, each in constant time; the name of the one that matched is told, so that
a live account settles the question. Pure.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

LARGEST_BODY: Final = 64_000
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signatures are made of; an empty secret makes no candidate. `names` are the candidates that count."""

    app_id: str
    oa_id: str
    app_secret: str = field(repr=False)
    oa_secret: str = field(repr=False)
    names: frozenset[str] = frozenset({ALL})


@dataclass(frozen=True, slots=True)
class Signed:
    """A body that somebody with the secret signed: by which candidate, at which instant."""

    by: str
    at: datetime
    body: dict[str, Any] = field(repr=False)


class NotSigned(Exception):
    """No candidate matches; the argument says what was wrong, without anything of the body."""


def candidate_names() -> list[str]:
    """Return the names of all candidates: first term, place of the timestamp, secret."""
    return [
        f"{first}/{place}/{secret}"
        for first in ("app_id", "oa_id")
        for place in ("body", "header")
        for secret in ("oa_secret", "app_secret")
    ]


def _candidates(secrets: Secrets, stamps: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, first term, timestamp and secret of every candidate that counts."""
    firsts = {"app_id": secrets.app_id, "oa_id": secrets.oa_id}
    keys = {"oa_secret": secrets.oa_secret, "app_secret": secrets.app_secret}
    for name in candidate_names():
        first, place, secret = name.split("/")
        counts = ALL in secrets.names or name in secrets.names
        if counts and firsts[first] and keys[secret] and stamps[place]:
            yield name, firsts[first], stamps[place], keys[secret]


def sign(first: str, raw: bytes, stamp: str, secret: str) -> str:
    """Return a signature in hexadecimal digits."""
    return hashlib.sha256(first.encode() + raw + stamp.encode() + secret.encode()).hexdigest()


def check(secrets: Secrets, raw: bytes, signature: str, header_stamp: str) -> Signed:
    """Return what was signed.

    Raises:
        NotSigned: nothing matches, or the body is no object with a timestamp.
    """
    body = _object(raw)
    given = signature.strip().lower()
    for prefix in ("mac=", "sha256="):
        given = given.removeprefix(prefix)
    stamps = {"body": str(body.get("timestamp") or ""), "header": header_stamp.strip()}
    found: tuple[str, str] | None = None
    for name, first, stamp, secret in _candidates(secrets, stamps):
        expected = sign(first, raw, stamp, secret)
        if hmac.compare_digest(expected.encode(), given.encode()) and found is None:  # all are compared, always
            found = (name, stamp)
    if found is None:
        raise NotSigned("no candidate matches" if given else "there is no signature")
    return Signed(found[0], _instant(found[1]), body)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotSigned("the body is not JSON") from error
    if not isinstance(body, dict):
        raise NotSigned("the body is no object")
    return body


def _instant(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(stamp) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotSigned("the timestamp is no number of milliseconds") from error


def identity(body: dict[str, Any]) -> bytes:
    """Return what an event is known by, the same for every repetition of it (which may count its tries)."""

    def part(*path: str) -> str:
        found: Any = body
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return "" if found is None else str(found)

    named = [part("event_name"), part("app_id"), part("message", "msg_id")]
    if not named[2]:
        ids = (("sender", "id"), ("recipient", "id"), ("follower", "id"), ("user_id",), ("template_id",))
        named += [part("timestamp"), *(part(*path) for path in ids)]
    return hashlib.sha256("\0".join(named).encode()).digest()
