"""Write the workbook a unit fills in: labels, help, bounds that Excel itself checks, locked cells around the open ones.

Text that could be taken for a formula is written as text, with the mark that keeps it one when the cell is edited.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from plan_api.forms.sheet_layout import (
    HEAD_ROW,
    MAIN,
    MARKS,
    TABLE_FIRST_ROW,
    TABLE_HEAD_ROW,
    VALUE_COLUMN,
    Layout,
    Line,
    layout_of,
)
from plan_api.rules.forms import (
    AttachmentField,
    ChoiceField,
    DateField,
    DecimalField,
    Form,
    FormField,
    IntegerField,
    MoneyField,
    Numeric,
    PercentageField,
    Single,
    TableField,
    TextField,
)

_HEAD: Final = ("Nội dung", "Đơn vị tính", "Giá trị", "Hướng dẫn")
_BOLD: Final = Font(bold=True)
_HEAD_FILL: Final = PatternFill("solid", fgColor="0B5A8A")
_HEAD_FONT: Final = Font(bold=True, color="FFFFFF")
_OPEN_FILL: Final = PatternFill("solid", fgColor="FFF8E1")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_LIST: Final = 255


@dataclass(frozen=True, slots=True)
class Heading:
    """What the workbook is for."""

    form_id: UUID
    obligation_id: UUID
    document: str
    round: str
    unit: str
    due: str


def write_workbook(
    form: Form, heading: Heading, filled: Mapping[str, Any], marks: Sequence[Mapping[str, str]] = ()
) -> bytes:
    """Return the workbook of a form for one unit, with what was filled in before and what a return says about it."""
    book = Workbook()
    main = book.active
    assert isinstance(main, Worksheet)  # noqa: S101 - a new workbook has one
    layout = layout_of(form)
    _write_main(main, form, heading)
    for line in layout.lines:
        _write_line(main, line, filled.get(line.field.key))
    for title, table in layout.tables:
        _write_table(book.create_sheet(title), table, filled.get(table.key))
    _mark(book, layout, marks)
    hidden = book.create_sheet(MARKS)
    hidden.append(["form", str(heading.form_id)])
    hidden.append(["obligation", str(heading.obligation_id)])
    hidden.sheet_state = "veryHidden"
    for sheet in book.worksheets:
        sheet.protection.enable()
        sheet.protection.formatColumns = sheet.protection.formatRows = False
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _mark(book: Workbook, layout: Layout, marks: Sequence[Mapping[str, str]]) -> None:
    """Write what a return says about fields as notes on their cells."""
    cells = {line.place: (MAIN, VALUE_COLUMN, line.row) for line in layout.lines}
    for line in layout.lines:
        cells.setdefault(line.field.key, cells[line.place])
    for title, table in layout.tables:
        cells[table.key] = (title, 1, 1)
        for row in range(table.max_rows):
            for column, field in enumerate(table.columns, start=1):
                cells[f"{table.key}.{row}.{field.key}"] = (title, column, TABLE_FIRST_ROW + row)
    for mark in marks:
        place = mark["field"]
        while place and place not in cells:
            place = place.rpartition(".")[0]
        if place:
            title, column, row = cells[place]
            _cell(book[title], row, column).comment = Comment(f"{mark['label']}: {mark['note']}", "Trả lại")


def put(cell: Cell, value: Any) -> None:
    """Write a value; text stays text, whatever it begins with."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
        if value.startswith(_FORMULA_STARTS):
            cell.quotePrefix = True


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 - nothing is merged
    return cell


def _write_main(sheet: Worksheet, form: Form, heading: Heading) -> None:
    sheet.title = MAIN
    files = [field.label for field in form.fields if isinstance(field, AttachmentField)]
    says = "Điền vào các ô màu vàng nhạt, giữ nguyên các ô khác, rồi tải tệp này lên."
    if files:
        says += f" Tệp đính kèm ({', '.join(files)}) gửi riêng."
    for row, text in enumerate((heading.document, f"{heading.round} – {heading.unit}", heading.due, says), start=1):
        put(_cell(sheet, row, 1), text)
        _cell(sheet, row, 1).font = _BOLD if row <= 2 else Font()
    _write_head(sheet, HEAD_ROW, _HEAD)
    for letter, width in (("A", 50), ("B", 14), ("C", 30), ("D", 60)):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"


def _write_head(sheet: Worksheet, row: int, labels: Sequence[str]) -> None:
    for column, label in enumerate(labels, start=1):
        cell = _cell(sheet, row, column)
        put(cell, label)
        cell.font, cell.fill = _HEAD_FONT, _HEAD_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="center")


def _write_line(sheet: Worksheet, line: Line, value: Any) -> None:
    field = line.field
    label = field.label
    if isinstance(field, PercentageField) and line.half:
        label = f"{label}: {field.numerator if line.half == 'numerator' else field.denominator}"
    put(_cell(sheet, line.row, 1), f"{label} *" if field.required else label)
    put(_cell(sheet, line.row, 2), _unit(field))
    put(_cell(sheet, line.row, 4), field.help or "")
    for column in (1, 4):
        _cell(sheet, line.row, column).alignment = Alignment(wrap_text=True, vertical="top")
    cell = _cell(sheet, line.row, VALUE_COLUMN)
    _open(cell, field)
    shown = value[line.half] if isinstance(value, Mapping) and line.half else value
    put(cell, shown_value(field, shown))
    _guard(sheet, field, cell.coordinate)


def _write_table(sheet: Worksheet, table: TableField, rows: Any) -> None:
    put(_cell(sheet, 1, 1), f"{table.label} (tối đa {table.max_rows} dòng)")
    _cell(sheet, 1, 1).font = _BOLD
    _write_head(sheet, TABLE_HEAD_ROW, [f"{item.label} *" if item.required else item.label for item in table.columns])
    given = rows if isinstance(rows, list) else []
    last = TABLE_HEAD_ROW + table.max_rows
    for column, field in enumerate(table.columns, start=1):
        for row in range(TABLE_FIRST_ROW, last + 1):
            cell = _cell(sheet, row, column)
            _open(cell, field)
            if row - TABLE_FIRST_ROW < len(given):
                put(cell, shown_value(field, given[row - TABLE_FIRST_ROW].get(field.key)))
        letter = _cell(sheet, TABLE_HEAD_ROW, column).column_letter
        sheet.column_dimensions[letter].width = max(16, min(len(field.label) + 4, 50))
        _guard(sheet, field, f"{letter}{TABLE_FIRST_ROW}:{letter}{last}")
    sheet.freeze_panes = f"A{TABLE_FIRST_ROW}"


def _open(cell: Cell, field: FormField) -> None:
    cell.protection, cell.fill = Protection(locked=False), _OPEN_FILL
    if isinstance(field, IntegerField | MoneyField | PercentageField):
        cell.number_format = "#,##0"
    elif isinstance(field, DecimalField):
        cell.number_format = "#,##0." + "0" * field.places
    elif isinstance(field, DateField):
        cell.number_format = "dd/mm/yyyy"
    else:
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _unit(field: FormField) -> str:
    if isinstance(field, MoneyField):
        return "đồng"
    return getattr(field, "unit", None) or ""


def shown_value(field: FormField, value: Any) -> Any:
    """Return a stored value as a cell shows it: numbers as numbers, days as days, a choice by its label."""
    if value is None or isinstance(value, Mapping | list):
        return None
    if isinstance(field, DecimalField):
        return float(value)
    if isinstance(field, DateField):
        return f"{value[8:10]}/{value[5:7]}/{value[:4]}"
    if isinstance(field, ChoiceField):
        return next((option.label for option in field.options if option.key == value), value)
    return value


def _guard(sheet: Worksheet, field: Single | FormField, cells: str) -> None:
    """Let Excel itself refuse what the form would refuse."""
    rule = _validation(field)
    if rule is None:
        return
    rule.errorTitle, rule.error = "Chưa đúng", _warning(field)
    rule.promptTitle, rule.prompt = field.label[:32], (field.help or _warning(field))[:255]
    rule.showErrorMessage = rule.showInputMessage = True
    rule.add(cells)
    sheet.add_data_validation(rule)


def _validation(field: FormField) -> DataValidation | None:
    if isinstance(field, ChoiceField):
        listed = ",".join(option.label for option in field.options)
        if len(listed) > _LONGEST_LIST or any("," in option.label or '"' in option.label for option in field.options):
            return None
        return DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
    if isinstance(field, TextField):
        return DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(field.max_length))
    if isinstance(field, PercentageField):
        return DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
    if not isinstance(field, Numeric):
        return None
    low, high = field.minimum, field.maximum
    return DataValidation(
        type="decimal" if isinstance(field, DecimalField) else "whole",
        operator="between",
        formula1=str(-(10**15) if low is None else low),
        formula2=str(10**15 if high is None else high),
        allow_blank=True,
    )


def _warning(field: FormField) -> str:
    if isinstance(field, Numeric):
        low = "" if field.minimum is None else f" từ {field.minimum}"
        return f"Nhập số{low}" + ("" if field.maximum is None else f" đến {field.maximum}")
    if isinstance(field, TextField):
        return f"Tối đa {field.max_length} ký tự"
    return "Nhập số nguyên không âm" if isinstance(field, PercentageField) else "Chọn một giá trị trong danh sách"
