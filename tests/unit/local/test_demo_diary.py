"""The diary does acts in the order of their time, not more at once than it may, and knows when nothing is left."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from cascade_local.demo.diary import Diary


def _noting(done: list[str], name: str) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        done.append(name)

    return act


async def test_acts_are_done_in_the_order_of_their_time_also_those_noted_later() -> None:
    diary, done = Diary(4), list[str]()
    keeper = asyncio.create_task(diary.keep())
    diary.note(0.05, _noting(done, "second"))
    diary.note(0.02, _noting(done, "first"))

    async def goes_on() -> None:
        done.append("third")
        diary.note(-1, _noting(done, "fourth"))

    diary.note(0.08, goes_on)
    async with asyncio.timeout(5):
        await diary.done()
    keeper.cancel()

    assert done == ["first", "second", "third", "fourth"]


async def test_no_more_at_once_than_allowed() -> None:
    diary, under_way, most = Diary(3), 0, 0
    gate = asyncio.Event()

    async def act() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if most == 3:
            gate.set()
        await gate.wait()
        under_way -= 1

    keeper = asyncio.create_task(diary.keep())
    for _ in range(12):
        diary.note(0, act)
    async with asyncio.timeout(5):
        await diary.done()
    keeper.cancel()

    assert most == 3


async def test_an_act_that_fails_ends_the_keeping() -> None:
    diary = Diary(1)

    async def fails() -> None:
        raise LookupError("lost")

    diary.note(0, fails)
    with pytest.raises(ExceptionGroup) as caught:
        await diary.keep()
    assert caught.group_contains(LookupError)
