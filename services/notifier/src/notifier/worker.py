"""The worker process: hosts the activities of the `delivery` queue and reports late outcomes."""

from datetime import timedelta

from cascade_contracts.delivery import DELIVERY_QUEUE
from cascade_servicekit.temporal import connect, run_until_stopped
from temporalio.worker import Worker

from notifier.assembly import assemble
from notifier.settings import Settings

MOST_ACTIVITIES = 200
"""Pages, most of them waiting for their turn, must never keep a batch from being taken over."""


async def run_worker(settings: Settings) -> None:
    """Work until a signal stops it; pages under way are finished first."""
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    async with assemble(settings) as notifier:
        activities = notifier.activities
        worker = Worker(
            client,
            task_queue=DELIVERY_QUEUE,
            activities=[activities.take_over_batch, activities.send_page],
            max_concurrent_activities=MOST_ACTIVITIES,
            graceful_shutdown_timeout=timedelta(seconds=9),
        )
        await run_until_stopped([worker], notifier.reporter.sweep_forever, ready_file=settings.ready_file)
