"""The working calendar against published days, and its arithmetic."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.calendar import DayOverride, WorkCalendar, format_instant, local_date, start_of_day

CALENDAR = WorkCalendar()
days = st.dates(date(2019, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("on", "working"),
    [
        (date(2023, 11, 5), False),
        (date(2023, 11, 7), True),
        (date(2025, 11, 15), False),
        (date(2026, 8, 22), True),
        (date(2026, 8, 31), False),
        (date(2024, 5, 4), True),
        (date(2026, 2, 13), True),
        *((date(2026, 2, day), False) for day in range(14, 23)),
        (date(2026, 2, 23), True),
        (date(2026, 4, 27), False),
        (date(2026, 9, 1), False),
        (date(2026, 9, 2), False),
        (date(2026, 9, 3), True),
        (date(2026, 11, 24), False),
        (date(2025, 11, 24), True),
    ],
)
def test_published_days(on: date, working: bool) -> None:
    assert CALENDAR.is_working_day(on) is working


def test_culture_day_can_be_switched_off_with_its_substitute() -> None:
    without = WorkCalendar(culture_day=False)
    assert without.is_working_day(date(2026, 11, 24))
    assert not CALENDAR.is_working_day(date(2029, 11, 26))
    assert without.is_working_day(date(2029, 11, 26))
    assert without.version != CALENDAR.version


def test_overrides_win() -> None:
    storm = DayOverride(date(2025, 9, 8), False, "CV 12/UBND", "nghỉ tránh bão")
    make_up = DayOverride(date(2025, 9, 13), True)
    calendar = WorkCalendar([storm, make_up])
    assert not calendar.is_working_day(storm.on_date)
    assert calendar.is_working_day(make_up.on_date)
    assert calendar.reason(storm.on_date) == "ngày nghỉ theo thông báo (nghỉ tránh bão, CV 12/UBND)"
    assert calendar.reason(make_up.on_date) == "ngày làm việc theo thông báo"
    estimated = WorkCalendar([DayOverride(storm.on_date, False, "Điều 112", estimate=True)])
    assert estimated.reason(storm.on_date) == "ngày nghỉ ước tính, chưa có thông báo (Điều 112)"
    assert calendar.version == WorkCalendar([make_up, storm]).version != CALENDAR.version


def test_two_overrides_of_a_day_are_refused() -> None:
    with pytest.raises(ValueError, match="2025-09-08"):
        WorkCalendar([DayOverride(date(2025, 9, 8), False), DayOverride(date(2025, 9, 8), True)])


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        (date(2023, 11, 5), "Chủ nhật, ngày nghỉ hằng tuần"),
        (date(2026, 8, 22), "ngày làm bù"),
        (date(2026, 9, 2), "Quốc khánh"),
        (date(2023, 11, 7), None),
    ],
)
def test_reason(on: date, reason: str | None) -> None:
    assert CALENDAR.reason(on) == reason


def test_working_days_across_tet() -> None:
    assert CALENDAR.shift(date(2026, 2, 13), 1) == date(2026, 2, 23)
    assert CALENDAR.shift(date(2026, 2, 23), -1) == date(2026, 2, 13)
    assert CALENDAR.working_days_between(date(2026, 2, 13), date(2026, 2, 23)) == 1
    assert CALENDAR.working_day_on_or_after(date(2026, 2, 14)) == date(2026, 2, 23)
    assert CALENDAR.working_day_on_or_before(date(2026, 2, 22)) == date(2026, 2, 13)


@given(days, st.integers(-40, 40))
def test_shift_lands_on_the_nth_working_day(day: date, n: int) -> None:
    shifted = CALENDAR.shift(day, n)
    if n == 0:
        assert shifted == day
        return
    assert CALENDAR.is_working_day(shifted)
    if n > 0:
        assert CALENDAR.working_days_between(day, shifted) == n
    else:
        assert CALENDAR.working_days_between(shifted - timedelta(1), day - timedelta(1)) == -n


@given(days, days)
def test_between_is_antisymmetric(first: date, last: date) -> None:
    assert CALENDAR.working_days_between(first, last) == -CALENDAR.working_days_between(last, first)


@given(days)
def test_days_and_instants(day: date) -> None:
    begins = start_of_day(day)
    assert begins.tzinfo is UTC
    assert local_date(begins) == day
    assert local_date(begins - timedelta(microseconds=1)) == day - timedelta(1)


def test_instants() -> None:
    assert start_of_day(date(2023, 5, 6)) == datetime(2023, 5, 5, 17, tzinfo=UTC)
    assert format_instant(datetime(2023, 5, 5, 17, 5, tzinfo=UTC)) == "00:05 ngày 06/05/2023"
    with pytest.raises(ValueError, match="aware"):
        local_date(datetime(2023, 5, 5))  # noqa: DTZ001  the refused case
