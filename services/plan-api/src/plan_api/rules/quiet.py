"""Quiet hours: when a message may go out. Delivery waits, evaluation never does."""

from datetime import UTC, datetime, timedelta

from plan_api.rules.calendar import TIME_ZONE, local_instant
from plan_api.rules.policies import Policy


def not_before(now: datetime, policy: Policy) -> datetime:
    """Return the first instant from `now` on at which a message may go out: `now` itself outside quiet hours.

    The quiet hours run from `quiet_from` up to, not including, `quiet_until`, local time, also across midnight; equal
    ends mean none. A rehearsal has none.
    """
    start, end = policy.quiet_from, policy.quiet_until
    local = now.astimezone(TIME_ZONE)
    clock = local.time()
    spans_midnight = start > end
    quiet = (clock >= start or clock < end) if spans_midnight else start <= clock < end
    if policy.rehearsal or not quiet:
        return now.astimezone(UTC)
    day = local.date()
    if spans_midnight and clock >= start:
        day += timedelta(days=1)
    return local_instant(day, end)
