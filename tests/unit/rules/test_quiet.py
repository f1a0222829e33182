"""Quiet hours defer delivery, across midnight, in local time."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.calendar import TIME_ZONE
from plan_api.rules.policies import REHEARSAL_POLICY, STANDARD_POLICY, Policy
from plan_api.rules.quiet import not_before


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TIME_ZONE)


def quiet(start: int, end: int) -> Policy:
    return STANDARD_POLICY.model_copy(update={"quiet_from": time(start), "quiet_until": time(end)})


@pytest.mark.parametrize(
    ("policy", "now", "allowed"),
    [
        (STANDARD_POLICY, local(2025, 11, 10, 20, 59), local(2025, 11, 10, 20, 59)),
        (STANDARD_POLICY, local(2025, 11, 10, 21), local(2025, 11, 11, 7)),
        (STANDARD_POLICY, local(2025, 11, 11, 0), local(2025, 11, 11, 7)),
        (STANDARD_POLICY, local(2025, 11, 11, 6, 59), local(2025, 11, 11, 7)),
        (STANDARD_POLICY, local(2025, 11, 11, 7), local(2025, 11, 11, 7)),
        (quiet(12, 14), local(2025, 11, 11, 13), local(2025, 11, 11, 14)),
        (quiet(12, 14), local(2025, 11, 11, 14), local(2025, 11, 11, 14)),
        (quiet(12, 12), local(2025, 11, 11, 12), local(2025, 11, 11, 12)),
        (REHEARSAL_POLICY, local(2026, 2, 17, 23), local(2026, 2, 17, 23)),
    ],
)
def test_deferral(policy: Policy, now: datetime, allowed: datetime) -> None:
    assert not_before(now, policy) == allowed


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  bounds are naive
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_deferral_is_idempotent_and_short(now: datetime, start: int, end: int) -> None:
    policy = quiet(start, end)
    allowed = not_before(now, policy)
    assert timedelta(0) <= allowed - now <= timedelta(days=1)
    assert not_before(allowed, policy) == allowed
