"""Where the fields of a form stand in its workbook; writer and reader share it, so that a template reads back.

The first sheet has a row a value (a percentage has two), every table a sheet of its own. A hidden sheet says which form
and whose obligation the workbook is for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from openpyxl.utils import get_column_letter

from plan_api.rules.forms import AttachmentField, Form, FormField, PercentageField, TableField

MAIN: Final = "Biểu mẫu"
MARKS: Final = "cascade"
"""The hidden sheet: names in the first column, values in the second."""

HEAD_ROW: Final = 5
FIRST_ROW: Final = HEAD_ROW + 1
VALUE_COLUMN: Final = 3
TABLE_HEAD_ROW: Final = 2
TABLE_FIRST_ROW: Final = TABLE_HEAD_ROW + 1
_NOT_IN_TITLES: Final = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the first sheet: which value of which field."""

    row: int
    field: FormField
    half: str | None = None

    @property
    def place(self) -> str:
        """How faults name the value."""
        return f"{self.field.key}.{self.half}" if self.half else self.field.key


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of the first sheet, and the sheets of tables by their titles."""

    lines: Sequence[Line]
    tables: Sequence[tuple[str, TableField]]


def layout_of(form: Form) -> Layout:
    """Return where every field stands; files are named over the API and have no cell."""
    lines: list[Line] = []
    tables: list[tuple[str, TableField]] = []
    row = FIRST_ROW
    titles = {MAIN.casefold(), MARKS}
    for field in form.fields:
        if isinstance(field, TableField):
            title = _title(field.label, titles)
            titles.add(title.casefold())
            tables.append((title, field))
        elif not isinstance(field, AttachmentField):
            for half in ("numerator", "denominator") if isinstance(field, PercentageField) else (None,):
                lines.append(Line(row, field, half))
                row += 1
    return Layout(lines, tables)


def _title(label: str, taken: set[str]) -> str:
    """Return a sheet's title: at most 31 characters, none that Excel forbids, each once."""
    plain = _NOT_IN_TITLES.sub(" ", label).strip()[:31] or "Bảng"
    title, number = plain, 1
    while title.casefold() in taken:
        number += 1
        title = f"{plain[: 30 - len(str(number))]} {number}"
    return title


def address(title: str, column: int, row: int) -> str:
    """Return a cell's address as spreadsheets write it: `'Biểu mẫu'!C7`."""
    return f"'{title}'!{get_column_letter(column)}{row}"
