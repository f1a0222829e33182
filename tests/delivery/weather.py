"""What goes wrong on the way: about one in seven messages meets a fault, and now and then notifier is killed."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
from faults.machine import Machine

Json = dict[str, Any]

SHARE: Final = 0.15
_LOOK_SECONDS: Final = 0.1

MAIL: Final[tuple[tuple[int, Json], ...]] = (
    (6, {"stage": "rcpt", "answer": "451 4.7.1 Greylisted"}),
    (1, {"stage": "rcpt", "answer": "550 5.1.1 No such user"}),
    (2, {"stage": "rcpt", "answer": "552 5.2.2 Mailbox full"}),
    (3, {"stage": "mail", "answer": "421 4.3.2 Going down"}),
    (3, {"stage": "data", "answer": "452 4.3.1 No room"}),
    (4, {"stage": "content", "answer": "451 4.3.0 Try again later"}),
    (2, {"stage": "content", "kind": "reset", "accepted": True}),
    (2, {"stage": "content", "kind": "reset"}),
    (2, {"stage": "content", "kind": "hang", "accepted": True}),
    (2, {"stage": "receiving", "kind": "reset"}),
    (3, {"stage": "connect", "kind": "reset"}),
)
"""How often, and what: with the simulated relay's words."""

ZALO: Final[tuple[tuple[int, Json], ...]] = (
    (4, {"kind": "http", "status": 503}),
    (3, {"kind": "error", "code": -100}),
    (3, {"kind": "error", "code": -32}),
    (2, {"kind": "error", "code": -118}),
    (2, {"kind": "error", "code": -124}),
    (2, {"kind": "hang", "accepted": True}),
    (2, {"kind": "hang"}),
    (2, {"kind": "reset", "accepted": True}),
    (2, {"kind": "truncated", "accepted": True}),
)
"""How often, and what: with the simulated Zalo's words."""


class Weather:
    """Keeps faults coming in proportion to what goes by, and kills the notifier from time to time."""

    def __init__(self, machine: Machine, seed: int, kill_every: int) -> None:
        self._machine = machine
        self._kill_every = kill_every
        self._dice = random.Random(seed)  # noqa: S311 - weather
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)
        self._ordered = 0
        self.kills = 0

    @property
    def _mail(self) -> str:
        return self._machine.installation.urls["mail"]

    @property
    def _zalo(self) -> str:
        return self._machine.installation.urls["zalo"]

    @asynccontextmanager
    async def raging(self) -> AsyncIterator[None]:
        """Let things go wrong for the block; afterwards all goes well again."""
        faults = [fault | {"path": "/"} for often, fault in ZALO for _ in range(often)]
        order = {"share": SHARE, "path": "/message/template", "faults": faults, "seed": self._dice.randrange(1 << 30)}
        (await self._client.put(f"{self._zalo}/control/weather", json=order)).raise_for_status()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._rain()), group.create_task(self._strike())]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
        await self._client.delete(f"{self._mail}/control/faults")
        await self._client.delete(f"{self._zalo}/control/faults")

    async def met(self) -> dict[str, int]:
        """Return how often each fault was met, by channel and kind; call it when all is over."""
        mail = (await self._client.get(f"{self._mail}/control/faults")).json()["met"]
        zalo = (await self._client.get(f"{self._zalo}/control/counts")).json()["requests"]
        await self._client.aclose()
        found = {f"mail {name}": int(number) for name, number in mail.items()}
        return found | {f"zalo {name}": int(number) for name, number in zalo.items() if name != "ok"}

    async def _rain(self) -> None:
        """Keep a few faults queued at the relay for what has gone by since."""
        while True:
            seen = (await self._client.get(f"{self._mail}/count")).json()["count"]
            wanted = int((seen + 20) * SHARE / (1 - SHARE)) - self._ordered
            if wanted > 0:
                kinds, weights = [fault for _, fault in MAIL], [often for often, _ in MAIL]
                faults = self._dice.choices(kinds, weights, k=wanted)
                (await self._client.post(f"{self._mail}/control/faults", json=faults)).raise_for_status()
                self._ordered += wanted
            await asyncio.sleep(_LOOK_SECONDS)

    async def _strike(self) -> None:
        """Kill the notifier whenever so many more messages have been taken."""
        while True:
            mails = (await self._client.get(f"{self._mail}/count")).json()["count"]
            zalo = (await self._client.get(f"{self._zalo}/control/counts")).json()["accepted"]
            if mails + zalo > (self.kills + 0.5) * self._kill_every:
                await self._machine.kill("notifier-worker")
                self.kills += 1
            await asyncio.sleep(_LOOK_SECONDS)
