"""Time frames of tasks, and what a plan leaves uncovered of its parents' tasks."""

from datetime import date
from decimal import Decimal

import pytest
from plan_api.rules.tasks import (
    Above,
    Below,
    DaysFrame,
    Frame,
    Gap,
    GapKind,
    QuarterFrame,
    Span,
    StandingFrame,
    YearFrame,
    ends_after,
    gaps,
    span,
)
from pydantic import ValidationError

YEAR: Span = (date(2026, 1, 1), date(2026, 12, 31))
OPEN: Span = (None, None)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (QuarterFrame(form="quarter", year=2026, quarter=3), (date(2026, 7, 1), date(2026, 9, 30))),
        (QuarterFrame(form="quarter", year=2026, quarter=4), (date(2026, 10, 1), date(2026, 12, 31))),
        (YearFrame(form="year", year=2026), YEAR),
        (DaysFrame(form="dates", until_on=date(2026, 5, 13)), (None, date(2026, 5, 13))),
        (StandingFrame(form="standing"), OPEN),
    ],
)
def test_a_frame_is_its_first_and_last_day(frame: Frame, expected: Span) -> None:
    assert span(frame) == expected


def test_days_are_in_order() -> None:
    same = DaysFrame(form="dates", from_on=date(2026, 5, 13), until_on=date(2026, 5, 13))
    assert span(same) == (date(2026, 5, 13), date(2026, 5, 13))
    with pytest.raises(ValidationError, match="before from_on"):
        DaysFrame(form="dates", from_on=date(2026, 5, 14), until_on=date(2026, 5, 13))


@pytest.mark.parametrize(
    ("lower", "upper", "later"),
    [
        (YEAR, YEAR, False),
        (YEAR, (None, date(2026, 12, 30)), True),
        (OPEN, YEAR, True),
        (OPEN, OPEN, False),
        (YEAR, OPEN, False),
    ],
)
def test_a_task_may_not_end_after_the_one_it_derives_from(lower: Span, upper: Span, later: bool) -> None:
    assert ends_after(lower, upper) is later


def above(key: str, quantity: str | None = None, *, required: bool = True, shared: bool = False) -> Above[str]:
    return Above(key, required, YEAR, Decimal(quantity) if quantity else None, "lớp" if quantity else None, shared)


def below(*keys: str, quantity: str | None = None, measure: str = "lớp", days: Span = YEAR) -> Below[str]:
    return Below(frozenset(keys), days, Decimal(quantity) if quantity else None, measure if quantity else None)


def test_what_nothing_derives_from_is_a_gap_and_what_is_only_coordinated_is_told() -> None:
    found = gaps([above("a"), above("b"), above("c", required=False)], [below("a")])
    assert found == [Gap("b", GapKind.NOT_TAKEN_UP, True), Gap("c", GapKind.NOT_TAKEN_UP, False)]


def test_the_quantity_is_compared_with_like_only() -> None:
    parts = [below("a", quantity="1"), below("a", quantity="0.5"), below("a", quantity="9", measure="người")]
    assert gaps([above("a", "2")], parts) == [Gap("a", GapKind.QUANTITY_SHORT, True, Decimal("0.5"))]
    assert gaps([above("a", "1.5")], parts) == []
    assert gaps([above("a", "2")], [below("a"), below("a", quantity="9", measure="người")]) == []
    assert gaps([above("a", "2", shared=True)], parts) == []
    assert gaps([above("a", "2", required=False)], parts) == []


def test_a_derived_task_that_ends_later_is_a_gap_after_the_quantity() -> None:
    late = below("a", quantity="1", days=(None, date(2027, 1, 1)))
    assert gaps([above("a", "1")], [late]) == [Gap("a", GapKind.ENDS_LATER, True)]
    assert gaps([above("a", "2")], [late])[0].kind is GapKind.QUANTITY_SHORT
