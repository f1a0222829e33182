"""A year of quarterly reports: each opens by itself, is announced as it begins, and is chased on its own days."""

import pytest
from harness.cascade import Cascade, Document, Unit

QUARTERLY = {"title": "Báo cáo", "every": "quarter", "day": 25, "until": "2026-12-31"}


async def two_schools(cascade: Cascade) -> tuple[Unit, Unit, Document]:
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    quick, silent = [await cascade.unit(f"Trường số {n}", f"T{n}", professional=department) for n in (1, 2)]
    return quick, silent, await cascade.issue(department, [quick, silent], recurring=[QUARTERLY])


async def heard(cascade: Cascade, school: Unit, step: str) -> list[str]:
    return [mail.at.date().isoformat() for mail in await cascade.received(school, step)]


@pytest.mark.parametrize("begins", ["2026-01-05T08:00"])
async def test_it_opens_and_supervises_itself(cascade: Cascade) -> None:
    quick, silent, document = await two_schools(cascade)
    for number, month in enumerate((3, 6, 9, 12)):
        await cascade.until(f"2026-{month:02}-16T09:00")
        await cascade.hand_in(quick, document, position=number)
    await cascade.until("2027-02-01T08:00")

    begins = ["2026-01-05", "2026-04-01", "2026-07-01", "2026-10-01"]
    assert await heard(cascade, quick, "announce") == begins
    assert await heard(cascade, silent, "announce") == begins
    assert not await heard(cascade, quick, "remind")
    assert await heard(cascade, silent, "due") == ["2026-03-25", "2026-06-25", "2026-09-25", "2026-12-25"]
    assert len(await heard(cascade, silent, "overdue")) == 4
    assert [item["period"] for item in await cascade.rounds(document)] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    tally = await cascade.progress(document)
    assert (tally["expected"], tally["on_time"], tally["missing"]) == (8, 4, 4)
    assert not cascade.engine.open


@pytest.mark.parametrize("begins", ["2026-01-05T08:00"])
async def test_after_an_outage_of_several_periods_nothing_is_lost_or_asked_twice(cascade: Cascade) -> None:
    _, silent, document = await two_schools(cascade)
    await cascade.until("2026-02-02T09:00")
    announced = len(await cascade.received(silent, "announce"))

    cascade.clock.jump(cascade.clock.now().replace(month=11, day=10))
    await cascade.settle()
    await cascade.until("2027-02-01T08:00")

    assert announced == 1
    rounds = await cascade.rounds(document)
    assert [item["period"] for item in rounds] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
    assert (await cascade.progress(document))["expected"] == 8
    assert await heard(cascade, silent, "announce") == ["2026-01-05", "2026-11-10", "2026-11-10"]
    assert (await heard(cascade, silent, "overdue"))[-2:] == ["2026-11-16", "2026-12-28"]
