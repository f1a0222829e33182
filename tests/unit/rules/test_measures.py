"""Fair measures: shares of the expected, the erosion of a deadline, lateness net of delay from above."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.measures import Erosion, Measure, erosion, measure, net_delays, shares
from plan_api.rules.timeliness import Tally

DAYS = WorkCalendar()
MONDAY = date(2026, 3, 2)


def day(number: int) -> date:
    """Return the n-th working day after the Monday."""
    return DAYS.shift(MONDAY, number)


def test_shares_of_the_expected() -> None:
    tally = Tally(expected=8, on_time=5, late=2, missing=1, not_due=4, no_deadline=3)

    assert measure(tally) == Measure(completeness=875, timeliness=625)


def test_nothing_expected_is_not_applicable_and_nearly_all_is_not_all() -> None:
    assert measure(Tally(not_due=3)) == Measure(None, None)
    assert measure(Tally(expected=3000, on_time=2999, missing=1)) == Measure(999, 999)
    assert measure(Tally(expected=1, late=1)) == Measure(1000, 0)


def test_a_deadline_erodes_from_level_to_level() -> None:
    found = erosion([MONDAY, day(3), day(10)], day(20), DAYS)

    assert found == Erosion(total=20, used=(3, 7), left=10, over=0)
    assert found.shares == (150, 350, 500)


def test_whoever_passes_on_after_the_due_day_leaves_nothing() -> None:
    assert erosion([MONDAY, day(4), day(13)], day(10), DAYS) == Erosion(total=10, used=(4, 6), left=0, over=3)
    assert erosion([MONDAY, day(12), day(13)], day(10), DAYS) == Erosion(total=10, used=(10, 0), left=0, over=3)


def test_a_document_alone_leaves_everything() -> None:
    found = erosion([MONDAY], day(5), DAYS)

    assert found == Erosion(5, (), 5, 0)
    assert found.shares == (1000,)


def test_a_due_day_past_at_issue_has_no_days_to_use() -> None:
    found = erosion([MONDAY, day(2)], MONDAY - timedelta(days=7), DAYS)

    assert found == Erosion(total=0, used=(0,), left=0, over=2)
    assert found.shares == (0, 0)


def test_a_plan_dated_before_its_parent_used_no_day_and_gives_none_back() -> None:
    assert erosion([MONDAY, day(5), day(2), day(7)], day(10), DAYS).used == (5, 0, 2)


def test_no_chain_without_a_document() -> None:
    with pytest.raises(ValueError, match="a chain has a document"):
        erosion([], MONDAY, DAYS)


def test_what_rounding_leaves_goes_to_the_largest_remainders_first_ones_first() -> None:
    assert shares((1, 1, 1)) == (334, 333, 333)
    assert shares((2, 1)) == (667, 333)
    assert shares((1, 2)) == (333, 667)
    assert shares((1, 1, 1, 1, 1, 1)) == (167, 167, 167, 167, 166, 166)
    assert shares((0, 0)) == (0, 0)
    assert shares(()) == ()


@pytest.mark.parametrize(
    ("delays", "net"),
    [
        ((3, 5, 5), (3, 2, 0)),
        ((0, 4), (0, 4)),
        ((6, 2), (6, 0)),
        ((None, 2, None, 7), (0, 2, 0, 5)),
        ((-4, 1), (0, 1)),
        ((2, 2, 2), (2, 0, 0)),
        ((), ()),
    ],
)
def test_only_what_a_level_adds_is_its_own(delays: tuple[int | None, ...], net: tuple[int, ...]) -> None:
    assert net_delays(delays) == net


@given(st.lists(st.integers(0, 400), min_size=1, max_size=6), st.integers(-30, 500))
def test_days_and_shares_sum_exactly(offsets: list[int], due: int) -> None:
    issued_on = [MONDAY + timedelta(days=offset) for offset in offsets]
    found = erosion(issued_on, issued_on[0] + timedelta(days=due), DAYS)

    assert sum(found.used) + found.left == found.total
    assert min((*found.used, found.left, found.over)) >= 0
    assert sum(found.shares) == (1000 if found.total else 0)


@given(st.lists(st.none() | st.integers(-5, 60), max_size=6))
def test_net_delays_sum_to_the_greatest(delays: list[int | None]) -> None:
    net = net_delays(delays)

    assert sum(net) == max([0, *(delay for delay in delays if delay is not None)])
    assert all(own <= max(delay or 0, 0) for own, delay in zip(net, delays, strict=True))
