"""Taking over goes before sending, but never keeps it waiting without end."""

import asyncio

from notifier.precedence import Precedence


async def test_without_the_first_kind_of_work_nothing_waits() -> None:
    await asyncio.wait_for(Precedence(lull=60).passed_by(), 1)


async def test_the_second_kind_waits_for_the_first_and_a_lull() -> None:
    precedence, order = Precedence(lull=0.05), list[str]()

    async def first() -> None:
        async with precedence.first():
            await asyncio.sleep(0.05)
        order.append("first")

    async def second() -> None:
        await precedence.passed_by()
        order.append("second")

    under_way = asyncio.create_task(first())
    await asyncio.sleep(0)
    await asyncio.gather(second(), under_way)

    assert order == ["first", "second"]


async def test_a_burst_without_end_is_not_waited_for() -> None:
    precedence = Precedence(lull=0.01, at_most=0.05)
    async with precedence.first():
        await asyncio.wait_for(precedence.passed_by(), 1)
