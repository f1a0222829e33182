"""The simulated Zalo on a real socket of the test's own loop, with templates and the numbers of a few people."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from cascade_local.zalo.app import build_app
from cascade_local.zalo.state import Fault, Person, State, Template

PARAM: dict[str, Any] = {"require": True, "type": "STRING", "minLength": 1, "acceptNull": False}


def template(identity: str = "100001", **params: int) -> Template:
    """Return an approved template with parameters of these greatest lengths."""
    named = [PARAM | {"name": name, "maxLength": length} for name, length in params.items()]
    layout = {"title": "Thông báo", "paragraphs": [f"Kính gửi <{name}>" for name in params], "button": None}
    return Template(identity, "Thông báo", named, layout)


@dataclass
class Zalo:
    """A simulator being served: its memory and where it is."""

    state: State
    url: str

    def fault(self, kind: str, **details: Any) -> None:
        """Let the next request meet a fault."""
        self.state.faults.append(Fault(kind, **details))

    def person(self, phone: str, **details: Any) -> None:
        """Say how a number is treated."""
        self.state.people[phone] = Person(phone, **details)

    def sent_to(self, recipient: str) -> list[dict[str, str]]:
        """Return the parameters of what was accepted for a phone or user id, oldest first."""
        return [message.data for message in self.state.messages.values() if message.to == recipient]


@contextlib.asynccontextmanager
async def simulated_zalo(state: State | None = None) -> AsyncIterator[Zalo]:
    """Serve the simulator."""
    state = state or State()
    config = uvicorn.Config(build_app(state), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Zalo(state, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = server.force_exit = True
        await task
