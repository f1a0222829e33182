"""In a burst everything is taken over before any of it is sent; one leader begins for what its pull carries."""

from datetime import UTC, datetime
from uuid import UUID

from cascade_contracts.ids import new_id
from plan_api.integration.outbox import DELIVER, LOOK_AGAIN, Waiting
from plan_api.supervision.pace import FOLLOW_AT_LAST, IDLE_SECONDS, LEAD, LULL, PULL, Pace

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def row(topic: str = DELIVER, since: datetime = NOW) -> Waiting:
    return Waiting(topic, new_id(), [new_id()], 0, since)


def unrecorded(*rows: Waiting, notices: int = 24) -> dict[UUID, int]:
    return dict.fromkeys((item.subject_id for item in rows), notices)


def test_a_lone_delivery_begins_at_once() -> None:
    pace, one = Pace(), row()
    assert pace.choose([one], unrecorded(one), NOW, 100.0) == [one]
    assert pace.pause == IDLE_SECONDS


def test_of_what_one_pull_carries_only_the_first_begins() -> None:
    pace, many = Pace(), [row() for _ in range(20)]
    together = PULL // 24
    assert pace.choose(many, unrecorded(*many), NOW, 100.0) == many[::together]
    assert pace.pause == LEAD


def test_a_batch_larger_than_a_pull_begins_itself() -> None:
    pace, large, small = Pace(), row(), row()
    notices = unrecorded(large, notices=PULL * 3) | unrecorded(small)
    assert pace.choose([large, small], notices, NOW, 100.0) == [large, small]


def test_leaders_keep_their_distance_but_nobody_is_forgotten() -> None:
    pace, first, second = Pace(), row(), row()
    assert pace.choose([first], unrecorded(first), NOW, 100.0) == [first]
    assert pace.choose([second], unrecorded(second), NOW, 100.0 + LEAD / 2) == []
    assert pace.pause == LEAD
    assert pace.choose([second], unrecorded(second), NOW, 100.0 + LEAD) == [second]


def test_what_is_recorded_begins_when_nobody_waits_or_after_a_while() -> None:
    pace, recorded, old, waits = Pace(), row(), row(since=NOW - FOLLOW_AT_LAST), row()
    assert pace.choose([recorded, old, waits], unrecorded(waits), NOW, 100.0) == [waits, old]
    assert pace.choose([recorded], {}, NOW, 100.0 + LULL / 2) == [], "in a burst batches come in drops"
    assert pace.choose([recorded], {}, NOW, 100.0 + LULL) == [recorded]


def test_deliveries_that_run_are_told_whatever_waits() -> None:
    pace, first, second, told = Pace(), row(), row(), row(LOOK_AGAIN)
    pace.choose([first], unrecorded(first), NOW, 100.0)
    assert pace.choose([second, told], unrecorded(second), NOW, 100.0) == [told]
