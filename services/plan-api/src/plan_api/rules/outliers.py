"""Numbers that are unlike what a unit reported before, or unlike its siblings': to look at twice, never to refuse.

A number is unlike others when it lies further from their median than 5.19 times their median deviation (3.5 of a robust
standard deviation; Iglewicz and Hoaglin, 1993); the deviation counts at least a tenth of the median, so that a figure
that never moved may move by half.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from plan_api.rules.form_merging import rates_of
from plan_api.rules.forms import Form, Numeric, PercentageField

_FAR: Final = Decimal("5.19")
_LEAST_SHARE: Final = Decimal("0.1")

FORMER_LEAST: Final = 2
SIBLINGS_LEAST: Final = 5
"""Fewer others than this say nothing."""


def numbers_of(form: Form | None, filled: Mapping[str, Any], figures: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return the numbers of a report by key: figures, number fields, percentages in per cent; others are left out."""
    found = {name: number for name, value in figures.items() if (number := _number(value)) is not None}
    if form is None:
        return found
    for field in form.fields:
        value = filled.get(field.key)
        number = _number(value) if isinstance(field, Numeric) else None
        if (
            isinstance(field, PercentageField)
            and isinstance(value, Mapping)
            and {"numerator", "denominator"} <= set(value)
        ):
            number = _number(rates_of(Form(fields=(field,)), {field.key: value}).get(field.key))
        if number is not None:
            found[field.key] = number
    return found


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def median(numbers: Sequence[Decimal]) -> Decimal:
    """Return the middle of some numbers, of an even count the mean of the two in the middle."""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def unlike(number: Decimal, others: Sequence[Decimal], least: int) -> Decimal | None:
    """Return the median of the others where a number is unlike them, else None; fewer than `least` say nothing."""
    if len(others) < least:
        return None
    usual = median(others)
    deviation = median([abs(other - usual) for other in others])
    far = _FAR * max(deviation, _LEAST_SHARE * abs(usual))
    return usual if abs(number - usual) > far else None
