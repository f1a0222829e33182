"""The outbox relay: the only one who tells Temporal anything.

`agenda_changed` is signal-with-start: "be running, and look again"; level-triggered, so a doubled or lost signal does
no harm. `deliver` starts a delivery once, `look_again` wakes one that holds notices. The relay wakes on commit, sweeps
at start, every ten minutes and when Temporal's namespace has another identity, so that Temporal can be rebuilt from the
database.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg
from cascade_contracts.delivery import DELIVERY_WORKFLOW, LOOK_AGAIN, DeliveryOrder, delivery_id
from cascade_contracts.supervision import (
    AGENDA_CHANGED,
    CASCADE_QUEUE,
    SEARCH_CASCADE,
    SEARCH_DOCUMENT,
    SEARCH_UNIT,
    SUPERVISION_WORKFLOW,
    SupervisionOrder,
    supervision_id,
)
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from plan_api.audit import service as audit
from plan_api.integration import answers, outbox
from plan_api.integration.relay_state import swept_namespace, write_swept
from plan_api.read.agenda import Subject, batches_to_finish, batches_unrecorded, documents_to_watch, subjects
from plan_api.services import Services
from plan_api.supervision.pace import IDLE_SECONDS, Pace

log = logging.getLogger(__name__)

PAGE: Final = 200
AT_ONCE: Final = 16
SWEEP_EVERY: Final = timedelta(minutes=10)
RPC_TIMEOUT: Final = timedelta(seconds=5)
KEEP_ANSWERS: Final = timedelta(days=7)

_AWAY: Final = (
    SQLAlchemyError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    RPCError,
    OSError,
    TimeoutError,
)
"""What an absent database (asked through SQLAlchemy, or listened to on the bare driver) or Temporal is known by."""

_CASCADE = SearchAttributeKey.for_keyword(SEARCH_CASCADE)
_DOCUMENT = SearchAttributeKey.for_keyword(SEARCH_DOCUMENT)
_UNIT = SearchAttributeKey.for_keyword(SEARCH_UNIT)


def _attributes(subject: Subject | None) -> TypedSearchAttributes:
    if subject is None:
        return TypedSearchAttributes.empty
    return TypedSearchAttributes(
        [
            SearchAttributePair(_CASCADE, str(subject.cascade_id)),
            SearchAttributePair(_DOCUMENT, str(subject.document_id)),
            SearchAttributePair(_UNIT, str(subject.unit_id)),
        ]
    )


class _Lane:
    """Topics that are carried on their own: what is to be delivered never waits behind what looks ahead."""

    def __init__(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        self.woken = asyncio.Event()
        self.gate = asyncio.Semaphore(AT_ONCE)


class Relay:
    """Carries outbox rows to Temporal; several may run, each takes rows the others have not locked."""

    def __init__(self, services: Services, client: Client) -> None:
        self._services = services
        self._client = client
        self._supervisions = _Lane((outbox.AGENDA_CHANGED,))
        self._deliveries = _Lane((outbox.DELIVER, outbox.LOOK_AGAIN))
        self._pace = Pace()

    async def run(self) -> None:
        """Run until cancelled; an absent database or Temporal is waited for."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forever(self._listen, "listen"))
            group.create_task(self._forever(self._sweep_regularly, "sweep"))
            group.create_task(self._forever(lambda: self._drain_regularly(self._supervisions), "supervisions"))
            group.create_task(self._forever(lambda: self._drain_regularly(self._deliveries), "deliveries"))
            group.create_task(self._forever(self._keep_house, "housekeeping"))

    async def _forever(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Do something again and again, whatever comes of it once: what this carries, nobody else does.

        A driver torn out of its work by a cancellation may answer with an error of its own: that is the end, too.
        """
        while True:
            try:
                await work()
            except Exception as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError from error
                if isinstance(error, _AWAY):
                    log.warning("relay %s waits: %s", name, error)
                else:
                    log.exception("relay %s goes on after an error nobody expected", name)
                await asyncio.sleep(IDLE_SECONDS)

    async def _listen(self) -> None:
        """Wake on NOTIFY; without it the relay still looks every second."""
        async with self._services.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            assert driver is not None  # noqa: S101 - a checked-out connection has its driver
            lost = asyncio.Event()
            driver.add_termination_listener(lambda *_: lost.set())
            await driver.add_listener(outbox.WAKE_CHANNEL, self._wake)
            try:
                await lost.wait()
            finally:
                await connection.invalidate()

    def _wake(self, *told: object) -> None:
        """Wake the lane of the topic a notification names (its last word)."""
        for lane in (self._supervisions, self._deliveries):
            if told[-1] in lane.topics:
                lane.woken.set()

    async def _drain_regularly(self, lane: _Lane) -> None:
        with contextlib.suppress(TimeoutError):
            pause = self._pace.pause if lane is self._deliveries else IDLE_SECONDS
            await asyncio.wait_for(lane.woken.wait(), pause)
        lane.woken.clear()
        while await self._drain(lane):
            pass

    async def _drain(self, lane: _Lane) -> int:
        """Carry one page of waiting rows; return how many subjects were carried."""
        now = self._services.clock.now()
        async with self._services.engine.begin() as connection:
            chosen = waiting = await outbox.waiting(connection, lane.topics, now, PAGE)
            if lane is self._deliveries:
                unrecorded = await batches_unrecorded(connection, [item.subject_id for item in waiting])
                chosen = self._pace.choose(waiting, unrecorded, now, asyncio.get_running_loop().time())
            if not chosen:
                return 0
            changed = [item.subject_id for item in chosen if item.topic == outbox.AGENDA_CHANGED]
            known = await subjects(connection, changed)
            results = await asyncio.gather(
                *(self._carry(item, known.get(item.subject_id), lane.gate) for item in chosen)
            )
            sent = [row for item, error in zip(chosen, results, strict=True) if error is None for row in item.ids]
            if sent:
                await outbox.mark_sent(connection, sent, self._services.clock.now())
            for item, error in zip(chosen, results, strict=True):
                if error is not None:
                    await outbox.mark_failed(connection, item, error, self._services.clock.now())
        return sum(error is None for error in results)

    async def _carry(self, item: outbox.Waiting, subject: Subject | None, gate: asyncio.Semaphore) -> str | None:
        """Tell Temporal about one subject; return why it could not be told, or None.

        Whatever is wrong with one, it is tried again later and holds up no other.
        """
        try:
            async with gate:
                if item.topic == outbox.AGENDA_CHANGED:
                    await self.signal_supervision(item.subject_id, subject)
                elif item.topic == outbox.LOOK_AGAIN:
                    await self.wake_delivery(item.subject_id)
                else:
                    await self.start_delivery(item.subject_id)
        except Exception as error:
            unexpected = error if not isinstance(error, _AWAY) else None
            log.warning("%s %s not carried: %s", item.topic, item.subject_id, error, exc_info=unexpected)
            return f"{type(error).__name__}: {error}"
        return None

    async def signal_supervision(self, document_id: UUID, subject: Subject | None) -> None:
        """Make sure the document's supervision runs and looks again; a closed one starts anew."""
        await self._client.start_workflow(
            SUPERVISION_WORKFLOW,
            SupervisionOrder(document_id=document_id),
            id=supervision_id(document_id),
            task_queue=CASCADE_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=AGENDA_CHANGED,
            search_attributes=_attributes(subject),
            rpc_timeout=RPC_TIMEOUT,
        )

    async def start_delivery(self, batch_id: UUID) -> None:
        """Start the delivery of a batch, once; a lost Temporal starts it again, notifier's log decides."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                DELIVERY_WORKFLOW,
                DeliveryOrder(batch_id=batch_id),
                id=delivery_id(batch_id),
                task_queue=CASCADE_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                rpc_timeout=RPC_TIMEOUT,
            )

    async def wake_delivery(self, batch_id: UUID) -> None:
        """Have a delivery ask at once about what it holds; one that is finished is left alone."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self._client.start_workflow(
                DELIVERY_WORKFLOW,
                DeliveryOrder(batch_id=batch_id),
                id=delivery_id(batch_id),
                task_queue=CASCADE_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                start_signal=LOOK_AGAIN,
                rpc_timeout=RPC_TIMEOUT,
            )

    async def _sweep_regularly(self) -> None:
        """Sweep at once, then every ten minutes or as soon as Temporal's namespace is another one."""
        loop = asyncio.get_running_loop()
        await self.sweep()
        next_at = loop.time() + SWEEP_EVERY.total_seconds()
        while loop.time() < next_at:
            await asyncio.sleep(IDLE_SECONDS)
            if await self._namespace_is_new():
                break

    async def _namespace_id(self) -> str:
        answer = await self._client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=self._client.namespace), timeout=RPC_TIMEOUT
        )
        return answer.namespace_info.id

    async def _namespace_is_new(self) -> bool:
        try:
            present = await self._namespace_id()
        except (RPCError, OSError, TimeoutError):
            return False
        async with self._services.engine.connect() as connection:
            return present != await swept_namespace(connection)

    async def sweep(self) -> int:
        """Make everything run that must: supervisions with untaken steps or drafts due, unfinished batches."""
        namespace = await self._namespace_id()
        async with self._services.engine.connect() as connection:
            documents = await documents_to_watch(connection)
            batches = await batches_to_finish(connection)
            known = await subjects(connection, documents)
        await self._paced(self.signal_supervision(document, known.get(document)) for document in documents)
        await self._paced(self.start_delivery(batch) for batch in batches)
        async with self._services.engine.begin() as connection:
            await write_swept(connection, namespace, self._services.clock.now())
        return len(documents) + len(batches)

    async def _paced(self, calls: Iterable[Awaitable[None]]) -> None:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(call: Awaitable[None]) -> None:
            async with gate:
                await call

        page: list[Awaitable[None]] = []
        for call in calls:
            page.append(one(call))
            if len(page) == PAGE:
                await asyncio.gather(*page)
                page = []
        await asyncio.gather(*page)

    async def _keep_house(self) -> None:
        """Seal the audit and forget old answers and sent rows."""
        async with self._services.engine.begin() as connection:
            sealed = await audit.seal(connection)
        now = self._services.clock.now()
        async with self._services.engine.begin() as connection:
            await answers.forget(connection, now - KEEP_ANSWERS)
            await outbox.forget(connection, now - KEEP_ANSWERS)
        await asyncio.sleep(0 if sealed == audit.SEAL_PAGE else 15 * IDLE_SECONDS)
