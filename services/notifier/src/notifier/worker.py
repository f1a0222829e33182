"""The worker process: hosts the activities that deliver and reports late outcomes."""

from datetime import timedelta

from cascade_contracts.delivery import DELIVERY_QUEUE, PAGES_QUEUE
from cascade_servicekit.clock import SystemClock
from cascade_servicekit.temporal import connect, run_until_stopped
from temporalio.client import Client
from temporalio.worker import Worker

from notifier.activities import DeliveryActivities
from notifier.alarm_desk import AlarmDesk
from notifier.assembly import assemble
from notifier.settings import Settings

TAKE_OVERS_AT_ONCE = 16
PAGES_AT_ONCE = 4
"""All pages share the channel's connections: more at once would only wait for them."""

GRACE = timedelta(seconds=9)
"""Pages under way are finished before a worker stops."""


def build_workers(client: Client, activities: DeliveryActivities) -> list[Worker]:
    """Return the workers of both queues."""
    return [
        Worker(
            client,
            task_queue=DELIVERY_QUEUE,
            activities=[activities.take_over_batch],
            max_concurrent_activities=TAKE_OVERS_AT_ONCE,
            graceful_shutdown_timeout=GRACE,
        ),
        Worker(
            client,
            task_queue=PAGES_QUEUE,
            activities=[activities.send_page],
            max_concurrent_activities=PAGES_AT_ONCE,
            graceful_shutdown_timeout=GRACE,
        ),
    ]


async def run_worker(settings: Settings) -> None:
    """Work until a signal stops it; pages under way are finished first."""
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    async with assemble(settings) as notifier:
        workers = build_workers(client, notifier.activities)
        alarms = AlarmDesk(notifier.engine, notifier.keyring, settings, SystemClock(settings.clock_offset))
        tasks = [notifier.reporter.sweep_forever, alarms.tell_forever, notifier.mailroom.run_forever]
        if notifier.zalo is not None:
            tasks.append(notifier.zalo.keeper.keep_forever)
        await run_until_stopped(workers, *tasks, ready_file=settings.ready_file)
