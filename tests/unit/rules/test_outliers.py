"""A number is striking when it is far from what others are; few others say nothing."""

from decimal import Decimal
from typing import Any

import pytest
from harness.forms import EVERY_KIND
from plan_api.rules.forms import Form
from plan_api.rules.outliers import median, numbers_of, unlike

FORM = Form.model_validate(EVERY_KIND)


def numbers(*given: int) -> list[Decimal]:
    return [Decimal(number) for number in given]


def test_the_median_is_the_middle() -> None:
    assert median(numbers(9, 1, 5)) == 5
    assert median(numbers(9, 1, 5, 6)) == Decimal("5.5")


@pytest.mark.parametrize(
    ("number", "others", "usual"),
    [
        (151, (100, 100), None),
        (152, (100, 100), 100),
        (49, (100, 100), None),
        (48, (100, 100), 100),
        (151, (90, 100, 110), None),
        (152, (90, 100, 110), 100),
        (203, (80, 100, 120), None),
        (204, (80, 100, 120), 100),
        (1, (0, 0), 0),
        (0, (0, 0), None),
        (-152, (-100, -100), -100),
        (900, (100,), None),
        (0, (100, 102, 98, 5000), 101),
    ],
)
def test_far_from_the_others_is_unlike_them(number: int, others: tuple[int, ...], usual: int | None) -> None:
    assert unlike(Decimal(number), numbers(*others), 2) == usual


def test_fewer_others_than_asked_for_say_nothing() -> None:
    assert unlike(Decimal(900), numbers(1, 1, 1, 1), 5) is None
    assert unlike(Decimal(900), numbers(1, 1, 1, 1, 1), 5) == 1


@pytest.mark.parametrize(
    ("filled", "found"),
    [
        ({"pupils": 5, "area": "1.50", "cost": 7}, {"pupils": 5, "area": Decimal("1.50"), "cost": 7}),
        ({"trained": {"numerator": 1, "denominator": 4}}, {"trained": 25}),
        ({"trained": {"numerator": 0, "denominator": 0}}, {}),
        ({"trained": {"numerator": 1}}, {}),
        ({"trained": 25}, {}),
        ({"pupils": True, "results": "5", "level": "good"}, {}),
        ({"pupils": {"sections": []}, "area": "dài"}, {}),
    ],
)
def test_numbers_of_a_form(filled: dict[str, Any], found: dict[str, Any]) -> None:
    assert numbers_of(FORM, filled, {}) == found


def test_figures_are_numbers_too() -> None:
    assert numbers_of(None, {"pupils": 5}, {"classes": "3", "other": "x"}) == {"classes": 3}
