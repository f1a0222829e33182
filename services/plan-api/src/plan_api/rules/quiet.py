"""Quiet hours: when a message may go out. Delivery waits, evaluation never does."""

from datetime import UTC, datetime, time, timedelta

from plan_api.rules.calendar import TIME_ZONE, local_instant
from plan_api.rules.policies import Policy, is_quiet


def not_before(now: datetime, policy: Policy) -> datetime:
    """Return the first instant from `now` on at which a message may go out: `now` itself outside quiet hours.

    The quiet hours run from `quiet_from` up to, not including, `quiet_until`, local time, also across midnight; equal
    ends mean none. A rehearsal has none.
    """
    return now.astimezone(UTC) if policy.rehearsal else quiet_until(now, policy.quiet_from, policy.quiet_until)


def quiet_until(now: datetime, start: time, end: time) -> datetime:
    """Return the end of the quiet hours `now` lies in, else `now` itself."""
    local = now.astimezone(TIME_ZONE)
    clock = local.time()
    if not is_quiet(clock, start, end):
        return now.astimezone(UTC)
    day = local.date()
    if start > end and clock >= start:
        day += timedelta(days=1)
    return local_instant(day, end)
