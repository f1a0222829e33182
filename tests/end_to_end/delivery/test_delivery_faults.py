"""A small run of `make delivery-faults`: every notice ends, none is taken twice, and what is said of each is true."""

from delivery.run import through_bad_weather

NOTICES = 120


async def test_every_notice_ends_and_none_is_taken_twice() -> None:
    verdict = await through_bad_weather(NOTICES, 7, lambda _: None)
    assert verdict.wrong() == []
    assert verdict.notices == NOTICES
    assert verdict.kills > 0
    assert sum(verdict.faults.values()) >= NOTICES / 10
    assert sum(verdict.figures()[name] for name in ("delivered", "failed", "unknown", "expired")) == NOTICES
    assert verdict.states["delivered"] > NOTICES / 2
