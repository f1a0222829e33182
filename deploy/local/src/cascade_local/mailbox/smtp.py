"""The SMTP side: aiosmtpd's protocol on the running loop, every accepted mail kept before it is answered with 250.

Faults of the queue are met at their stage, on the wire: an answer, silence, or a line that is cut.
"""

import asyncio
import socket
import struct
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from cascade_local.mailbox.faults import GREYLISTED, Fault, Faults
from cascade_local.mailbox.store import MailStore

LARGEST_MAIL = 25 * 1024 * 1024
_FOR_EVER = 3600.0


class _Keep:
    """Handler of aiosmtpd: keeps what was sent."""

    def __init__(self, store: MailStore, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's
        fault = self._faults.take("content", ",".join(envelope.rcpt_tos))
        if fault is not None and not fault.accepted:
            return await _meet(server, fault)
        content = envelope.content or b""
        name = self._store.add(content if isinstance(content, bytes) else content.encode(), envelope.rcpt_tos)
        return f"250 OK kept as {name}" if fault is None else await _meet(server, fault)


async def _meet(server: SMTP, fault: Fault) -> str:
    """Let a fault happen; return the answer where it has one."""
    if fault.kind == "hang":
        await asyncio.sleep(_FOR_EVER)  # until the client has had enough and the dialogue is cancelled
    elif fault.kind == "reset":
        _reset(server.transport)
        await asyncio.sleep(_FOR_EVER)
    return GREYLISTED if fault.kind == "greylist" else fault.answer


def _reset(transport: Any) -> None:
    """Cut a line so that the other side hears of it at once (RST, not FIN)."""
    line: socket.socket | None = transport.get_extra_info("socket")
    if line is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class _Server(SMTP):
    """aiosmtpd's server with faults before each of its steps."""

    def __init__(self, handler: _Keep, faults: Faults, **options: Any) -> None:
        super().__init__(handler, **options)
        self._faults = faults
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        fault = self._faults.take("connect") if self._tls_protocol is None else None
        if fault is None:
            super().connection_made(transport)
            return
        self._refused = True
        if fault.kind == "reset":
            _reset(transport)
        elif fault.kind == "answer":
            transport.write(f"{fault.answer}\r\n".encode())  # type: ignore[attr-defined]
            transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._refused:
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return None if self._refused else super().eof_received()

    async def _stopped(self, stage: str, recipient: str = "") -> bool:
        fault = self._faults.take(stage, recipient)
        if fault is None:
            return False
        answer = await _meet(self, fault)
        await self.push(answer)
        if answer.startswith("421") and self.transport is not None:
            self.transport.close()
        return True

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._stopped("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._stopped("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._stopped("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._stopped("rcpt", arg or ""):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        recipients = ",".join(self.envelope.rcpt_tos) if self.envelope else ""
        if await self._stopped("data", recipients):
            return
        fault = self._faults.take("receiving", recipients)
        if fault is None:
            await super().smtp_DATA(arg)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self._reader.readline()
        await self.push(await _meet(self, fault))


async def serve_smtp(
    store: MailStore, host: str, port: int, faults: Faults | None = None, **options: Any
) -> asyncio.Server:
    """Listen for mail; the caller closes the server. `options` are aiosmtpd's: certificates, an authenticator."""
    queue = faults if faults is not None else Faults()
    handler = _Keep(store, queue)
    given = {"data_size_limit": LARGEST_MAIL, "enable_SMTPUTF8": True, "hostname": "mailbox.localhost"} | options

    def protocol() -> SMTP:
        return _Server(handler, queue, **given)

    return await asyncio.get_running_loop().create_server(protocol, host, port, backlog=512)
