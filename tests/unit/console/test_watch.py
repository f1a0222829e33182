"""The drawing of a cascade: bars that fill their width, words that leave nothing out."""

from typing import Any

from cascade_console.watch import draw, in_words, shares
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

KEYS = ("on_time", "late", "missing", "due_soon", "not_due", "no_deadline")
ZERO = dict.fromkeys((*KEYS, "expected", "not_applicable", "awaiting_acceptance"), 0)


@given(st.lists(st.integers(0, 5000), min_size=6, max_size=6))
def test_a_bar_fills_its_width_and_shows_everything_above_zero(counts: list[int]) -> None:
    tally = ZERO | dict(zip(KEYS, counts, strict=True))
    drawn = shares(tally, 40)
    assert [part.key for part, _ in drawn] == [key for key in KEYS if tally[key]]
    assert sum(size for _, size in drawn) == (40 if any(counts) else 0)
    assert all(size > 0 for _, size in drawn)


def test_words_name_what_is_not_zero() -> None:
    assert in_words(ZERO | {"on_time": 3, "missing": 1, "awaiting_acceptance": 2}) == (
        "3 đúng hạn · 1 quá hạn · 2 chờ duyệt"
    )


def test_a_cascade_is_drawn_with_levels_worst_documents_and_next_steps() -> None:
    tally = ZERO | {"expected": 4, "on_time": 3, "missing": 1}
    document = {
        "reference": "18/KH-SGDĐT",
        "title": "Kế hoạch",
        "issuer_name": "Sở Giáo dục và Đào tạo",
        "tally": tally,
    }
    cascade: dict[str, Any] = {
        "at": "2026-11-11T01:00:00+00:00",
        "tally": tally,
        "escalated": 1,
        "returned": 0,
        "extended": 2,
        "levels": [{"level": 0, "tally": tally, "documents": [document]}],
    }
    step: dict[str, Any] = {
        "kind": "overdue",
        "audience": "contact",
        "fire_at": "2026-11-12T01:00:00+00:00",
        "round_title": "Báo cáo năm",
        "outcome": None,
        "batch_id": None,
    }
    console = Console(width=140, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(draw(cascade, [step]))
    text = captured.get()
    for words in ("08:00:00 11/11/2026", "18/KH-SGDĐT", "1/4", "báo quá hạn", "08:00:00 12/11/2026", "gia hạn 2"):
        assert words in text
