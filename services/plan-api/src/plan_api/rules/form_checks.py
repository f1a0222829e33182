"""Compare the values of a form with one another: sums, upper limits, what a choice makes necessary.

A check speaks only of what was filled in: one whose total or limit is blank says nothing, blank parts of a sum count as
nothing. Merged values have no single text, choice or rows, and checks about those say nothing either.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from plan_api.rules.form_values import Fault, FaultKind
from plan_api.rules.forms import (
    AnyField,
    AtMostCheck,
    Check,
    ColumnSumCheck,
    DateField,
    Form,
    Numeric,
    PercentageField,
    RequiredIfCheck,
    SumCheck,
    TableField,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """Contradictions: those that refuse the values, and those that are only flagged."""

    refused: list[Fault]
    flagged: list[Fault]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a check looks: the whole form, or a row of a table."""

    fields: Mapping[str, AnyField]
    values: Mapping[str, Any]
    prefix: str = ""
    row: int | None = None


def check_values(form: Form, filled: Mapping[str, Any]) -> Checked:
    """Return what contradicts itself in values as they are stored, or as they are merged."""
    fields: dict[str, AnyField] = {field.key: field for field in form.fields}
    whole = _Place(fields, filled)
    checked = Checked([], [])
    for check in form.checks:
        found = checked.refused if check.refuse else checked.flagged
        found += _faults(check, whole)
    return checked


def _faults(check: Check, whole: _Place) -> Iterator[Fault]:
    if isinstance(check, SumCheck):
        for place in _places(check.table, whole):
            yield from _sum(check, place)
    elif isinstance(check, AtMostCheck):
        for place in _places(check.table, whole):
            yield from _at_most(check, place)
    elif isinstance(check, ColumnSumCheck):
        yield from _column_sum(check, whole)
    else:
        yield from _required_if(check, whole)


def _places(table: str | None, whole: _Place) -> Iterator[_Place]:
    if table is None:
        yield whole
        return
    field = cast(TableField, whole.fields[table])
    columns: dict[str, AnyField] = {column.key: column for column in field.columns}
    for number, row in enumerate(_rows(whole.values.get(table))):
        yield _Place(columns, row, f"{table}.{number}.", number + 1)


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return value if isinstance(value, list) else []


def comparable(field: AnyField, value: Any, half: str = "") -> Decimal | date | None:
    """Return what a stored value weighs: a number, a day, or None where it is blank or no single one."""
    if value is None:
        return None
    if isinstance(field, PercentageField):
        return Decimal(value[half])
    if isinstance(field, Numeric):
        return Decimal(value)
    return date.fromisoformat(value) if isinstance(field, DateField) else None


def _operand(operand: str, place: _Place) -> Any:
    key, _, half = operand.partition(".")
    return comparable(place.fields[key], place.values.get(key), half)


def _fault(operand: str, place: _Place, kind: FaultKind, limit: object, check: Check) -> Fault:
    label = place.fields[operand.partition(".")[0]].label
    return Fault(f"{place.prefix}{operand}", label, kind, str(limit), place.row, check.message)


def _sum(check: SumCheck, place: _Place) -> Iterator[Fault]:
    total = _operand(check.total, place)
    parts = [part for part in (_operand(name, place) for name in check.parts) if part is not None]
    if total is not None and total != sum(parts, Decimal(0)):
        yield _fault(check.total, place, FaultKind.SUM_DIFFERS, sum(parts, Decimal(0)), check)


def _at_most(check: AtMostCheck, place: _Place) -> Iterator[Fault]:
    value, limit = _operand(check.field, place), _operand(check.limit, place)
    if value is not None and limit is not None and value > limit:
        yield _fault(check.field, place, FaultKind.ABOVE_LIMIT, limit, check)


def _column_sum(check: ColumnSumCheck, whole: _Place) -> Iterator[Fault]:
    total = _operand(check.total, whole)
    if total is None or isinstance(whole.values.get(check.table), Mapping):
        return
    cells = (_operand(check.column, place) for place in _places(check.table, whole))
    added = sum((cell for cell in cells if cell is not None), Decimal(0))
    if total != added:
        yield _fault(check.total, whole, FaultKind.SUM_DIFFERS, added, check)


def _required_if(check: RequiredIfCheck, whole: _Place) -> Iterator[Fault]:
    chosen = whole.values.get(check.when)
    if isinstance(chosen, str) and chosen in check.among and whole.values.get(check.field) is None:
        yield _fault(check.field, whole, FaultKind.NEEDED_HERE, chosen, check)
