"""A small pool of connections to the relay, reused from message to message and from batch to batch.

At most `Relay.connections` dialogues are under way at once, fewer while the relay says that is too many. A connection
goes back only in a clean state.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPConnectResponseError, SMTPException

FAILURES: Final = (SMTPException, OSError, ssl.SSLError, TimeoutError)
"""Everything a dialogue can end with; certificate errors are `ssl.SSLError`, not `SMTPException`."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Where and how to hand over mail; `security` is `none`, `starttls` or `tls`."""

    host: str
    port: int
    security: str = "none"
    ca_file: Path | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 10.0
    connections: int = 8
    hello: str = "localhost"


class Crowded(Exception):
    """The relay wants no further connection beside those it has; leave the place and come again."""


class Dialogue:
    """One open connection; `fresh` until its first message is through."""

    MOST_MESSAGES: Final = 100
    LONGEST_IDLE: Final = 20.0

    def __init__(self, smtp: SMTP) -> None:
        self.smtp = smtp
        self.messages = 0
        self.clean = True
        self.idle_since = 0.0

    @property
    def fresh(self) -> bool:
        """No message went through this connection yet."""
        return self.messages == 0

    def usable(self, now: float) -> bool:
        """Return whether the next message may start on this connection."""
        return (
            self.clean
            and self.smtp.is_connected
            and self.messages < self.MOST_MESSAGES
            and now - self.idle_since < self.LONGEST_IDLE
        )


class ConnectionPool:
    """Connections of one process to one relay."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._busy = 0
        self._most = relay.connections
        self._freed = asyncio.Condition()
        self._idle: list[Dialogue] = []
        self._tls = ssl.create_default_context(cafile=relay.ca_file) if relay.security != "none" else None

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for one of the relay's places."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._busy < self._most)
            self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            if self._busy == 0:
                self._most = self._relay.connections
            await asyncio.shield(self._wake())

    async def take(self, *, fresh: bool = False) -> Dialogue:
        """Return an open connection, within a slot; `fresh` opens a new one.

        Raises:
            Crowded: the relay refused one connection more than it has.
            SMTPException | OSError: the relay cannot be reached, its certificate or our password is refused.
        """
        now = asyncio.get_running_loop().time()
        while self._idle and not fresh:
            dialogue = self._idle.pop()
            if dialogue.usable(now):
                return dialogue
            dialogue.smtp.close()
        try:
            return Dialogue(await self._open())
        except SMTPConnectResponseError as error:
            if self._busy < 2:
                raise
            self._most = self._busy - 1
            raise Crowded from error

    async def _wake(self) -> None:
        async with self._freed:
            self._freed.notify_all()

    async def give_back(self, dialogue: Dialogue) -> None:
        """Keep a clean connection for the next message, end another."""
        now = dialogue.idle_since = asyncio.get_running_loop().time()
        if dialogue.usable(now):
            self._idle.append(dialogue)
        elif dialogue.clean and dialogue.smtp.is_connected:
            await self._leave(dialogue)
        else:
            dialogue.smtp.close()

    async def close(self) -> None:
        """Take leave of the relay."""
        while self._idle:
            await self._leave(self._idle.pop())

    async def _leave(self, dialogue: Dialogue) -> None:
        with contextlib.suppress(*FAILURES):
            await dialogue.smtp.quit(timeout=1.0)
        dialogue.smtp.close()

    async def _open(self) -> SMTP:
        relay = self._relay
        smtp = SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.hello,
            timeout=relay.timeout,
            use_tls=relay.security == "tls",
            start_tls=relay.security == "starttls",
            tls_context=self._tls,
        )
        try:
            await smtp.connect()
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
            if relay.username:
                await smtp.login(relay.username, relay.password)
        except BaseException:
            smtp.close()
            raise
        return smtp
