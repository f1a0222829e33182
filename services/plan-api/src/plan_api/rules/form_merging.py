"""Merge the values of reports by each field's rule, so that a total over totals is the total over all.

Merged are numbers, percentages and days into values of the same shape; a choice into how many chose what
(`{"counts": {key: n}}`), words into sections (`{"sections": [{unit, name, text}]}`), tables into rows
(`{"rows": [{unit, name, values}]}`), files into a list (`{"files": [{unit, name, file, sha256}]}`), each part with the
unit it came from. A merged value merges like any other: sections keep their first author at every level.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from typing import Any, Final
from uuid import UUID

from plan_api.rules.form_values import Filled
from plan_api.rules.forms import (
    AnyField,
    ChoiceField,
    DateField,
    DecimalField,
    Form,
    IntegerField,
    MoneyField,
    PercentageField,
    TableField,
    TextField,
)
from plan_api.rules.vietnamese import sort_key

_EXACT: Final = Context(prec=400, traps=[Inexact])


@dataclass(frozen=True, slots=True)
class FormPart:
    """What one unit's report fills in; nothing in it is a nil return."""

    unit_id: UUID
    unit_name: str
    filled: Mapping[str, Any]
    nil: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """Merged values by key; `absent` are the units that filled a form in without that field, `nil` the nil returns."""

    values: Filled
    absent: dict[str, list[UUID]]
    nil: list[UUID]


def merge(form: Form, parts: Iterable[FormPart]) -> Merged:
    """Merge reports, each unit's once, in the Vietnamese order of names; the order given does not count."""
    ordered = sorted(parts, key=lambda part: (sort_key(part.unit_name), str(part.unit_id)))
    filling = [part for part in ordered if not part.nil]
    values: Filled = {}
    absent: dict[str, list[UUID]] = {}
    for field in form.fields:
        given = [(part, part.filled[field.key]) for part in filling if part.filled.get(field.key) is not None]
        missing = [part.unit_id for part in filling if part.filled.get(field.key) is None]
        if missing:
            absent[field.key] = missing
        if given:
            values[field.key] = _merged(field, given)
    return Merged(values, absent, [part.unit_id for part in ordered if part.nil])


def _merged(field: AnyField, given: Sequence[tuple[FormPart, Any]]) -> Any:
    values = [value for _, value in given]
    if isinstance(field, IntegerField | MoneyField):
        merged: Any = _NUMBERS[field.merge](values)
    elif isinstance(field, DecimalField):
        merged = str(_DECIMALS[field.merge]([Decimal(value) for value in values]))
    elif isinstance(field, DateField):
        merged = max(values) if field.merge == "max" else min(values)
    elif isinstance(field, PercentageField):
        merged = {half: sum(value[half] for value in values) for half in ("numerator", "denominator")}
    elif isinstance(field, ChoiceField):
        merged = {"counts": _counts(field, values)}
    elif isinstance(field, TextField):
        merged = {"sections": _attributed(given, "sections", _section)}
    elif isinstance(field, TableField):
        merged = {"rows": _attributed(given, "rows", _rows)}
    else:
        merged = {"files": _attributed(given, "files", _files)}
    return merged


def _added(values: Sequence[Decimal]) -> Decimal:
    total = values[0]
    for value in values[1:]:
        total = _EXACT.add(total, value)
    return total


_NUMBERS: Final[Mapping[str, Callable[[Sequence[int]], int]]] = {"sum": sum, "max": max, "min": min}
_DECIMALS: Final[Mapping[str, Callable[[Sequence[Decimal]], Decimal]]] = {"sum": _added, "max": max, "min": min}


def _counts(field: ChoiceField, values: Sequence[Any]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for value in values:
        counted.update(value["counts"] if isinstance(value, Mapping) else [value])
    return {option.key: counted[option.key] for option in field.options if counted[option.key]}


def _attributed(
    given: Sequence[tuple[FormPart, Any]], name: str, own: Callable[[Any], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the pieces of all, those merged before as they are, the others with the unit they come from."""
    pieces: list[dict[str, Any]] = []
    for part, value in given:
        if isinstance(value, Mapping):
            pieces += value[name]
        else:
            pieces += [{"unit": str(part.unit_id), "name": part.unit_name, **piece} for piece in own(value)]
    return pieces


def _section(value: str) -> list[dict[str, Any]]:
    return [{"text": value}]


def _rows(value: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"values": dict(row)} for row in value]


def _files(value: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"file": file["name"], "sha256": file["sha256"]} for file in value]


def rates_of(form: Form, filled: Mapping[str, Any]) -> dict[str, str]:
    """Return the percentages of a form in per cent with two places ("57.14"); without a denominator there is none."""
    rates = {}
    for field in form.fields:
        value = filled.get(field.key)
        if isinstance(field, PercentageField) and value is not None and value["denominator"]:
            share = Decimal(value["numerator"]) * 100 / Decimal(value["denominator"])
            rates[field.key] = str(share.quantize(Decimal("0.01"), ROUND_HALF_UP))
    return rates


def carried_up(lower: Form, values: Mapping[str, Any], upper: Form) -> Filled:
    """Return the merged values that answer fields of the form one level up: same key, type, unit and rule."""
    below = {field.key: field for field in lower.fields}
    return {
        field.key: values[field.key]
        for field in upper.fields
        if field.key in values and _alike(below[field.key], field)
    }


def _alike(lower: AnyField, upper: AnyField) -> bool:
    same = ("type", "merge", "unit", "places")
    if any(getattr(lower, name, None) != getattr(upper, name, None) for name in same):
        return False
    if isinstance(lower, ChoiceField) and isinstance(upper, ChoiceField):
        return {option.key for option in lower.options} <= {option.key for option in upper.options}
    if isinstance(lower, TableField) and isinstance(upper, TableField):
        return [(item.key, item.type) for item in lower.columns] == [(item.key, item.type) for item in upper.columns]
    return True


def figures_of(form: Form, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the numbers among values as figures, for a level above that asks without a form."""
    numeric = (IntegerField, DecimalField, MoneyField)
    return {
        field.key: str(values[field.key]) for field in form.fields if isinstance(field, numeric) and field.key in values
    }


def from_figures(figures: Mapping[str, Decimal], upper: Form) -> Filled:
    """Return the figures of reports without a form that answer number fields of the form one level up."""
    found: Filled = {}
    for field in upper.fields:
        figure = figures.get(field.key)
        if figure is None:
            continue
        if isinstance(field, IntegerField | MoneyField) and figure == figure.to_integral_value():
            found[field.key] = int(figure)
        elif isinstance(field, DecimalField) and figure == figure.quantize(Decimal(1).scaleb(-field.places)):
            found[field.key] = str(figure.quantize(Decimal(1).scaleb(-field.places)))
    return found
