"""A report form on the page: what each input asks and holds, and what was filled in, as the values of a submission.

An input is named by its place in the values: `f.pupils`, `f.girls.numerator`, `f.events.2.people`. Rows of a table left
blank are not rows; numbers may be written the Vietnamese way (1.250.000 and 2,5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from plan_api.documents.schemas import FileIn
from plan_api.forms.sheet_reading import given_value
from plan_api.rules.forms import (
    AttachmentField,
    ChoiceField,
    DateField,
    DecimalField,
    Form,
    IntegerField,
    MoneyField,
    PercentageField,
    Scalar,
    TableField,
    TextField,
)

PREFIX: Final = "f."
SHEET: Final = "sheet"
"""The name of the input that takes a filled workbook."""

ROWS_MORE, ROWS_SHOWN = 3, 30
"""Blank rows a table offers beyond those filled in, and rows the page shows of it at most; the workbook takes more."""

_SHORT_TEXT: Final = 120
_HALVES: Final = ("numerator", "denominator")
_INPUTS: Final[Mapping[Any, str]] = MappingProxyType(
    {
        IntegerField: "whole",
        DecimalField: "decimal",
        MoneyField: "whole",
        PercentageField: "share",
        TextField: "text",
        ChoiceField: "choice",
        DateField: "date",
        TableField: "table",
        AttachmentField: "files",
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """An input of the page, or a group of them: the halves of a percentage, the rows of a table."""

    name: str
    kind: str
    label: str
    required: bool
    help: str | None = None
    unit: str | None = None
    value: str = ""
    fault: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    halves: tuple["Question", ...] = ()
    rows: tuple[tuple["Question", ...], ...] = ()
    files: tuple[str, ...] = ()
    several: bool = False


def questions(
    form: Form, standing: Mapping[str, Any], given: Mapping[str, str] | None, faults: Mapping[str, str]
) -> list[Question]:
    """Return what the page asks, holding what was just sent (`given`) or else the values that stand."""
    texts = _texts(form, standing) if given is None else _closed_up(form, given)
    kept = {} if given is not None else standing
    return [_question(field, texts, kept, faults) for field in form.fields]


def values(form: Form, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what was filled in as the body of a submission would give it; files come apart."""
    texts = _closed_up(form, given)
    found: dict[str, Any] = {}
    for field in form.fields:
        place = PREFIX + field.key
        if isinstance(field, PercentageField):
            halves = {half: given_value(field, texts.get(f"{place}.{half}", "")) for half in _HALVES}
            found[field.key] = halves if any(halves.values()) else None
        elif isinstance(field, TableField):
            found[field.key] = [
                {
                    column.key: given_value(column, texts.get(f"{place}.{row}.{column.key}", ""))
                    for column in field.columns
                }
                for row in range(_rows_of(field, texts))
            ]
        elif not isinstance(field, AttachmentField):
            found[field.key] = given_value(field, texts.get(place, ""))
    return found


def with_files(
    form: Form, filled: Mapping[str, Any], sent: Mapping[str, Sequence[FileIn]], standing: Mapping[str, Any]
) -> dict[str, Any]:
    """Return values with their files: those sent now, else those of the version before."""
    found = dict(filled)
    for field in form.fields:
        if isinstance(field, AttachmentField):
            files = [{"sha256": file.sha256, "name": file.name} for file in sent.get(PREFIX + field.key, ())]
            found[field.key] = files or standing.get(field.key)
    return found


def _question(
    field: Any, texts: Mapping[str, str], standing: Mapping[str, Any], faults: Mapping[str, str], place: str = ""
) -> Question:
    name = place or PREFIX + field.key
    stands = standing.get(field.key) if isinstance(field, AttachmentField) else None
    return Question(
        name,
        "line" if isinstance(field, TextField) and field.max_length <= _SHORT_TEXT else _INPUTS[type(field)],
        field.label,
        field.required and not stands,
        field.help,
        "đồng" if isinstance(field, MoneyField) else getattr(field, "unit", None),
        texts.get(name, ""),
        faults.get(name),
        tuple((option.key, option.label) for option in getattr(field, "options", ())),
        _halves(field, name, texts, faults) if isinstance(field, PercentageField) else (),
        _rows(field, name, texts, faults) if isinstance(field, TableField) else (),
        tuple(file["name"] for file in stands or ()),
        isinstance(field, AttachmentField) and field.max_files > 1,
    )


def _halves(
    field: PercentageField, name: str, texts: Mapping[str, str], faults: Mapping[str, str]
) -> tuple[Question, ...]:
    return tuple(
        Question(
            f"{name}.{half}",
            "whole",
            getattr(field, half),
            field.required,
            value=texts.get(f"{name}.{half}", ""),
            fault=faults.get(f"{name}.{half}"),
        )
        for half in _HALVES
    )


def _rows(
    field: TableField, name: str, texts: Mapping[str, str], faults: Mapping[str, str]
) -> tuple[tuple[Question, ...], ...]:
    shown = min(_rows_of(field, texts) + ROWS_MORE, field.max_rows, ROWS_SHOWN)
    return tuple(
        tuple(_question(column, texts, {}, faults, f"{name}.{row}.{column.key}") for column in field.columns)
        for row in range(max(shown, _rows_of(field, texts)))
    )


def _rows_of(field: TableField, texts: Mapping[str, str]) -> int:
    """Return how many rows of a table are filled in; there are no gaps between them."""
    filled = [row for row, _, _ in _cells(field, texts)]
    return max(filled, default=-1) + 1


def _cells(field: TableField, texts: Mapping[str, str]) -> Iterator[tuple[int, str, str]]:
    start = f"{PREFIX}{field.key}."
    for name, text in texts.items():
        row, _, column = name.removeprefix(start).partition(".")
        if name.startswith(start) and row.isascii() and row.isdigit() and len(row) < 5 and text:
            yield int(row), column, text


def _closed_up(form: Form, given: Mapping[str, str]) -> dict[str, str]:
    """Return what was sent, the rows of every table without the gaps between them."""
    tables = [field for field in form.fields if isinstance(field, TableField)]
    starts = tuple(f"{PREFIX}{table.key}." for table in tables)
    texts = {name: text for name, text in given.items() if name.startswith(PREFIX) and not name.startswith(starts)}
    for table in tables:
        cells = list(_cells(table, given))
        numbers = {row: number for number, row in enumerate(sorted({row for row, _, _ in cells}))}
        texts |= {f"{PREFIX}{table.key}.{numbers[row]}.{column}": text for row, column, text in cells}
    return texts


def _texts(form: Form, standing: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that stand as the inputs hold them."""
    texts: dict[str, str] = {}
    for field in form.fields:
        value, place = standing.get(field.key), PREFIX + field.key
        if value is None or isinstance(field, AttachmentField):
            continue
        if isinstance(field, PercentageField):
            texts |= {f"{place}.{half}": _grouped(value[half]) for half in _HALVES}
        elif isinstance(field, TableField):
            for number, row in enumerate(value):
                for column in field.columns:
                    if row.get(column.key) is not None:
                        texts[f"{place}.{number}.{column.key}"] = _text(column, row[column.key])
        else:
            texts[place] = _text(field, value)
    return texts


def _text(field: Scalar, value: Any) -> str:
    if isinstance(field, IntegerField | MoneyField):
        return _grouped(value)
    if isinstance(field, DecimalField):
        whole, _, part = str(value).partition(".")
        return f"{whole},{part}" if part else whole
    return value.isoformat() if isinstance(value, date) else str(value)


def _grouped(value: int) -> str:
    return f"{value:,}".replace(",", ".")
