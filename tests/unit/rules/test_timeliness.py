"""What counts as handed in, how obligations stand, and sums that add up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from cascade_contracts.vocabulary import (
    TERMINAL_WITHOUT_HAND_IN,
    ObligationState,
    OffsetUnit,
    ReturnKind,
    Timeliness,
)
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.calendar import TIME_ZONE, WorkCalendar
from plan_api.rules.policies import Offset
from plan_api.rules.timeliness import (
    Tally,
    Version,
    classify,
    due_after_return,
    due_soon_from,
    grace_end,
    handed_in_at,
    stand,
)

CALENDAR = WorkCalendar()
THREE_DAYS = Offset(amount=Decimal(3), unit=OffsetUnit.WORKING_DAYS)
HALF_MINUTE = Offset(amount=Decimal("0.5"), unit=OffsetUnit.MINUTES)


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=TIME_ZONE)


FIRST = local(2025, 11, 4, 10)
RETURNED = local(2025, 11, 6, 16)  # Thursday: the grace ends with Tuesday 11/11
LATER = local(2025, 12, 31)
INCOMPLETE = Version(FIRST, RETURNED, ReturnKind.INCOMPLETE)
WRONG = Version(FIRST, RETURNED, ReturnKind.WRONG)
MENDED = local(2025, 11, 11, 23)
TOO_LATE = local(2025, 11, 12)


@pytest.mark.parametrize(
    ("versions", "at", "counts"),
    [
        ([], LATER, None),
        ([Version(FIRST)], LATER, FIRST),
        ([INCOMPLETE], MENDED, FIRST),
        ([INCOMPLETE], TOO_LATE, None),
        ([Version(MENDED), INCOMPLETE], LATER, FIRST),
        ([INCOMPLETE, Version(TOO_LATE)], LATER, TOO_LATE),
        ([WRONG], RETURNED, None),
        ([WRONG, Version(MENDED)], LATER, MENDED),
        ([INCOMPLETE, Version(MENDED, TOO_LATE, ReturnKind.WRONG)], LATER, None),
        ([Version(FIRST), Version(MENDED)], LATER, FIRST),
    ],
)
def test_handed_in(versions: list[Version], at: datetime, counts: datetime | None) -> None:
    assert handed_in_at(versions, THREE_DAYS, CALENDAR, at) == counts


def test_a_return_has_both_instant_and_kind() -> None:
    with pytest.raises(ValueError, match="both"):
        Version(FIRST, RETURNED)


def test_graces() -> None:
    assert grace_end(RETURNED, THREE_DAYS, CALENDAR) == local(2025, 11, 12)
    assert grace_end(RETURNED, HALF_MINUTE, CALENDAR) == RETURNED + timedelta(seconds=30)
    assert due_after_return(None, RETURNED, THREE_DAYS, CALENDAR) is None
    assert due_after_return(FIRST, RETURNED, THREE_DAYS, CALENDAR) == local(2025, 11, 12)
    assert due_after_return(LATER, RETURNED, THREE_DAYS, CALENDAR) == LATER


def test_due_soon() -> None:
    assert due_soon_from(local(2025, 11, 15), THREE_DAYS, CALENDAR) == local(2025, 11, 11)
    assert due_soon_from(LATER, HALF_MINUTE, CALENDAR) == LATER - timedelta(seconds=30)


versions = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, 200), st.sampled_from([None, *ReturnKind])), max_size=6
)


@given(versions)
def test_hand_in_time_is_always_that_of_some_version(drawn: list[tuple[int, int, ReturnKind | None]]) -> None:
    made, clock = [], FIRST
    for wait, review, kind in drawn:
        clock += timedelta(hours=wait)
        received = clock
        clock += timedelta(hours=review)
        made.append(Version(received, clock, kind) if kind else Version(received))
    standing = stand(made, THREE_DAYS, CALENDAR)
    assert standing.handed_in_at in {None, *(version.received_at for version in made)}
    if made and made[-1].return_kind is None:
        assert standing.handed_in_at is not None
        assert standing.kept_until is None
    if made and made[-1].return_kind is ReturnKind.WRONG:
        assert standing.handed_in_at is None


DUE = local(2025, 11, 10)
BEFORE, AFTER = DUE - timedelta(hours=1), DUE + timedelta(hours=1)
OPEN, SUBMITTED, FULFILLED = ObligationState.OPEN, ObligationState.SUBMITTED, ObligationState.FULFILLED


@pytest.mark.parametrize(
    ("state", "due_at", "handed", "at", "soon", "kept", "expected"),
    [
        (ObligationState.WAIVED, DUE, None, AFTER, None, None, Timeliness.NOT_APPLICABLE),
        (OPEN, None, None, AFTER, None, None, Timeliness.NO_DEADLINE),
        (OPEN, DUE, None, BEFORE, None, None, Timeliness.NOT_DUE),
        (OPEN, DUE, None, BEFORE, DUE, None, Timeliness.NOT_DUE),
        (OPEN, DUE, None, BEFORE, BEFORE, None, Timeliness.DUE_SOON),
        (FULFILLED, DUE, BEFORE, BEFORE, BEFORE, None, Timeliness.NOT_DUE),
        (OPEN, DUE, None, DUE, None, None, Timeliness.MISSING),
        (SUBMITTED, DUE, BEFORE, DUE, None, None, Timeliness.ON_TIME),
        (SUBMITTED, DUE, DUE, DUE, None, None, Timeliness.LATE),
        (SUBMITTED, DUE, AFTER, DUE, None, None, Timeliness.MISSING),
        (OPEN, DUE, BEFORE, DUE, None, AFTER, Timeliness.ON_TIME),
        (OPEN, DUE, BEFORE, AFTER, None, AFTER, Timeliness.MISSING),
    ],
)
def test_standing(
    state: ObligationState,
    due_at: datetime | None,
    handed: datetime | None,
    at: datetime,
    soon: datetime | None,
    kept: datetime | None,
    expected: Timeliness,
) -> None:
    assert classify(state, due_at, handed, at, soon, kept) is expected


instants = st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
obligations = st.tuples(st.sampled_from(ObligationState), st.none() | instants, st.none() | instants)


@given(st.lists(obligations, max_size=30), instants)
def test_sums_add_up(drawn: list[tuple[ObligationState, datetime | None, datetime | None]], at: datetime) -> None:
    standings = [(state, due_at, classify(state, due_at, handed, at)) for state, due_at, handed in drawn]
    tally = Tally.total(Tally.of(timeliness, state) for state, _, timeliness in standings)
    expected = sum(
        due_at is not None and due_at <= at and state not in TERMINAL_WITHOUT_HAND_IN for state, due_at, _ in standings
    )
    assert tally.on_time + tally.late + tally.missing == tally.expected == expected
    beside = tally.not_due + tally.due_soon + tally.no_deadline + tally.not_applicable
    assert tally.expected + beside == len(drawn)


def test_awaiting_acceptance_is_inside_the_sum() -> None:
    tally = Tally.of(Timeliness.LATE, SUBMITTED, 2) + Tally.of(Timeliness.ON_TIME, FULFILLED, 6)
    assert tally == Tally(expected=8, on_time=6, late=2, awaiting_acceptance=2)
    assert Tally.of(Timeliness.NOT_DUE, SUBMITTED).awaiting_acceptance == 0
    assert tally.on_time_share == Fraction(3, 4)


def test_nothing_expected_is_not_one_hundred_percent() -> None:
    assert Tally.of(Timeliness.NOT_APPLICABLE, ObligationState.WAIVED).on_time_share is None


@pytest.mark.parametrize(
    "counts", [{"expected": 1}, {"not_due": -1}, {"expected": 1, "missing": 1, "awaiting_acceptance": 1}]
)
def test_counts_that_do_not_add_up_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"expected|negative|handed in"):
        Tally(**counts)
