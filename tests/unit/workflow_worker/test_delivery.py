"""The delivery takes a batch over, waits for its hour and sends page after page until nothing remains."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cascade_contracts.delivery import (
    DELIVERY_QUEUE,
    DELIVERY_WORKFLOW,
    LOOK_AGAIN,
    PAGES_QUEUE,
    SEND_PAGE,
    TAKE_OVER_BATCH,
    BatchTakenOver,
    DeliveryOrder,
    PageSent,
    delivery_id,
)
from cascade_contracts.ids import new_id
from cascade_contracts.supervision import CASCADE_QUEUE
from harness.clock import eventually
from harness.engine import Engine
from temporalio import activity
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from workflow_worker.worker import build_worker
from workflow_worker.workflows import WORKFLOWS, delivery

DONE = PageSent(settled=1, remaining=0)
SOON = timedelta(seconds=1)


@dataclass(slots=True)
class Post:
    """A notifier that answers from a script; when it is empty, everything is settled."""

    notices: int = 1
    not_before: datetime = field(default_factory=lambda: datetime.now(UTC))
    pages: list[PageSent] = field(default_factory=list)
    gone: bool = False
    before_answering: Callable[[], Awaitable[object]] | None = None
    calls: list[str] = field(default_factory=list)
    sent_at: list[datetime] = field(default_factory=list)
    awake: list[bool] = field(default_factory=list)

    @activity.defn(name=TAKE_OVER_BATCH)
    async def take_over_batch(self, order: DeliveryOrder) -> BatchTakenOver:
        """Say how many notices there are and when they may go out."""
        del order
        self.calls.append(TAKE_OVER_BATCH)
        if self.gone:
            raise ApplicationError("no such batch", type="BatchGone", non_retryable=True)
        return BatchTakenOver(notices=self.notices, not_before=self.not_before)

    @activity.defn(name=SEND_PAGE)
    async def send_page(self, order: DeliveryOrder) -> PageSent:
        """Send a page."""
        self.awake.append(order.awake)
        self.calls.append(SEND_PAGE)
        self.sent_at.append(datetime.now(UTC))
        if self.before_answering is not None:
            await self.before_answering()
        return self.pages.pop(0) if self.pages else DONE


@asynccontextmanager
async def delivering(
    engine: Engine, post: Post, workflows: Worker | None = None
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """Run workflows and the scripted post, with one delivery under way."""
    async with (
        workflows or build_worker(engine.client),
        Worker(engine.client, task_queue=DELIVERY_QUEUE, activities=[post.take_over_batch]),
        Worker(engine.client, task_queue=PAGES_QUEUE, activities=[post.send_page]),
    ):
        order = DeliveryOrder(batch_id=new_id())
        try:
            yield await engine.client.start_workflow(
                DELIVERY_WORKFLOW, order, id=delivery_id(order.batch_id), task_queue=CASCADE_QUEUE
            )
        finally:
            await engine.clear()


async def test_a_batch_is_taken_over_and_sent(engine: Engine) -> None:
    post = Post()
    async with delivering(engine, post) as handle:
        await handle.result()

    assert post.calls == [TAKE_OVER_BATCH, SEND_PAGE]


async def test_an_empty_batch_waits_for_no_hour(engine: Engine) -> None:
    post = Post(notices=0, not_before=datetime.now(UTC) + timedelta(days=1))
    async with delivering(engine, post) as handle:
        await handle.result()

    assert post.calls == [TAKE_OVER_BATCH, SEND_PAGE]


async def test_page_follows_page(engine: Engine) -> None:
    post = Post(pages=[PageSent(settled=200, remaining=300), PageSent(settled=200, remaining=100)])
    async with delivering(engine, post) as handle:
        await handle.result()

    assert post.calls.count(SEND_PAGE) == 3


async def test_nothing_is_sent_before_the_hour(engine: Engine) -> None:
    post = Post(not_before=datetime.now(UTC) + SOON)
    async with delivering(engine, post) as handle:
        await handle.result()

    assert post.sent_at[0] >= post.not_before


async def test_the_channel_may_ask_to_wait(engine: Engine) -> None:
    post, asked_for = Post(), list[datetime]()

    async def ask_once() -> None:
        if not asked_for:
            asked_for.append(datetime.now(UTC) + SOON)
            post.pages.append(PageSent(settled=0, remaining=1, retry_at=asked_for[0]))

    post.before_answering = ask_once
    async with delivering(engine, post) as handle:
        await handle.result()

    assert post.sent_at[0] < asked_for[0] <= post.sent_at[1]


async def test_a_signal_ends_the_wait(engine: Engine) -> None:
    post = Post(pages=[PageSent(settled=0, remaining=1, retry_at=datetime.now(UTC) + timedelta(days=1))])
    async with delivering(engine, post) as handle:

        async def refused() -> bool:
            return bool(post.sent_at)

        assert await eventually(refused)
        await handle.signal(LOOK_AGAIN)
        await asyncio.wait_for(handle.result(), 60)

    assert post.awake == [False, True]


async def test_a_signal_while_a_page_is_being_sent_is_not_lost(engine: Engine) -> None:
    post = Post(pages=[PageSent(settled=0, remaining=1, retry_at=datetime.now(UTC) + timedelta(days=1))])
    async with delivering(engine, post) as handle:
        post.before_answering = lambda: handle.signal(LOOK_AGAIN)
        await asyncio.wait_for(handle.result(), 60)

    assert post.calls.count(SEND_PAGE) >= 2


async def test_an_unknown_batch_ends_the_delivery(engine: Engine) -> None:
    post = Post(gone=True)
    async with delivering(engine, post) as handle:
        with pytest.raises(WorkflowFailureError):
            await handle.result()

    assert post.calls == [TAKE_OVER_BATCH]


async def test_a_long_wait_continues_as_new(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "HISTORY_LIMIT", 20)
    post = Post(pages=[PageSent(settled=1, remaining=1) for _ in range(8)])
    outside = Worker(
        engine.client, task_queue=CASCADE_QUEUE, workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner()
    )
    async with delivering(engine, post, outside) as handle:
        await handle.result()
        last = await engine.describe(handle.id)

    assert last.run_id != handle.first_execution_run_id
    assert post.calls.count(SEND_PAGE) == 9
