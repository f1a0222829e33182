"""Who goes first in a burst: everything is taken over before the sending of it begins (decision 0019)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from plan_api.escalation import handover
from plan_api.integration import outbox

PULL: Final = handover.PAGE
IDLE_SECONDS: Final = 1.0
LEAD: Final = 0.1
"""Seconds: in a burst deliveries begin so far apart, what one pulls brings along the batches that wait beside it."""
LULL: Final = 1.0
"""Seconds nobody has waited to be taken over when those brought along begin: in a burst batches come in drops."""
FOLLOW_AT_LAST: Final = timedelta(seconds=5)
"""Those brought along begin when nobody waits to be taken over any more, after so long in any case."""


class Pace:
    """Which deliveries the relay begins at each look, and how long it waits for the next."""

    def __init__(self) -> None:
        self._next_lead = 0.0
        self._last_ahead = float("-inf")
        self.pause = IDLE_SECONDS
        """Seconds to wait for the next look, unless a commit wakes it."""

    def choose(
        self, waiting: Sequence[outbox.Waiting], unrecorded: Mapping[UUID, int], now: datetime, time: float
    ) -> list[outbox.Waiting]:
        """Return what to carry now; of the deliveries that one pull carries together only the first begins.

        `unrecorded` are the batches notifier has yet to pull, with their notices; `time` is the loop's.
        """
        deliveries = [item for item in waiting if item.topic == outbox.DELIVER]
        ahead = [item for item in deliveries if item.subject_id in unrecorded]
        chosen = [item for item in waiting if item.topic != outbox.DELIVER]
        if ahead:
            self._last_ahead = time
        quiet = time - self._last_ahead >= LULL
        if ahead and self._next_lead <= time:
            self._next_lead = time + LEAD
            chosen += _leads(ahead, unrecorded)
        chosen += [
            item
            for item in deliveries
            if item.subject_id not in unrecorded and (quiet or now - item.since >= FOLLOW_AT_LAST)
        ]
        self.pause = LEAD if len(chosen) < len(waiting) else IDLE_SECONDS
        return chosen


def _leads(ahead: Sequence[outbox.Waiting], notices: Mapping[UUID, int]) -> list[outbox.Waiting]:
    leads: list[outbox.Waiting] = []
    room = 0
    for item in ahead:
        size = notices[item.subject_id]
        if size > room:
            leads.append(item)
            room = PULL
        room -= size
    return leads
