"""Timeouts and retries, named once. Ten seconds is the recovery time after a worker's death."""

from datetime import timedelta
from typing import Final, TypedDict

from cascade_contracts.delivery import DELIVERY_QUEUE, PAGES_QUEUE
from cascade_contracts.supervision import RECORDS_QUEUE
from temporalio.common import RetryPolicy


class ActivityOptions(TypedDict):
    """The options every activity call here passes."""

    task_queue: str
    start_to_close_timeout: timedelta
    heartbeat_timeout: timedelta | None
    retry_policy: RetryPolicy


PATIENT: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), backoff_coefficient=2, maximum_interval=timedelta(seconds=10)
)
"""Try for ever: facts and delivery come back, and what is due stays due."""

RECORDS: Final[ActivityOptions] = {
    "task_queue": RECORDS_QUEUE,
    "start_to_close_timeout": timedelta(seconds=10),
    "heartbeat_timeout": None,
    "retry_policy": PATIENT,
}

LONG_RECORDS: Final[ActivityOptions] = {
    "task_queue": RECORDS_QUEUE,
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": PATIENT,
}
"""For steps that may speak to tens of thousands; they heartbeat, so a dead worker is noticed as soon."""

DELIVERY: Final[ActivityOptions] = {
    "task_queue": DELIVERY_QUEUE,
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(seconds=10),
    "retry_policy": PATIENT,
}

PAGES: Final[ActivityOptions] = {**DELIVERY, "task_queue": PAGES_QUEUE}
