"""Faults on the wire, outside of the application: a request meets what was ordered for it.

Where the answer is lost the connection really breaks: the transport underneath is closed, with a reset or in the
middle of a body.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from cascade_local.zalo.state import Fault, State

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[Event, Receive, Send], Awaitable[None]]

_RESET: Final = struct.pack("ii", 1, 0)


def _transport(send: Send) -> Any:
    """Return the connection under an answer; uvicorn hands out its cycle's own method."""
    return getattr(send, "__self__").transport  # noqa: B009 - not part of the protocol of ASGI


def _reset(send: Send) -> None:
    transport = _transport(send)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, status: int, kind: bytes, body: bytes, length: int | None = None) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(length or len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": length is not None})


class Faults:
    """An application with faults; what belongs to the simulator itself (`/control`, pages) has none."""

    def __init__(self, application: Application, state: State) -> None:
        self._application = application
        self._state = state

    async def __call__(self, scope: Event, receive: Receive, send: Send) -> None:
        """Answer one request."""
        own = scope["type"] != "http" or scope["path"] == "/" or scope["path"].startswith(("/control", "/shown"))
        if own:
            await self._application(scope, receive, send)
            return
        fault = self._state.next_fault(scope["path"])
        self._state.counts[f"{fault.kind}{' accepted' if fault.accepted else ''}"] += 1
        if fault.kind in {"ok", "slow"}:
            await asyncio.sleep(fault.seconds)
            await self._application(scope, receive, send)
            return
        body = b""
        if fault.accepted or fault.kind == "truncated":
            body = await self._carried_out(scope, receive)
        await self._lose(fault, body, receive, send)

    async def _carried_out(self, scope: Event, receive: Receive) -> bytes:
        """Do what was asked; return the answer instead of sending it."""
        parts: list[bytes] = []

        async def keep(event: Event) -> None:
            parts.append(event.get("body", b""))

        await self._application(scope, receive, keep)
        return b"".join(parts)

    async def _lose(self, fault: Fault, body: bytes, receive: Receive, send: Send) -> None:
        if fault.kind == "error":
            refusal = {"error": fault.code, "message": "Ordered by the scenario"}
            await _say(send, 200, b"application/json", json.dumps(refusal).encode())
        elif fault.kind == "http":
            await _say(send, fault.status, b"text/html", b"<html><body>upstream trouble</body></html>")
        elif fault.kind == "garbage":
            await _say(send, 200, b"application/json", b"\xff<not json>")
        elif fault.kind == "hang":
            await _gone(receive)
        elif fault.kind == "truncated":
            await _say(send, 200, b"application/json", body[: len(body) // 2], length=len(body))
            await asyncio.sleep(0)
            _transport(send).close()
        else:
            _reset(send)
