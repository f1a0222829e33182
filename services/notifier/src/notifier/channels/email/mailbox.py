"""A mailbox read over IMAP (RFC 3501): fetch without marking, file away once it is dealt with.

Blocking, on the standard library; callers run it in a thread. A message is moved only after its meaning is committed,
so one that was interrupted comes again and says the same.
"""

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

FAILURES: Final = (imaplib.IMAP4.error, OSError, ssl.SSLError)
"""Everything a session can end with."""

_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")
_SAFE: Final = re.compile(r"[A-Za-z0-9 ._/-]{1,100}")


@dataclass(frozen=True, slots=True)
class Account:
    """Where the mailbox is; `security` is `none`, `starttls` or `tls`. `done` and `other` are folders."""

    host: str
    port: int
    security: str = "tls"
    ca_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"
    done: str = "Da xu ly"
    other: str = "Khac"
    timeout: float = 20.0
    largest: int = 30_000_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of the mailbox; `whole` is False where it is too large and only its header was fetched."""

    uid: str
    raw: bytes
    whole: bool


class Mailbox:
    """One session. `with Mailbox(account) as mailbox:` selects the folder; every failure is one of `FAILURES`."""

    def __init__(self, account: Account) -> None:
        if not all(_SAFE.fullmatch(name) for name in (account.folder, account.done, account.other)):
            raise ValueError("folder names hold letters, digits, spaces, dots, hyphens and slashes only")
        self._account = account

    def __enter__(self) -> Self:
        account, context = self._account, None
        if account.security != "none":
            context = ssl.create_default_context(cafile=account.ca_file)
        if account.security == "tls":
            self._imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                account.host, account.port, ssl_context=context, timeout=account.timeout
            )
        else:
            self._imap = imaplib.IMAP4(account.host, account.port, timeout=account.timeout)
        try:
            if account.security == "starttls":
                self._imap.starttls(context)
            self._imap.login(account.username, account.password)
            self._can = set(str(self._right(self._imap.capability())[0], "ascii").upper().split())
            for name in (account.done, account.other):
                self._imap.create(_quoted(name))  # answers NO where it exists
            self._right(self._imap.select(_quoted(account.folder)))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(*FAILURES):
            self._imap.logout()

    def letters(self, at_most: int) -> Iterator[Letter]:
        """Yield the messages of the folder, the oldest first, none of them marked."""
        found = self._right(self._imap.uid("SEARCH", "UNDELETED"))
        for uid in (found[0] or b"").decode().split()[:at_most]:
            size = self._size(uid)
            whole = size <= self._account.largest
            raw = self._body(uid, "BODY.PEEK[]" if whole else "BODY.PEEK[HEADER]")
            if raw is not None:
                yield Letter(uid, raw, whole)

    def file_away(self, uid: str, *, done: bool) -> None:
        """Move a message out of the folder: dealt with, or left to people."""
        target = _quoted(self._account.done if done else self._account.other)
        if "MOVE" in self._can:
            self._right(self._imap.uid("MOVE", uid, target))
            return
        self._right(self._imap.uid("COPY", uid, target))
        self._right(self._imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"))
        if "UIDPLUS" in self._can:
            self._right(self._imap.uid("EXPUNGE", uid))

    def _size(self, uid: str) -> int:
        for part in self._right(self._imap.uid("FETCH", uid, "(RFC822.SIZE)")):
            found = _SIZE.search(part if isinstance(part, bytes) else b"")
            if found:
                return int(found.group(1))
        return 0

    def _body(self, uid: str, what: str) -> bytes | None:
        for part in self._right(self._imap.uid("FETCH", uid, f"({what})")):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None  # gone meanwhile: another reader was faster

    def _right(self, answer: tuple[str, Any]) -> list[Any]:
        if answer[0] != "OK":
            raise imaplib.IMAP4.error(f"the mailbox answered {answer[0]}")
        return list(answer[1] or [])


def _quoted(name: str) -> str:
    return f'"{name}"'
