"""Ids are UUIDv7, strictly increasing within a process, and their time can be read from them."""

import time

import pytest
from cascade_contracts.ids import new_id


def test_an_id_is_a_version_7_uuid_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= before + 1000


def test_ids_of_one_millisecond_increase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 2_000_000_000_000 * 1_000_000)
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_a_clock_set_back_does_not_make_ids_decrease(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000 * 1_000_000)
    assert new_id() > first
