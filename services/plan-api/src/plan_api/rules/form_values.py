"""Read what a unit filled in: every value against its field, in the shape it is stored, with every fault at once.

Stored are JSON values: whole numbers and đồng as numbers, decimals as text (`"12.50"`), a percentage as two numbers,
days as `YYYY-MM-DD`, a choice as its option's key, a table as a list of rows, files as a list of names and SHA-256s.
What is blank is not stored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from plan_api.rules.forms import (
    AttachmentField,
    ChoiceField,
    DateField,
    DecimalField,
    Form,
    IntegerField,
    MoneyField,
    PercentageField,
    Single,
    TableField,
    TextField,
)
from plan_api.rules.vietnamese import normalise

Filled = dict[str, Any]

_LARGEST: Final = 10**18
_WHOLE: Final = re.compile(r"[+-]?\d{1,19}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NAME_LENGTH: Final = 200


class FaultKind(StrEnum):
    """What is wrong with a value."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    NOT_WHOLE = "not_whole"
    NOT_A_NUMBER = "not_a_number"
    TOO_MANY_PLACES = "too_many_places"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    TOO_LONG = "too_long"
    NOT_AN_OPTION = "not_an_option"
    NOT_A_DAY = "not_a_day"
    NOT_A_SHARE = "not_a_share"
    NO_DENOMINATOR = "no_denominator"
    PART_ABOVE_WHOLE = "part_above_whole"
    NOT_A_TABLE = "not_a_table"
    TOO_MANY_ROWS = "too_many_rows"
    NOT_FILES = "not_files"
    TOO_MANY_FILES = "too_many_files"
    FILE_KIND = "file_kind"
    FILE_SIZE = "file_size"
    CARRIED = "carried"
    FORMULA = "formula"
    SUM_DIFFERS = "sum_differs"
    ABOVE_LIMIT = "above_limit"
    NEEDED_HERE = "needed_here"


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that cannot be taken: where it stands, the field's label, its row in a table (from 1), and the limit."""

    place: str
    label: str
    kind: FaultKind
    limit: str = ""
    row: int | None = None
    message: str | None = None


class _Wrong(ValueError):
    def __init__(self, kind: FaultKind, limit: object = "", part: str = "") -> None:
        self.kind, self.limit, self.part = kind, str(limit), part
        super().__init__(kind)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the values that are as they should be, and the faults of the others."""

    filled: Filled
    faults: list[Fault]


def read_values(form: Form, given: Mapping[str, Any], carried: Mapping[str, Any] | None = None) -> Reading:
    """Read the values of a form; those `carried` from a consolidation below are there already and not given again."""
    brought = carried or {}
    filled: Filled = dict(brought)
    faults: list[Fault] = []
    known = {field.key for field in form.fields}
    faults += [Fault(key, key, FaultKind.UNKNOWN) for key in given if key not in known]
    for field in form.fields:
        if field.key in brought:
            if not _blank(given.get(field.key)):
                faults.append(Fault(field.key, field.label, FaultKind.CARRIED))
        elif isinstance(field, TableField):
            _read_table(field, given.get(field.key), filled, faults)
        else:
            _read_field(field, given.get(field.key), field.key, filled, faults)
    return Reading(filled, faults)


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})


def _read_field(
    field: Single, value: Any, place: str, into: Filled, faults: list[Fault], row: int | None = None
) -> None:
    if _blank(value):
        if field.required:
            faults.append(Fault(place, field.label, FaultKind.MISSING, row=row))
        return
    try:
        into[field.key] = _value(field, value)
    except _Wrong as wrong:
        where = f"{place}.{wrong.part}" if wrong.part else place
        faults.append(Fault(where, field.label, wrong.kind, wrong.limit, row))


def _read_table(field: TableField, value: Any, into: Filled, faults: list[Fault]) -> None:
    if _blank(value):
        if field.required:
            faults.append(Fault(field.key, field.label, FaultKind.MISSING))
        return
    if not isinstance(value, Sequence) or not all(isinstance(row, Mapping) for row in value):
        faults.append(Fault(field.key, field.label, FaultKind.NOT_A_TABLE))
        return
    if len(value) > field.max_rows:
        faults.append(Fault(field.key, field.label, FaultKind.TOO_MANY_ROWS, str(field.max_rows)))
        return
    columns = {column.key for column in field.columns}
    rows: list[Filled] = []
    for number, given in enumerate(value):
        row: Filled = {}
        place = f"{field.key}.{number}"
        faults += [
            Fault(f"{place}.{key}", key, FaultKind.UNKNOWN, row=number + 1) for key in given if key not in columns
        ]
        for column in field.columns:
            _read_field(column, given.get(column.key), f"{place}.{column.key}", row, faults, number + 1)
        rows.append(row)
    into[field.key] = rows


def _value(field: Single, value: Any) -> Any:
    if isinstance(field, IntegerField | MoneyField):
        read: Any = _bounded(_whole(value), field.minimum, field.maximum)
    elif isinstance(field, DecimalField):
        read = str(_bounded(_decimal(value, field.places), field.minimum, field.maximum))
    elif isinstance(field, TextField):
        read = _text(value, field.max_length)
    elif isinstance(field, ChoiceField):
        read = _choice(field, value)
    elif isinstance(field, DateField):
        read = _bounded(_day(value), field.earliest, field.latest).isoformat()
    elif isinstance(field, PercentageField):
        read = _share(field, value)
    else:
        read = _files(field, value)
    return read


def _bounded(value: Any, low: Any, high: Any) -> Any:
    if low is not None and value < low:
        raise _Wrong(FaultKind.TOO_SMALL, low)
    if high is not None and value > high:
        raise _Wrong(FaultKind.TOO_LARGE, high)
    return value


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _Wrong(FaultKind.NOT_A_NUMBER)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _Wrong(FaultKind.NOT_A_NUMBER) from None
    if not number.is_finite():
        raise _Wrong(FaultKind.NOT_A_NUMBER)
    if not -_LARGEST <= number <= _LARGEST:
        raise _Wrong(FaultKind.TOO_LARGE, _LARGEST)
    return number


def _whole(value: Any) -> int:
    if isinstance(value, str) and not _WHOLE.fullmatch(value.strip()):
        raise _Wrong(FaultKind.NOT_WHOLE)
    number = _number(value)
    if number != int(number):
        raise _Wrong(FaultKind.NOT_WHOLE)
    return int(number)


def _decimal(value: Any, places: int) -> Decimal:
    number = _number(value)
    rounded = number.quantize(Decimal(1).scaleb(-places))
    if rounded != number:
        raise _Wrong(FaultKind.TOO_MANY_PLACES, places)
    return rounded


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise _Wrong(FaultKind.NOT_TEXT)
    text = normalise(value)
    if not text:
        raise _Wrong(FaultKind.MISSING)
    if len(text) > longest:
        raise _Wrong(FaultKind.TOO_LONG, longest)
    return text


def _choice(field: ChoiceField, value: Any) -> str:
    for option in field.options:
        if value == option.key:
            return option.key
    raise _Wrong(FaultKind.NOT_AN_OPTION, ", ".join(option.key for option in field.options))


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Wrong(FaultKind.NOT_A_DAY) from None


def _share(field: PercentageField, value: Any) -> Filled:
    if not isinstance(value, Mapping) or set(value) != {"numerator", "denominator"}:
        raise _Wrong(FaultKind.NOT_A_SHARE)
    numbers: dict[str, int] = {}
    for part in ("numerator", "denominator"):
        try:
            numbers[part] = _bounded(_whole(value[part]), 0, None)
        except _Wrong as wrong:
            raise _Wrong(wrong.kind, wrong.limit, part) from None
    if numbers["denominator"] == 0 and numbers["numerator"] != 0:
        raise _Wrong(FaultKind.NO_DENOMINATOR, part="denominator")
    if field.within and numbers["numerator"] > numbers["denominator"]:
        raise _Wrong(FaultKind.PART_ABOVE_WHOLE, numbers["denominator"], "numerator")
    return numbers


def _files(field: AttachmentField, value: Any) -> list[Filled]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _Wrong(FaultKind.NOT_FILES)
    files = [_file(item) for item in value]
    if len(files) > field.max_files:
        raise _Wrong(FaultKind.TOO_MANY_FILES, field.max_files)
    return files


def _file(item: Any) -> Filled:
    if not isinstance(item, Mapping) or set(item) != {"sha256", "name"}:
        raise _Wrong(FaultKind.NOT_FILES)
    sha256, name = item["sha256"], item["name"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or not isinstance(name, str):
        raise _Wrong(FaultKind.NOT_FILES)
    plain = normalise(name)
    if not 0 < len(plain) <= _NAME_LENGTH:
        raise _Wrong(FaultKind.NOT_FILES)
    return {"sha256": sha256, "name": plain}
