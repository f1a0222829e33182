"""The SMTP side: aiosmtpd's protocol on the running loop, every accepted mail kept before it is answered with 250."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from cascade_local.mailbox.store import MailStore

LARGEST_MAIL = 25 * 1024 * 1024


class _Keep:
    """Handler of aiosmtpd: keeps what was sent."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's
        content = envelope.content or b""
        name = self._store.add(content if isinstance(content, bytes) else content.encode(), envelope.rcpt_tos)
        return f"250 OK kept as {name}"


async def serve_smtp(store: MailStore, host: str, port: int) -> asyncio.Server:
    """Listen for mail; the caller closes the server."""
    handler = _Keep(store)

    def protocol() -> SMTP:
        return SMTP(handler, data_size_limit=LARGEST_MAIL, enable_SMTPUTF8=True, hostname="mailbox.localhost")

    return await asyncio.get_running_loop().create_server(protocol, host, port, backlog=512)
