"""The scenario clock moves real workflows on a real server through the dates of their facts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from cascade_contracts.supervision import supervision_id
from harness.clock import ClockStuckError
from harness.engine import Engine

from .office import Office

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PROMPTLY = timedelta(minutes=1)
"""Far below any distance between instants here, far above what a busy machine takes."""

START = datetime(2019, 1, 7, 1, tzinfo=UTC)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with Engine.start() as engine, Office.open(engine, at=START, quiet=8 * HOUR) as office:
        yield office


async def test_each_step_is_taken_and_sent_at_its_own_hour(office: Office) -> None:
    for number in range(3):
        office.issue(*(START + 5 * DAY * n + number * HOUR for n in range(1, 4)))

    await office.clock.until(START + 30 * DAY)

    assert len(office.steps) == 9
    for step in office.steps:
        assert step.times_taken == 1
        assert step.as_of is not None
        assert step.not_before is not None
        assert step.sent_at is not None
        assert timedelta() <= step.as_of - step.at < PROMPTLY
        assert timedelta() <= step.sent_at - step.not_before < PROMPTLY
    assert not office.engine.open


async def test_time_stands_where_the_test_left_it(office: Office) -> None:
    office.issue(START + 5 * DAY, START + 10 * DAY)

    await office.clock.until(START + 7 * DAY)

    assert [step.taken_at is not None for step in office.steps] == [True, False]
    assert timedelta() <= office.clock.now() - (START + 7 * DAY) < PROMPTLY


async def test_what_starts_later_lives_at_the_scenarios_time(office: Office) -> None:
    await office.clock.until(START + 100 * DAY)
    office.issue(START + 100 * DAY, START + 101 * DAY)
    await office.clock.settle()
    assert [step.taken_at is not None for step in office.steps] == [True, False]

    await office.clock.until(START + 102 * DAY)
    assert all(step.sent_at for step in office.steps)


async def test_a_change_reaches_a_supervision_that_stayed_behind(office: Office) -> None:
    document = office.issue(START + 200 * DAY)
    await office.clock.until(START + 100 * DAY)

    office.change(document, START + 101 * DAY)
    await office.clock.until(START + 103 * DAY)

    assert [step.taken_at is not None for step in office.steps] == [False, True]


async def test_a_closed_supervision_opens_again(office: Office) -> None:
    document = office.issue(START + DAY)
    await office.clock.until(START + 10 * DAY)
    assert supervision_id(document) not in office.engine.open

    office.change(document, START + 20 * DAY)
    await office.clock.until(START + 30 * DAY)

    assert [step.times_taken for step in office.steps] == [1, 1]


async def test_after_an_outage_what_is_past_is_done_at_once(office: Office) -> None:
    office.issue(START + DAY, START + 2 * DAY)
    await office.clock.settle()

    office.clock.jump(START + 5 * DAY)
    await office.clock.settle()

    assert all(step.taken_at is not None and step.taken_at >= START + 5 * DAY for step in office.steps)


async def test_one_move_may_cross_more_timers_than_a_session_allows() -> None:
    async with Engine.start(skips_per_move=3) as engine, Office.open(engine, at=START) as office:
        document = office.issue(*(START + n * DAY for n in range(1, 11)))
        await office.clock.settle()

        office.clock.jump(START + 20 * DAY)
        await office.clock.settle()

        assert [step.times_taken for step in office.steps] == [1] * 10
        assert supervision_id(document) not in engine.open


async def test_a_stuck_clock_says_what_is_under_way(office: Office) -> None:
    document = office.issue(START + DAY)
    await office.clock.settle()
    office.broken = "the database is away"
    office.clock.patience = timedelta(seconds=3)

    with pytest.raises(ClockStuckError) as stuck:
        await office.clock.until(START + 2 * DAY)

    assert f"due since 2019-01-08 01:00:00Z: {supervision_id(document)}" in str(stuck.value)
    assert "take_step" in str(stuck.value)
    assert "the database is away" in str(stuck.value)


async def test_time_does_not_go_back(office: Office) -> None:
    await office.clock.until(START + DAY)

    with pytest.raises(ValueError, match="does not go back"):
        await office.clock.until(START)


async def test_facts_and_engine_differ_by_a_constant(office: Office) -> None:
    before = office.clock.to_engine(START)
    await office.clock.until(START + DAY)

    assert office.clock.to_engine(START) == before
    assert office.clock.from_engine(before) == START
    assert abs(office.clock.to_engine(office.clock.now()) - (datetime.now(UTC) + DAY)) < PROMPTLY
