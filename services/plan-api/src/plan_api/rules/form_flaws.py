"""Whether a report form is sound: keys once, bounds not crossed, checks about fields it has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from plan_api.rules.forms import (
    AnyField,
    AtMostCheck,
    Check,
    ChoiceField,
    ColumnSumCheck,
    DateField,
    Form,
    Numeric,
    Option,
    PercentageField,
    RequiredIfCheck,
    SumCheck,
    TableField,
)


class Unsound(StrEnum):
    """What is wrong with a form."""

    KEY_TWICE = "key_twice"
    BOUNDS_CROSSED = "bounds_crossed"
    UNKNOWN_FIELD = "unknown_field"
    NOT_COMPARABLE = "not_comparable"
    UNKNOWN_OPTION = "unknown_option"


@dataclass(frozen=True, slots=True)
class Flaw:
    """A mistake in a form: where it stands (`fields.2.key`, `checks.0.total`) and the name it is about."""

    place: str
    kind: Unsound
    name: str


def flaws_of(form: Form) -> list[Flaw]:
    """Return what is wrong with a form; an empty list is a form that can be issued."""
    found = [
        *_doubled(form.fields, "fields"),
        *_options_doubled(form.fields, "fields"),
        *_crossed(form.fields, "fields"),
    ]
    for number, field in enumerate(form.fields):
        if isinstance(field, TableField):
            place = f"fields.{number}.columns"
            found += _doubled(field.columns, place)
            found += _options_doubled(field.columns, place)
            found += _crossed(field.columns, place)
    by_key = {field.key: field for field in form.fields}
    for number, check in enumerate(form.checks):
        found += _check_flaws(check, f"checks.{number}", by_key)
    return found


def _doubled(parts: Sequence[AnyField | Option], place: str) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, part in enumerate(parts):
        if part.key in seen:
            yield Flaw(f"{place}.{number}.key", Unsound.KEY_TWICE, part.key)
        seen.add(part.key)


def _options_doubled(fields: Iterable[AnyField], place: str) -> Iterator[Flaw]:
    for number, field in enumerate(fields):
        if isinstance(field, ChoiceField):
            yield from _doubled(field.options, f"{place}.{number}.options")


def _crossed(fields: Iterable[AnyField], place: str) -> Iterator[Flaw]:
    for number, field in enumerate(fields):
        low: Decimal | int | date | None = None
        high: Decimal | int | date | None = None
        if isinstance(field, Numeric):
            low, high = field.minimum, field.maximum
        elif isinstance(field, DateField):
            low, high = field.earliest, field.latest
        if low is not None and high is not None and low > high:  # type: ignore[operator]
            yield Flaw(f"{place}.{number}", Unsound.BOUNDS_CROSSED, field.key)


def _check_flaws(check: Check, place: str, by_key: Mapping[str, AnyField]) -> Iterator[Flaw]:
    if isinstance(check, RequiredIfCheck):
        yield from _condition_flaws(check, place, by_key)
    elif isinstance(check, ColumnSumCheck):
        table = by_key.get(check.table)
        yield from _named(check.total, f"{place}.total", by_key, numbers=True)
        if isinstance(table, TableField):
            columns: dict[str, AnyField] = {column.key: column for column in table.columns}
            yield from _named(check.column, f"{place}.column", columns, numbers=True)
        else:
            yield Flaw(f"{place}.table", Unsound.UNKNOWN_FIELD, check.table)
    else:
        yield from _row_flaws(check, place, by_key)


def _row_flaws(check: SumCheck | AtMostCheck, place: str, by_key: Mapping[str, AnyField]) -> Iterator[Flaw]:
    among = by_key
    if check.table is not None:
        table = by_key.get(check.table)
        if not isinstance(table, TableField):
            yield Flaw(f"{place}.table", Unsound.UNKNOWN_FIELD, check.table)
            return
        among = {column.key: column for column in table.columns}
    if isinstance(check, SumCheck):
        yield from _named(check.total, f"{place}.total", among, numbers=True)
        for number, part in enumerate(check.parts):
            yield from _named(part, f"{place}.parts.{number}", among, numbers=True)
        return
    flaws = [
        *_named(check.field, f"{place}.field", among, numbers=False),
        *_named(check.limit, f"{place}.limit", among, numbers=False),
    ]
    yield from flaws
    if not flaws and _is_day(check.field, among) != _is_day(check.limit, among):
        yield Flaw(f"{place}.limit", Unsound.NOT_COMPARABLE, check.limit)


def _is_day(operand: str, among: Mapping[str, AnyField]) -> bool:
    return isinstance(among[operand.partition(".")[0]], DateField)


def _named(operand: str, place: str, among: Mapping[str, AnyField], *, numbers: bool) -> Iterator[Flaw]:
    key, _, half = operand.partition(".")
    field = among.get(key)
    if field is None:
        yield Flaw(place, Unsound.UNKNOWN_FIELD, operand)
    elif isinstance(field, PercentageField) != bool(half) or not isinstance(
        field, Numeric | PercentageField if numbers else Numeric | PercentageField | DateField
    ):
        yield Flaw(place, Unsound.NOT_COMPARABLE, operand)


def _condition_flaws(check: RequiredIfCheck, place: str, by_key: Mapping[str, AnyField]) -> Iterator[Flaw]:
    if check.field not in by_key:
        yield Flaw(f"{place}.field", Unsound.UNKNOWN_FIELD, check.field)
    choice = by_key.get(check.when)
    if choice is None:
        yield Flaw(f"{place}.when", Unsound.UNKNOWN_FIELD, check.when)
    elif not isinstance(choice, ChoiceField):
        yield Flaw(f"{place}.when", Unsound.NOT_COMPARABLE, check.when)
    else:
        known = {option.key for option in choice.options}
        for number, key in enumerate(check.among):
            if key not in known:
                yield Flaw(f"{place}.among.{number}", Unsound.UNKNOWN_OPTION, key)
