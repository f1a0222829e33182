"""What waits for a person's digest, until when, and which hours a person may choose."""

from datetime import UTC, datetime, time, timedelta

import pytest
from cascade_contracts.delivery import Attention
from cascade_contracts.vocabulary import Audience, NewsKind, StepKind
from plan_api.rules.attention import Preferences, Saying, attention, hours_flaw, next_digest
from plan_api.rules.calendar import TIME_ZONE, WorkCalendar
from plan_api.rules.policies import REHEARSAL_POLICY, STANDARD_POLICY

DAYS = WorkCalendar()
DIGESTS = STANDARD_POLICY.model_copy(update={"digest": True})
NOBODY_CHOSE = Preferences()


def local(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of May 2026; the 4th is a Monday."""
    return datetime(2026, 5, day, hour, minute, tzinfo=TIME_ZONE).astimezone(UTC)


REMINDER = Saying(StepKind.REMIND, Audience.CONTACT, due_at=local(21), next_at=local(19, 8))


@pytest.mark.parametrize(
    ("after", "at", "expected"),
    [
        (local(4, 8), time(8, 30), local(4, 8, 30)),
        (local(4, 8, 30), time(8, 30), local(5, 8, 30)),
        (local(8, 16), time(8, 30), local(11, 8, 30)),
        (local(9, 7), time(8, 30), local(11, 8, 30)),
    ],
)
def test_a_digest_goes_out_at_the_hour_of_a_working_day(after: datetime, at: time, expected: datetime) -> None:
    assert next_digest(after, at, DAYS) == expected


@pytest.mark.parametrize(
    ("kind", "audience", "waits"),
    [
        (StepKind.ANNOUNCE, Audience.CONTACT, True),
        (StepKind.REMIND, Audience.CONTACT, True),
        (StepKind.REVIEW, Audience.REVIEWER_CONTACT, True),
        (NewsKind.REORGANISED, Audience.CONTACT, True),
        (StepKind.REMIND, Audience.HEAD, False),
        (StepKind.REVIEW, Audience.REVIEWER_HEAD, False),
        (StepKind.DUE, Audience.CONTACT, False),
        (StepKind.OVERDUE, Audience.CONTACT, False),
        (StepKind.ESCALATE, Audience.SUPERIOR_CONTACT, False),
        (StepKind.RETURNED, Audience.CONTACT, False),
    ],
)
def test_what_is_due_late_returned_or_climbs_does_not_wait(
    kind: StepKind | NewsKind, audience: Audience, waits: bool
) -> None:
    found = attention(local(4, 10), DIGESTS, Saying(kind, audience), NOBODY_CHOSE, DAYS)
    assert (found.digest, found.digest_at, found.daily_cap) == (
        (True, local(5, 8, 30), 12) if waits else (False, None, None)
    )


@pytest.mark.parametrize("moment", ["due_at", "next_at"])
@pytest.mark.parametrize(("late", "waits"), [(timedelta(0), False), (timedelta(minutes=1), True)])
def test_nothing_waits_past_its_due_time_or_its_ladders_next_step(moment: str, late: timedelta, waits: bool) -> None:
    saying = Saying(StepKind.REMIND, Audience.CONTACT, **{moment: local(5, 8, 30) + late})
    assert attention(local(4, 10), DIGESTS, saying, NOBODY_CHOSE, DAYS).digest is waits


@pytest.mark.parametrize(
    ("policy", "chosen", "digest"),
    [(STANDARD_POLICY, None, False), (STANDARD_POLICY, True, True), (DIGESTS, None, True), (DIGESTS, False, False)],
)
def test_a_person_may_choose_otherwise_than_the_policy(policy: object, chosen: bool | None, digest: bool) -> None:
    found = attention(local(4, 10), policy, REMINDER, Preferences(digest=chosen), DAYS)  # type: ignore[arg-type]
    assert found.digest is digest
    assert found.digest_at == local(5, 8, 30)


def test_a_rehearsal_never_waits() -> None:
    assert attention(local(4, 23), REHEARSAL_POLICY, REMINDER, Preferences(digest=True), DAYS) == Attention()


def test_a_persons_quiet_hours_put_off_what_may_not_be_digested_and_the_digest() -> None:
    chosen = Preferences(quiet_from=time(18), quiet_until=time(9))
    late = Saying(StepKind.OVERDUE, Audience.CONTACT)
    assert attention(local(4, 19), DIGESTS, late, chosen, DAYS) == Attention(not_before=local(5, 9))
    assert attention(local(4, 12), DIGESTS, late, chosen, DAYS) == Attention()
    assert attention(local(4, 19), DIGESTS, REMINDER, chosen, DAYS).digest_at == local(6, 9)


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        (NOBODY_CHOSE, None),
        (Preferences(True, time(10), time(18), time(8)), None),
        (Preferences(quiet_from=time(17), quiet_until=time(9)), None),
        (Preferences(digest_at=time(10, tzinfo=UTC)), "digest_at"),
        (Preferences(digest_at=time(10, 0, 1)), "digest_at"),
        (Preferences(quiet_from=time(18)), "quiet_until"),
        (Preferences(quiet_until=time(8)), "quiet_from"),
        (Preferences(quiet_from=time(16, 59), quiet_until=time(8)), "quiet_from"),
        (Preferences(quiet_from=time(18), quiet_until=time(9, 1)), "quiet_until"),
        (Preferences(digest_at=time(6, 59)), "digest_at"),
        (Preferences(digest_at=time(17)), "digest_at"),
        (Preferences(None, time(8), time(18), time(8, 30)), "digest_at"),
    ],
)
def test_hours_lie_within_their_bounds(chosen: Preferences, field: str | None) -> None:
    flaw = hours_flaw(chosen)
    assert (flaw and flaw.field) == field
