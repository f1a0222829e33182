"""Due times of the source documents, and the refusals at issue."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.calendar import TIME_ZONE, WorkCalendar, start_of_day
from plan_api.rules.due import (
    DUE_RULE,
    AtInstant,
    BeforeDate,
    DueRefusal,
    DueRule,
    NoDue,
    OnDate,
    WithinPeriod,
    check_due,
    derive_due,
    describe,
    extended,
    latest_under,
    waived,
    with_grace,
)
from pydantic import ValidationError

CALENDAR = WorkCalendar()
days = st.dates(date(2019, 1, 1), date(2030, 12, 31))


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=TIME_ZONE)


@pytest.mark.parametrize(
    ("rule", "due_at", "due_on", "last_working_on"),
    [
        (OnDate(date=date(2023, 5, 5)), local(2023, 5, 6), date(2023, 5, 5), date(2023, 5, 5)),
        (OnDate(date=date(2023, 11, 5)), local(2023, 11, 7), date(2023, 11, 6), date(2023, 11, 6)),
        (OnDate(date=date(2023, 11, 5), roll="none"), local(2023, 11, 6), date(2023, 11, 5), date(2023, 11, 3)),
        (BeforeDate(date=date(2025, 11, 10)), local(2025, 11, 10), date(2025, 11, 9), date(2025, 11, 7)),
        (BeforeDate(date=date(2025, 11, 15)), local(2025, 11, 15), date(2025, 11, 14), date(2025, 11, 14)),
        (BeforeDate(date=date(2019, 6, 5)), local(2019, 6, 5), date(2019, 6, 4), date(2019, 6, 4)),
        (BeforeDate(date=date(2019, 11, 5)), local(2019, 11, 5), date(2019, 11, 4), date(2019, 11, 4)),
        (
            BeforeDate(date=date(2025, 11, 15), before_counts_the_day=True),
            local(2025, 11, 18),
            date(2025, 11, 17),
            date(2025, 11, 17),
        ),
        (WithinPeriod(year=2023, quarter=3), local(2023, 10, 3), date(2023, 10, 2), date(2023, 10, 2)),
        (WithinPeriod(year=2023, half=1), local(2023, 7, 1), date(2023, 6, 30), date(2023, 6, 30)),
        (WithinPeriod(year=2024, month=2), local(2024, 3, 1), date(2024, 2, 29), date(2024, 2, 29)),
        (WithinPeriod(year=2025), local(2026, 1, 1), date(2025, 12, 31), date(2025, 12, 31)),
        (AtInstant(instant=local(2025, 11, 10, 17)), local(2025, 11, 10, 17), date(2025, 11, 10), date(2025, 11, 10)),
    ],
)
def test_derivation(rule: DueRule, due_at: datetime, due_on: date, last_working_on: date) -> None:
    due = derive_due(rule, CALENDAR)
    assert (due.due_at, due.due_on, due.last_working_on) == (due_at, due_on, last_working_on)
    assert due.due_at is not None
    assert due.due_at.tzinfo is UTC
    assert due.reasons[0] == describe(rule)


def test_derivation_is_told_in_vietnamese() -> None:
    assert derive_due(OnDate(date=date(2023, 11, 5)), CALENDAR).reasons == (
        "ngày 05/11/2023",
        "Chủ nhật 05/11/2023 không phải ngày làm việc (Chủ nhật, ngày nghỉ hằng tuần): chuyển sang thứ Hai 06/11/2023",
        "tính hết ngày 06/11/2023: quá hạn từ 00:00 ngày 07/11/2023",
    )
    assert derive_due(BeforeDate(date=date(2025, 11, 10)), CALENDAR).reasons[-1] == (
        "ngày làm việc cuối cùng còn trong hạn: thứ Sáu 07/11/2025"
    )
    counted = BeforeDate(date=date(2025, 11, 10), before_counts_the_day=True)
    assert "tính cả ngày đó" in derive_due(counted, CALENDAR).reasons[1]


def test_no_deadline() -> None:
    due = derive_due(NoDue(), CALENDAR)
    assert (due.due_at, due.due_on, due.last_working_on) == (None, None, None)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (NoDue(), "không quy định thời hạn"),
        (AtInstant(instant=local(2025, 11, 10, 17)), "trước 17:00 ngày 10/11/2025"),
        (BeforeDate(date=date(2025, 11, 10)), "trước ngày 10/11/2025"),
        (WithinPeriod(year=2023, quarter=3), "trong quý III/2023"),
        (WithinPeriod(year=2023, half=2), "trong 6 tháng cuối năm 2023"),
        (WithinPeriod(year=2023, month=4), "trong tháng 4/2023"),
        (WithinPeriod(year=2023), "trong năm 2023"),
    ],
)
def test_words(rule: DueRule, words: str) -> None:
    assert describe(rule) == words


@pytest.mark.parametrize(
    "stored",
    [
        {"form": "on", "date": "2023-05-05", "roll": "none"},
        {"form": "before", "date": "2023-05-05", "before_counts_the_day": False, "roll": "next_working_day"},
        {"form": "within", "year": 2023, "quarter": 3, "half": None, "month": None, "roll": "next_working_day"},
        {"form": "at", "instant": "2025-11-10T10:00:00Z"},
        {"form": "none"},
    ],
)
def test_rules_travel_as_json(stored: dict[str, Any]) -> None:
    assert DUE_RULE.dump_python(DUE_RULE.validate_python(stored), mode="json") == stored


@pytest.mark.parametrize(
    "stored",
    [
        {"form": "within", "year": 2023, "quarter": 3, "month": 9},
        {"form": "on", "date": "9999-12-31"},
        {"form": "on", "date": "2023-05-05", "extra": 1},
        {"form": "at", "instant": "2025-11-10T10:00:00"},
        {"form": "sometime"},
    ],
)
def test_malformed_rules_are_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DUE_RULE.validate_python(stored)


@given(days)
def test_on_never_ends_before_the_day_and_before_never_reaches_it(day: date) -> None:
    on = derive_due(OnDate(date=day), CALENDAR)
    before = derive_due(BeforeDate(date=day), CALENDAR)
    assert on.due_at is not None
    assert on.due_on is not None
    assert before.last_working_on is not None
    assert on.due_at >= start_of_day(day + timedelta(1))
    assert CALENDAR.is_working_day(on.due_on)
    assert before.due_at == start_of_day(day)
    assert before.last_working_on < day
    counted = derive_due(BeforeDate(date=day, before_counts_the_day=True), CALENDAR)
    assert counted.due_at == on.due_at


@given(days, days)
def test_later_dates_are_never_due_earlier(first: date, second: date) -> None:
    early, late = sorted((first, second))
    for form in (OnDate, BeforeDate):
        sooner, later = derive_due(form(date=early), CALENDAR).due_at, derive_due(form(date=late), CALENDAR).due_at
        assert sooner is not None
        assert later is not None
        assert sooner <= later


ISSUED = local(2025, 3, 1)


@pytest.mark.parametrize(
    ("asked", "refusals"),
    [
        ({"due_at": None}, []),
        ({"due_at": local(2025, 4, 1)}, []),
        ({"due_at": local(2025, 4, 1), "parent_due_at": local(2025, 4, 1)}, []),
        ({"due_at": ISSUED}, [DueRefusal.PAST_DUE]),
        ({"due_at": ISSUED, "allow_past_due": True}, [DueRefusal.REASON_MISSING]),
        ({"due_at": ISSUED, "allow_past_due": True, "reason": "  "}, [DueRefusal.REASON_MISSING]),
        ({"due_at": ISSUED, "allow_past_due": True, "reason": "kế thừa"}, []),
        ({"due_at": local(2025, 4, 2), "parent_due_at": local(2025, 4, 1)}, [DueRefusal.AFTER_PARENT]),
        (
            {
                "due_at": local(2025, 4, 2),
                "parent_due_at": local(2025, 4, 1),
                "allow_after_parent": True,
                "reason": "x",
            },
            [],
        ),
        (
            {"due_at": ISSUED, "parent_due_at": local(2025, 2, 1)},
            [DueRefusal.PAST_DUE, DueRefusal.AFTER_PARENT],
        ),
        ({"due_at": local(2025, 4, 2), "cut_off_at": local(2025, 4, 1)}, [DueRefusal.CUT_OFF_BEFORE_DUE]),
        ({"due_at": local(2025, 4, 2), "cut_off_at": local(2025, 4, 2)}, []),
    ],
)
def test_check_at_issue(asked: dict[str, Any], refusals: list[DueRefusal]) -> None:
    assert check_due(issued_at=ISSUED, **asked) == refusals


@pytest.mark.parametrize(
    ("parent_due_at", "lag", "latest"),
    [
        (local(2023, 11, 7), 1, local(2023, 11, 4)),  # on Monday the 6th: Friday the 3rd at the latest
        (local(2019, 11, 5), 1, local(2019, 11, 2)),
        (local(2025, 11, 15), 2, local(2025, 11, 13)),
        (local(2026, 2, 24), 1, local(2026, 2, 14)),  # after Tết: before it
        (local(2025, 11, 10), 1, local(2025, 11, 8)),  # the last day in time is a Sunday
    ],
)
def test_a_lower_report_leaves_its_receiver_working_days(parent_due_at: datetime, lag: int, latest: datetime) -> None:
    assert latest_under(parent_due_at, lag, CALENDAR) == latest


def test_what_is_past_at_issue_is_waived_or_gets_a_day_and_says_so() -> None:
    past = derive_due(BeforeDate(date=date(2019, 6, 5)), CALENDAR)
    let_off = waived(past, "văn bản đến chậm")
    assert (let_off.due_at, let_off.reasons[:-1]) == (past.due_at, past.reasons)
    assert "miễn thực hiện, không tính chậm, vì: văn bản đến chậm" in let_off.reasons[-1]
    grace = with_grace(past, derive_due(OnDate(date=date(2019, 9, 20)), CALENDAR), "văn bản đến chậm")
    assert grace.due_at == local(2019, 9, 21)
    assert grace.reasons == (
        *past.reasons,
        "thời hạn trong văn bản đã qua khi ban hành; gia hạn đến ngày 20/09/2019 vì: văn bản đến chậm",
        "tính hết ngày 20/09/2019: quá hạn từ 00:00 ngày 21/09/2019",
    )


@pytest.mark.parametrize(
    ("was_on", "rule", "told"),
    [
        (date(2026, 11, 12), OnDate(date=date(2026, 11, 20)), "từ hết thứ Năm 12/11/2026 sang hết thứ Sáu 20/11/2026"),
        (None, OnDate(date=date(2026, 11, 20)), "chuyển sang hết thứ Sáu 20/11/2026"),
        (None, AtInstant(instant=datetime(2026, 11, 20, 3, tzinfo=UTC)), "chuyển sang trước 10:00 ngày 20/11/2026"),
    ],
)
def test_more_time_for_all_is_told_with_the_old_day_and_the_reason(
    was_on: date | None, rule: OnDate | AtInstant, told: str
) -> None:
    due = derive_due(rule, CALENDAR)
    reasons = extended(("ngày 12/11/2026",), was_on, rule, due, "bão số 9")
    assert reasons[0] == "ngày 12/11/2026"
    assert told in reasons[1]
    assert reasons[1].endswith(", vì: bão số 9")
    assert reasons[2:] == due.reasons[1:]
