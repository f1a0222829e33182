"""When to strike: the visible states that mean a cascade is in the middle of its work."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from faults.machine import Outage, until
from faults.province import Province

STRIKE_SECONDS: Final = 60.0
"""How long one may have to wait for the middle of the work."""

CATCH_UP_SECONDS: Final = 90.0
"""How long a cascade may take to catch up; what is asserted is shorter."""

_CLOSE: Final = 0.03

Moment = Callable[[Province], Awaitable[None]]


async def at_once(province: Province) -> None:
    """Strike now: the issue has been confirmed, its announcement is not out yet."""
    del province


async def as_steps_are_taken(province: Province) -> None:
    """Strike when the newest document has spoken: its batch is under way."""

    async def spoken() -> bool:
        return any(step["batch_id"] for step in await province.steps(province.documents[-1]))

    await until("a step is taken", spoken, STRIKE_SECONDS, _CLOSE)


async def as_mail_flows(province: Province) -> None:
    """Strike when the first mails of what is due arrive."""
    before = len(await province.mailbox.received())

    async def flows() -> bool:
        return len(await province.mailbox.received()) > before

    await until("mails arrive", flows, STRIKE_SECONDS, _CLOSE)


async def caught_up(province: Province, outages: list[Outage]) -> float:
    """Wait until everything that was due when the last of some outages ended is handed over; return the seconds."""
    back_at = max((outage.back_at for outage in outages), default=datetime.now(UTC))

    async def handed() -> bool:
        due = [step for step in await province.steps() if datetime.fromisoformat(step["fire_at"]) <= back_at]
        return all(
            step["outcome"] is not None and (step["batch_id"] is None or step["handed_at"] is not None) for step in due
        )

    began = time.monotonic()
    await until("what was due is handed over", handed, CATCH_UP_SECONDS, 0.5)
    return time.monotonic() - began
