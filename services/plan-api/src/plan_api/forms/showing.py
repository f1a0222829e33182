"""Show what a form holds in words, as a Vietnamese office writes it: 1.250,50 m², 25.000.000 đồng, 12/30 (40,00 %)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from plan_api.rules.form_merging import rates_of
from plan_api.rules.forms import (
    ChoiceField,
    DateField,
    Form,
    FormField,
    MoneyField,
    Numeric,
    PercentageField,
)


def shown(form: Form, filled: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (label, words) of the fields that hold something, in the order of the form; merged values as well."""
    rates = rates_of(form, filled)
    return [
        (field.label, _words(field, filled[field.key], rates.get(field.key)))
        for field in form.fields
        if filled.get(field.key) is not None
    ]


def _words(field: FormField, value: Any, rate: str | None) -> str:
    if isinstance(field, Numeric):
        unit = "đồng" if isinstance(field, MoneyField) else field.unit
        return f"{_number(value)} {unit}" if unit else _number(value)
    if isinstance(field, PercentageField):
        share = f"{_number(value['numerator'])}/{_number(value['denominator'])}"
        return f"{share} ({_number(rate)} %)" if rate else share
    if isinstance(field, DateField):
        return f"{value[8:10]}/{value[5:7]}/{value[:4]}"
    if isinstance(field, ChoiceField):
        return _choice(field, value)
    return _pieces(value)


def _number(value: Any) -> str:
    return f"{Decimal(value):,}".translate(str.maketrans(",.", ".,"))


def _choice(field: ChoiceField, value: Any) -> str:
    labels = {option.key: option.label for option in field.options}
    if isinstance(value, Mapping):
        return ", ".join(f"{labels.get(key, key)}: {count}" for key, count in value["counts"].items())
    return str(labels.get(value, value))


def _pieces(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        name, pieces = next(iter(value.items()))
        counted = {"sections": "đơn vị", "rows": "dòng", "files": "tệp"}[name]
        return f"{len(pieces)} {counted}"
    files = [item["name"] for item in value if "sha256" in item]
    return ", ".join(files) if files else f"{len(value)} dòng"
