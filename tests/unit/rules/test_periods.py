"""Reporting periods of Decree 09/2019."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.calendar import WorkCalendar
from plan_api.rules.due import OnDate, WithinPeriod
from plan_api.rules.periods import Every, Period, derive_period, period_on, periods, read_period, recurring_due

CALENDAR = WorkCalendar()


DECEMBER = date(2026, 12, 25)


@pytest.mark.parametrize(
    ("period", "code", "title", "data_from", "data_until", "due_on"),
    [
        (Period(Every.MONTH, 2026, 1), "2026-01", "tháng 1 năm 2026", (2025, 12), 1, date(2026, 1, 26)),
        (Period(Every.MONTH, 2026, 12), "2026-12", "tháng 12 năm 2026", (2026, 11), 12, DECEMBER),
        (Period(Every.QUARTER, 2026, 1), "2026-Q1", "quý I năm 2026", (2025, 12), 3, date(2026, 3, 25)),
        (Period(Every.QUARTER, 2026, 4), "2026-Q4", "quý IV năm 2026", (2026, 9), 12, DECEMBER),
        (Period(Every.HALF_YEAR, 2026, 1), "2026-H1", "6 tháng đầu năm 2026", (2025, 12), 6, date(2026, 6, 25)),
        (Period(Every.HALF_YEAR, 2026, 2), "2026-H2", "6 tháng cuối năm 2026", (2026, 6), 12, DECEMBER),
        (Period(Every.YEAR, 2026, 1), "2026", "năm 2026", (2025, 12), 12, DECEMBER),
    ],
)
def test_periods_are_cut_as_the_decree_says(
    period: Period, code: str, title: str, data_from: tuple[int, int], data_until: int, due_on: date
) -> None:
    assert (period.code, period.title) == (code, title)
    assert (period.data_from, period.data_until) == (date(*data_from, 15), date(2026, data_until, 14))
    due = derive_period(period, 25, CALENDAR)
    assert due.due_on == due_on
    assert due.reasons[0].startswith(f"số liệu {title} tính từ ")


def test_a_day_past_the_month_is_its_last() -> None:
    assert Period(Every.MONTH, 2026, 2).due_rule(31).date == date(2026, 2, 28)
    assert Period(Every.YEAR, 2026, 1).due_rule(31).date == date(2026, 12, 31)


@given(st.sampled_from(Every), st.integers(2019, 2030), st.integers(15, 31))
def test_the_data_of_a_year_leave_no_gap_and_a_working_day_before_the_report(every: Every, year: int, day: int) -> None:
    found = periods(every, year)
    assert (found[0].data_from, found[-1].data_until) == (date(year - 1, 12, 15), date(year, 12, 14))
    for earlier, later in pairwise(found):
        assert (later.data_from - earlier.data_until).days == 1
    for period in found:
        due_on = derive_period(period, day, CALENDAR).due_on
        assert due_on is not None
        assert CALENDAR.working_days_between(period.data_until, due_on) >= 1


@given(st.sampled_from(Every), st.dates(date(2019, 1, 1), date(2030, 12, 31)))
def test_each_day_lies_in_one_period_between_its_neighbours(every: Every, day: date) -> None:
    period = period_on(every, day)
    assert period.first_day <= day < period.after().first_day
    assert period.after().before() == period == period.before().after()
    assert read_period(every, period.code) == period


@pytest.mark.parametrize(
    ("every", "code"),
    [
        (Every.MONTH, "2026-13"),
        (Every.MONTH, "2026-Q1"),
        (Every.QUARTER, "2026-Q5"),
        (Every.HALF_YEAR, "2026-01"),
        (Every.YEAR, "2026-Q1"),
        (Every.YEAR, "26"),
    ],
)
def test_a_code_of_another_length_names_no_period(every: Every, code: str) -> None:
    assert read_period(every, code) is None


def test_a_report_is_due_within_its_period_or_on_a_day_of_its_last_month_or_the_next() -> None:
    quarter = Period(Every.QUARTER, 2026, 4)
    assert recurring_due(quarter, None, following=False) == WithinPeriod(year=2026, quarter=4)
    assert recurring_due(quarter, 20, following=False) == OnDate(date=date(2026, 12, 20))
    assert recurring_due(quarter, 5, following=True) == OnDate(date=date(2027, 1, 5))
    assert recurring_due(Period(Every.MONTH, 2026, 1), 31, following=True) == OnDate(date=date(2026, 2, 28))
    within = [recurring_due(Period(every, 2026, 1), None, following=False) for every in Every]
    assert within == [
        WithinPeriod(year=2026, month=1),
        WithinPeriod(year=2026, quarter=1),
        WithinPeriod(year=2026, half=1),
        WithinPeriod(year=2026),
    ]
