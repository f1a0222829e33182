"""Read a filled workbook back into values, remembering the cell each came from.

Formulas are not evaluated: a cell that holds one is a fault. Where a cell holds a number as text, it may be written
the Vietnamese way: 1.250.000 and 2,5.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from plan_api.forms.errors import SheetUnreadable
from plan_api.forms.sheet_layout import MAIN, MARKS, TABLE_FIRST_ROW, VALUE_COLUMN, Layout, address, layout_of
from plan_api.rules.forms import (
    ChoiceField,
    DateField,
    DecimalField,
    Form,
    FormField,
    Numeric,
    PercentageField,
    TableField,
)
from plan_api.rules.vietnamese import normalise

_LARGEST_UNPACKED: Final = 60_000_000
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_WRITTEN_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ROWS_BEYOND: Final = 50
"""Rows below the last allowed one that are still read, to be named as too many."""


@dataclass(slots=True)
class Filled:
    """What a workbook holds: its marks, values as a body would give them, the cell of each, the cells with formulas."""

    marks: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    formulas: list[tuple[str, str]] = field(default_factory=list)

    def cell_of(self, place: str) -> str:
        """Return the cell of a value as faults name it (`values.pupils`), or the sheet of its field, or the place."""
        name = place.removeprefix("values.")
        while name:
            if name in self.cells:
                return self.cells[name]
            name = name.rpartition(".")[0]
        return place


def read_workbook(form: Form, content: bytes) -> Filled:
    """Return what a workbook holds of a form.

    Raises:
        SheetUnreadable: it is no workbook made from a template.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _LARGEST_UNPACKED:
                raise SheetUnreadable(field="file")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        sheets = {sheet.title: sheet for sheet in book.worksheets}
        if MAIN not in sheets or MARKS not in sheets:
            raise SheetUnreadable(field="file")
        found = Filled(_marks(sheets[MARKS]))
        layout = layout_of(form)
        _read_main(sheets[MAIN], layout, found)
        for title, table in layout.tables:
            found.cells[table.key] = f"'{title}'"
            if title in sheets:
                _read_table(sheets[title], title, table, found)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, TypeError) as error:
        raise SheetUnreadable(field="file") from error
    return found


def _marks(sheet: Any) -> dict[str, str]:
    rows = sheet.iter_rows(min_row=1, max_row=10, max_col=2, values_only=True)
    return {str(row[0]): str(row[1]) for row in rows if len(row) == 2}


def _read_main(sheet: Any, layout: Layout, found: Filled) -> None:
    if not layout.lines:
        return
    first, last = layout.lines[0].row, layout.lines[-1].row
    column = VALUE_COLUMN
    rows = dict(enumerate(sheet.iter_rows(min_row=first, max_row=last, min_col=column, max_col=column), start=first))
    for line in layout.lines:
        found.cells[line.place] = address(MAIN, column, line.row)
        cells = rows.get(line.row, ())
        value = _value(line.field, cells[0], line.place, line.field.label, found) if cells else None
        if line.half is None:
            found.values[line.field.key] = value
        elif value is not None:
            found.values.setdefault(line.field.key, {})[line.half] = value
        found.cells.setdefault(line.field.key, found.cells[line.place])


def _read_table(sheet: Any, title: str, table: TableField, found: Filled) -> None:
    last = TABLE_FIRST_ROW + table.max_rows + _ROWS_BEYOND
    rows: list[dict[str, Any]] = []
    lines = sheet.iter_rows(min_row=TABLE_FIRST_ROW, max_row=last, max_col=len(table.columns))
    for number, cells in enumerate(lines, start=TABLE_FIRST_ROW):
        if not _any(cells):
            continue
        row: dict[str, Any] = {}
        place = f"{table.key}.{len(rows)}"
        for position, column in enumerate(table.columns):
            name = f"{place}.{column.key}"
            found.cells[name] = address(title, position + 1, number)
            if position < len(cells):
                row[column.key] = _value(column, cells[position], name, column.label, found)
        rows.append(row)
    found.values[table.key] = rows


def _any(cells: Iterable[Any]) -> bool:
    return any(cell.value is not None and str(cell.value).strip() for cell in cells)


def _value(of: FormField, cell: Any, place: str, label: str, found: Filled) -> Any:
    if cell.data_type == "f":
        found.formulas.append((found.cells[place], label))
        return None
    if cell.data_type == "e":
        return str(cell.value)
    return given_value(of, cell.value)


def given_value(of: FormField, value: Any) -> Any:
    """Return a cell's value as the body of a submission would give it; what cannot be told is left as it is."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(of, DecimalField | Numeric | PercentageField) and isinstance(value, str):
        return _number(value.strip())
    if isinstance(value, str) and isinstance(of, DateField):
        written = _WRITTEN_DAY.fullmatch(value.strip())
        return f"{written[3]}-{int(written[2]):02}-{int(written[1]):02}" if written else value.strip()
    if isinstance(value, str) and isinstance(of, ChoiceField):
        said = normalise(value).casefold()
        return next((option.key for option in of.options if said == normalise(option.label).casefold()), value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool) and not isinstance(of, Numeric | PercentageField):
        return str(int(value)) if value == int(value) else str(value)
    return value


def _number(text: str) -> str:
    if _GROUPED.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def halves(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in which half-filled percentages have both halves, so that the empty one is named."""
    return {
        key: {"numerator": "", "denominator": ""} | value if isinstance(value, dict) else value
        for key, value in values.items()
    }
