"""Delivery of one batch of notices: taken over, held through quiet hours, sent and reported page by page."""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from cascade_contracts.delivery import (
        DELIVERY_WORKFLOW,
        LOOK_AGAIN,
        SEND_PAGE,
        TAKE_OVER_BATCH,
        BatchTakenOver,
        DeliveryOrder,
        PageSent,
    )

    from workflow_worker.workflows.activity_options import DELIVERY, PAGES

HISTORY_LIMIT = 8_000
"""Events after which a run hands over to the next: a mail server may be away for days."""


@workflow.defn(name=DELIVERY_WORKFLOW)
class DeliveryWorkflow:
    """Take a batch over, wait for the hour, send it.

    Accepts the signal `look_again`, which ends a wait early. Ends when every notice is settled and reported. Holds ids,
    counts and instants only; each page asks again whether its notices are still owed.
    """

    @workflow.init
    def __init__(self, order: DeliveryOrder) -> None:
        self.order = order
        self.looks = 0

    @workflow.signal(name=LOOK_AGAIN)
    def look_again(self) -> None:
        """End the present wait."""
        self.looks += 1

    @workflow.run
    async def run(self, order: DeliveryOrder) -> None:  # noqa: ARG002 - taken by __init__
        """Deliver the batch."""
        looks = self.looks
        batch = await self.take_over()
        if batch.notices:
            await self.wait_until(batch.not_before, looks)
        await self.send_all()

    async def take_over(self) -> BatchTakenOver:
        """Have notifier record every notice of the batch."""
        batch: BatchTakenOver = await workflow.execute_activity(
            TAKE_OVER_BATCH, self.order, result_type=BatchTakenOver, **DELIVERY
        )
        return batch

    async def send_all(self) -> None:
        """Send and report page after page until nothing remains, waiting where the channel asks for it.

        The page after a signal asks at once about what is held: a resumed document's notices wait for nothing else.
        """
        awake = self.order.awake or self.looks > 0
        while True:
            looks = self.looks
            order = self.order.model_copy(update={"awake": awake})
            page = await workflow.execute_activity(SEND_PAGE, order, result_type=PageSent, **PAGES)
            if not page.remaining:
                return
            if page.retry_at is not None:
                await self.wait_until(page.retry_at, looks)
            awake = self.looks != looks
            info = workflow.info()
            if info.is_continue_as_new_suggested() or info.get_current_history_length() > HISTORY_LIMIT:
                workflow.continue_as_new(self.order.model_copy(update={"awake": awake}))

    async def wait_until(self, instant: datetime, looks: int) -> None:
        """Wait for an instant, or for a signal to look again since there were `looks` of them.

        Count them before the activity that names the instant: a signal that comes while it runs must not be lost.
        """
        remaining = instant - workflow.now()
        if remaining.total_seconds() <= 0:
            return
        try:
            await workflow.wait_condition(lambda: self.looks != looks, timeout=remaining)
        except TimeoutError:
            return
