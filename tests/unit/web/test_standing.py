"""How an obligation is shown at an instant, and how a round's bar is divided."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from cascade_contracts.vocabulary import ObligationState
from plan_api.rules.calendar import WorkCalendar, start_of_day
from plan_api.rules.policies import STANDARD_POLICY
from plan_api.web.overview import BAR, ORDER, segments
from plan_api.web.standing import Dated, Shape, Stand, stand

THURSDAY = date(2026, 11, 5)
DUE = start_of_day(THURSDAY + timedelta(days=1))
CALENDAR = WorkCalendar()


def facts(state: str = "open", **given: object) -> Dated:
    """Return an obligation due at the end of Thursday 05/11/2026."""
    values: dict[str, object] = {
        "state": ObligationState(state),
        "due_at": DUE,
        "due_on": THURSDAY,
        "handed_in_at": None,
        "kept_until": None,
        "returned": False,
    }
    return Dated(**{**values, **given})  # type: ignore[arg-type]


def at(day: int, month: int = 11) -> datetime:
    """Return nine o'clock in the morning of a day of 2026."""
    return datetime(2026, month, day, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "now", "shown"),
    [
        (facts(), at(26, 10), Stand(Shape.NOT_DUE, "days_left", 8)),
        (facts(), at(3), Stand(Shape.DUE_SOON, "days_left", 2)),
        (facts(), at(4), Stand(Shape.DUE_SOON, "day_left", 1)),
        (facts(), at(5), Stand(Shape.DUE_SOON, "due_today", 0)),
        (
            facts(due_on=date(2026, 11, 8), due_at=start_of_day(date(2026, 11, 9))),
            at(7),
            Stand(Shape.DUE_SOON, "due_soon", 0),
        ),
        (facts(), at(6), Stand(Shape.OVERDUE, "day_late", 1)),
        (
            facts(due_on=date(2026, 11, 6), due_at=start_of_day(date(2026, 11, 7))),
            at(7),
            Stand(Shape.OVERDUE, "overdue", 0),
        ),
        (facts(), at(10), Stand(Shape.OVERDUE, "days_late", 3)),
        (facts(due_at=None, due_on=None), at(10), Stand(Shape.NOT_DUE, "no_deadline")),
        (facts("submitted", handed_in_at=at(4)), at(10), Stand(Shape.SUBMITTED, "submitted")),
        (facts("fulfilled", handed_in_at=at(4)), at(4), Stand(Shape.ON_TIME, "on_time")),
        (facts("fulfilled", handed_in_at=at(6)), at(10), Stand(Shape.LATE, "late")),
        (facts("fulfilled", handed_in_at=at(6), due_at=None), at(10), Stand(Shape.ON_TIME, "done")),
        (facts(returned=True, handed_in_at=at(4), kept_until=at(9)), at(6), Stand(Shape.RETURNED, "returned")),
        (facts(returned=True, handed_in_at=at(4), kept_until=at(9)), at(9), Stand(Shape.OVERDUE, "days_late", 2)),
        (facts("waived"), at(10), Stand(Shape.NA, "waived")),
        (facts("transferred"), at(10), Stand(Shape.NA, "transferred")),
    ],
    ids=str,
)
def test_a_shape_a_word_and_days(given: Dated, now: datetime, shown: Stand) -> None:
    assert stand(given, now, CALENDAR, STANDARD_POLICY) == shown


@pytest.mark.parametrize(
    "counts",
    [
        {Shape.ON_TIME: 1},
        {Shape.ON_TIME: 3000, Shape.OVERDUE: 1},
        {shape: number + 1 for number, shape in enumerate(ORDER)},
        {Shape.ON_TIME: 10_000, Shape.LATE: 1, Shape.RETURNED: 1, Shape.OVERDUE: 1, Shape.NOT_DUE: 1},
    ],
)
def test_a_bar_is_full_in_order_and_shows_every_part(counts: dict[Shape, int]) -> None:
    parts = segments(Counter(counts))
    assert [part.shape for part in parts] == [shape for shape in ORDER if shape in counts]
    assert all(part.width >= 4.9 for part in parts)
    assert parts[-1].x + parts[-1].width == pytest.approx(BAR, abs=0.1)
    assert all(one.x + one.width < other.x for one, other in pairwise(parts))


def test_an_empty_round_has_no_bar() -> None:
    assert segments(Counter({Shape.NA: 3})) == []
