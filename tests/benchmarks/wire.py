"""A cheap HTTP/1.1 client over persistent sockets: requests are prebuilt bytes, answers hardly parsed.

The load generator shares the machine with what it measures, so a request must cost it tens of microseconds. A
connection carries one request at a time; one the server has closed meanwhile is opened again.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4


class Refused(Exception):
    """An answer of another status than the benchmark counts on; it would measure something else."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.body)


class Connection(asyncio.Protocol):
    """One socket; `ask` sends a request and waits for its answer."""

    def __init__(self, host: str, port: int) -> None:
        self._place = host, port
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._body_from = 0
        self._whole = 0
        self._waiting: asyncio.Future[Answer] | None = None

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer.

        Raises:
            ConnectionError: the server closed the connection before it answered.
        """
        if self._transport is None or self._transport.is_closing():
            await asyncio.get_running_loop().create_connection(lambda: self, *self._place)
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer.clear()
        self._whole = 0

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError("closed before the answer"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._whole and not self._read_head():
            return
        if len(self._buffer) >= self._whole and self._waiting is not None and not self._waiting.done():
            answer = Answer(int(self._buffer[9:12]), bytes(self._buffer[self._body_from : self._whole]))
            self._buffer.clear()
            self._whole = 0
            self._waiting.set_result(answer)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._buffer[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        self._body_from, self._whole = end + 4, end + 4 + length
        return True

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()


class Wire:
    """A pool of connections to one server; at most `size` requests are under way, the others wait in order."""

    def __init__(self, url: str, size: int = 64) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        self._all = [Connection(self._host, self._port) for _ in range(size)]
        for connection in self._all:
            self._free.put_nowait(connection)

    def request(self, method: str, path: str, key: str, body: object = None, **headers: str) -> bytes:
        """Return the bytes of a request; a POST gets a fresh Idempotency-Key. `body` is JSON, or bytes as they are."""
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        head = {"content_type": "application/json"} | headers
        if method == "POST":
            head["idempotency_key"] = str(uuid4())
        lines = [f"{method} {path} HTTP/1.1", f"host: {self._host}:{self._port}", f"authorization: Bearer {key}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in head.items()]
        lines.append(f"content-length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode() + content

    async def ask(self, request: bytes) -> Answer:
        """Send a prebuilt request over a free connection."""
        connection = await self._free.get()
        try:
            return await connection.ask(request)
        finally:
            self._free.put_nowait(connection)

    async def call(self, method: str, path: str, key: str, body: object = None, **headers: str) -> Any:
        """Build a request, send it and return the decoded body.

        Raises:
            Refused: the status is 400 or more.
        """
        answer = await self.ask(self.request(method, path, key, body, **headers))
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {answer.body[:500].decode(errors='replace')}")
        return answer.json() if answer.body else None

    def close(self) -> None:
        """Close every socket."""
        for connection in self._all:
            connection.close()


@asynccontextmanager
async def wire(url: str, size: int = 64) -> AsyncIterator[Wire]:
    """Yield a pool of connections, closed at the end."""
    made = Wire(url, size)
    try:
        yield made
    finally:
        made.close()
