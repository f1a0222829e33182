"""The clock's offset lies between facts and engine, and nowhere else."""

from datetime import UTC, datetime, timedelta

from cascade_servicekit.clock import SystemClock

YEARS_AGO = SystemClock(-timedelta(days=2000))


def test_without_offset_facts_and_engine_share_the_present() -> None:
    before = datetime.now(UTC)
    assert before <= SystemClock().now() <= datetime.now(UTC)


def test_the_present_of_facts_is_the_engines_plus_the_offset() -> None:
    engine = datetime.now(UTC)
    assert timedelta() <= YEARS_AGO.now() - YEARS_AGO.from_engine(engine) < timedelta(seconds=5)


def test_translations_are_inverse() -> None:
    at = datetime(2020, 1, 31, 17, tzinfo=UTC)
    assert YEARS_AGO.from_engine(YEARS_AGO.to_engine(at)) == at
    assert YEARS_AGO.to_engine(at) - at == timedelta(days=2000)
