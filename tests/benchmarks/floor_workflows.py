"""The floor under fan-out: one plain workflow a unit, which announces by one activity and then waits for its due time.

Run as a process of its own: `python -m benchmarks.floor_workflows ADDRESS COUNT`; it hosts workflow and activity, says
`ready`, and `done` when so many announcements were made.
"""

import asyncio
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "floor"
WORKFLOW = "FloorWorkflow"


@workflow.defn(name=WORKFLOW)
class FloorWorkflow:
    """One unit's supervision, as simple as can be."""

    @workflow.run
    async def run(self, unit: str) -> None:
        """Announce, then wait for the due time."""
        await workflow.execute_activity("floor_announce", unit, start_to_close_timeout=timedelta(seconds=60))
        await asyncio.sleep(300 * 24 * 3600)


class Announcements:
    """Counts the announcements made."""

    def __init__(self, expected: int) -> None:
        self._left = expected
        self.done = asyncio.Event()

    @activity.defn(name="floor_announce")
    async def announce(self, unit: str) -> str:
        """Announce to nobody."""
        self._left -= 1
        if self._left <= 0:
            self.done.set()
        return unit


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


async def main(address: str, expected: int) -> None:
    """Serve until every announcement was made."""
    announcements = Announcements(expected)
    client = await Client.connect(address)
    worker = Worker(client, task_queue=QUEUE, workflows=[FloorWorkflow], activities=[announcements.announce])
    async with worker:
        _say("ready")
        await announcements.done.wait()
        _say("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
