"""How an obligation goes on when its suspended unit is resumed."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cascade_contracts.vocabulary import ObligationState, OffsetUnit, StepKind
from plan_api.rules.calendar import TIME_ZONE, WorkCalendar
from plan_api.rules.policies import Offset
from plan_api.rules.suspension import Resumption, resumption

GRACE = Offset(amount=Decimal(3), unit=OffsetUnit.WORKING_DAYS)


def local(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=TIME_ZONE)


def goes_on(**given: Any) -> Resumption:
    """Suspended on Monday 02/11 at 09:00, resumed on Thursday 05/11 at 10:00: three working days lost."""
    usual: dict[str, Any] = {
        "state": ObligationState.OPEN,
        "due_at": local(11, 13),
        "due_on": date(2026, 11, 12),
        "created_at": local(10, 1),
        "heard_at": local(11, 2, 8),
        "due_set_at": None,
        "withheld": None,
        "returned_at": None,
        "chased_until": local(11, 13),
        "suspended_at": local(11, 2, 9),
        "now": local(11, 5, 10),
        "shift": True,
        "grace": GRACE,
        "calendar": WorkCalendar(),
    }
    return resumption(**usual | given)


def test_a_due_day_ahead_moves_by_the_working_days_lost_and_is_told() -> None:
    assert goes_on() == Resumption(local(11, 18), date(2026, 11, 17), True, local(11, 18), StepKind.EXTENDED)


def test_kept_it_goes_on_as_before() -> None:
    assert goes_on(shift=False) == Resumption(local(11, 13), date(2026, 11, 12), False, local(11, 13), None)


def test_a_due_day_that_passed_meanwhile_moves_too_or_is_chased_at_the_end_of_the_grace() -> None:
    passed = {"due_at": local(11, 4), "due_on": date(2026, 11, 3), "chased_until": local(11, 4)}
    assert goes_on(**passed) == Resumption(local(11, 7), date(2026, 11, 6), True, local(11, 7), StepKind.EXTENDED)
    kept = goes_on(**passed, shift=False)
    assert kept == Resumption(local(11, 4), date(2026, 11, 3), True, local(11, 11), None)


def test_what_was_late_before_stays_late_and_is_chased_anew() -> None:
    late = {"due_at": local(10, 31), "due_on": date(2026, 10, 30), "chased_until": local(10, 31)}
    assert goes_on(**late) == Resumption(local(10, 31), date(2026, 10, 30), True, local(11, 11), None)


def test_what_came_meanwhile_lost_less_and_is_announced_now() -> None:
    new = goes_on(created_at=local(11, 4, 8))
    assert (new.due_on, new.told, new.rearm) == (date(2026, 11, 13), StepKind.ANNOUNCE, True)


def test_what_was_announced_unheard_is_announced_now() -> None:
    unheard = goes_on(heard_at=None, shift=False)
    assert unheard == Resumption(local(11, 13), date(2026, 11, 12), True, local(11, 13), StepKind.ANNOUNCE)


def test_what_came_back_meanwhile_is_told_so_and_keeps_its_grace() -> None:
    back = goes_on(returned_at=local(11, 3), chased_until=local(11, 20), shift=False)
    assert back == Resumption(local(11, 13), date(2026, 11, 12), True, local(11, 20), StepKind.RETURNED)
    again = goes_on(returned_at=local(11, 3), state=ObligationState.SUBMITTED, shift=False)
    assert again.told is None


@pytest.mark.parametrize("shift", [True, False])
def test_a_due_time_given_meanwhile_is_not_moved_but_told(shift: bool) -> None:
    given = goes_on(due_set_at=local(11, 3), shift=shift)
    assert given == Resumption(local(11, 13), date(2026, 11, 12), True, local(11, 13), StepKind.EXTENDED)
    assert goes_on(due_set_at=local(10, 3), shift=True).due_on == date(2026, 11, 17)


def test_without_a_due_time_there_is_only_the_news() -> None:
    none = {"due_at": None, "due_on": None, "chased_until": None}
    assert goes_on(**none) == Resumption(None, None, False, None, None)
    assert goes_on(**none, created_at=local(11, 4)) == Resumption(None, None, True, None, StepKind.ANNOUNCE)


def test_a_due_time_inside_a_day_keeps_its_hour() -> None:
    moved = goes_on(due_at=local(11, 12, 15), chased_until=local(11, 12, 15))
    assert moved.due_at == local(11, 12, 15) + timedelta(days=5)


def test_a_return_that_was_withheld_is_told_now_and_one_that_was_heard_is_not() -> None:
    returned = {"returned_at": local(11, 1, 22), "chased_until": local(11, 20), "shift": False}
    unheard = goes_on(**returned, heard_at=local(10, 1, 9))
    assert (unheard.told, unheard.rearm) == (StepKind.RETURNED, True)
    assert goes_on(**returned, heard_at=None).told is StepKind.RETURNED
    assert goes_on(**returned, heard_at=local(11, 1, 22)).told is None


@pytest.mark.parametrize("news", [StepKind.EXTENDED, StepKind.AMENDED])
def test_news_withheld_before_is_told_where_the_due_day_stays(news: StepKind) -> None:
    told = goes_on(shift=False, withheld=news)
    assert told == Resumption(local(11, 13), date(2026, 11, 12), True, local(11, 13), news)


def test_what_weighs_more_than_news_withheld_before_is_told_instead() -> None:
    assert goes_on(withheld=StepKind.AMENDED).told is StepKind.EXTENDED
    assert goes_on(withheld=StepKind.EXTENDED, heard_at=None, shift=False).told is StepKind.ANNOUNCE
    back = goes_on(withheld=StepKind.EXTENDED, returned_at=local(11, 3), shift=False)
    assert back.told is StepKind.RETURNED
