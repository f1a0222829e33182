"""The process that hosts the activities on facts and the outbox relay."""

from datetime import timedelta

from cascade_contracts.supervision import RECORDS_QUEUE
from cascade_servicekit.temporal import connect, run_until_stopped
from temporalio.client import Client
from temporalio.worker import Worker

from plan_api.services import Services, build_services
from plan_api.settings import Settings
from plan_api.supervision.activities import RecordsActivities
from plan_api.supervision.canary import Canary
from plan_api.supervision.relay import Relay


def build_worker(client: Client, services: Services) -> Worker:
    """Return a worker of the activities on facts, with as many at once as there are database connections to spare."""
    return Worker(
        client,
        task_queue=RECORDS_QUEUE,
        activities=RecordsActivities(services).all(),
        max_concurrent_activities=max(2, services.settings.database_pool - 4),
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


async def run(settings: Settings) -> None:
    """Run until stopped."""
    services = build_services(settings)
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    relay, canary = Relay(services, client), Canary(services)
    try:
        await run_until_stopped(
            [build_worker(client, services)], relay.run, canary.run, ready_file=settings.worker_ready_file
        )
    finally:
        await services.engine.dispose()
