"""What a result means for a delivery, and how long one waits."""

from datetime import UTC, datetime, timedelta

import pytest
from cascade_contracts.ids import new_id
from notifier.attempts import conclude, retry_after
from notifier.channels.base import Retry, SendResult, SendState
from notifier.models import DeliveryState
from notifier.store.channels import pause
from notifier.store.pages import Claimed
from unit.notifier.notices import facts, recipient

NOW = datetime(2026, 11, 11, 1, 0, tzinfo=UTC)


def claimed(age: timedelta = timedelta(), attempts: int = 1) -> Claimed:
    return Claimed(
        month=NOW.date().replace(day=1),
        id=new_id(),
        batch_id=new_id(),
        notice_id=new_id(),
        channel="email",
        address="a@hp.test",
        address_index=b"",
        attempts=attempts,
        created_at=NOW - age,
        template="overdue",
        template_version=1,
        recipient=recipient(),
        facts=facts(),
    )


@pytest.mark.parametrize(
    ("result", "state", "wait"),
    [
        (SendResult(SendState.ACCEPTED), DeliveryState.ACCEPTED, None),
        (SendResult(SendState.UNKNOWN), DeliveryState.UNKNOWN, None),
        (SendResult(SendState.FAILED), DeliveryState.FAILED, None),
        (SendResult(SendState.HELD, retry=Retry.CHANNEL), DeliveryState.PENDING, None),
        (SendResult(SendState.HELD, retry=Retry.RECIPIENT), DeliveryState.PENDING, timedelta(minutes=1)),
    ],
)
def test_results(result: SendResult, state: DeliveryState, wait: timedelta | None) -> None:
    assert conclude(result, claimed(), NOW, timedelta(days=4)) == (state, None if wait is None else NOW + wait)


def test_a_recipient_is_given_up_after_days_the_channel_never() -> None:
    old = claimed(age=timedelta(days=5))
    recipients = SendResult(SendState.HELD, retry=Retry.RECIPIENT)
    channels = SendResult(SendState.HELD, retry=Retry.CHANNEL)
    assert conclude(recipients, old, NOW, timedelta(days=4))[0] is DeliveryState.FAILED
    assert conclude(channels, old, NOW, timedelta(days=4))[0] is DeliveryState.PENDING


def test_waits_grow_and_stop_growing() -> None:
    assert [retry_after(number) / timedelta(minutes=1) for number in (1, 2, 3, 6, 99)] == [1, 2, 4, 30, 30]
    assert [pause(number) / timedelta(seconds=1) for number in (1, 2, 3, 4, 5, 99)] == [4, 8, 16, 32, 60, 60]
