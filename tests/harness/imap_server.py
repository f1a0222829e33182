"""A real IMAP server (pymap) with one mailbox, in a process of its own on loopback."""

import asyncio
import contextlib
import imaplib
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "hop-thu", "mat-khau"


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where the mailbox is, and what a mail system and a reader do with it."""

    port: int

    def connect(self) -> imaplib.IMAP4:
        """Open a session."""
        session = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        session.login(USER, PASSWORD)
        return session

    def deliver(self, raw: bytes) -> None:
        """Put a message into the mailbox."""
        with self.connect() as session:
            assert session.append("INBOX", "", "", raw)[0] == "OK"

    def count(self, folder: str = "INBOX") -> int:
        """Return how many messages a folder holds."""
        with self.connect() as session:
            answer, found = session.select(f'"{folder}"', readonly=True)
            return int(found[0] or 0) if answer == "OK" else 0


@contextlib.asynccontextmanager
async def imap_server(certificate: Path | None = None) -> AsyncIterator[ImapServer]:
    """Serve an empty mailbox; with a certificate (and key, PEM) it offers STARTTLS."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    program = str(Path(sys.executable).with_name("pymap"))
    place = ("--host", "127.0.0.1", "--port", str(port))
    tls = ("--no-tls",) if certificate is None else ("--cert", str(certificate), "--key", str(certificate))
    process = await asyncio.create_subprocess_exec(
        program, *place, *tls, "dict", "--demo-user", USER, "--demo-password", PASSWORD,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    server = ImapServer(port)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                await asyncio.to_thread(lambda: imaplib.IMAP4("127.0.0.1", port, timeout=10).logout())
                break
            await asyncio.sleep(0.1)
        yield server
    finally:
        process.kill()
        await process.wait()
