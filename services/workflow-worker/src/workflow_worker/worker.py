"""The process that runs workflows and nothing else: no activities, no I/O but Temporal."""

from datetime import timedelta

from cascade_contracts.supervision import CASCADE_QUEUE
from cascade_servicekit import memory
from cascade_servicekit.logs import configure_logging
from cascade_servicekit.process import run_process
from cascade_servicekit.temporal import connect, run_until_stopped
from temporalio.client import Client
from temporalio.worker import Worker

from workflow_worker.settings import Settings
from workflow_worker.workflows import WORKFLOWS


def build_worker(client: Client, *, max_cached_workflows: int = 300) -> Worker:
    """Return a worker of all workflows on the queue `cascade`, sandboxed."""
    return Worker(
        client,
        task_queue=CASCADE_QUEUE,
        workflows=WORKFLOWS,
        max_cached_workflows=max_cached_workflows,
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


async def run(settings: Settings) -> None:
    """Run until stopped."""
    client = await connect(settings.temporal_address, settings.temporal_namespace)
    worker = build_worker(client, max_cached_workflows=settings.max_cached_workflows)
    await run_until_stopped([worker], ready_file=settings.ready_file)


def main() -> None:
    """Start the process."""
    configure_logging("workflow-worker")
    memory.settle()
    run_process(run(Settings()))
