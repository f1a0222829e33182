"""Turn a file's bytes into rows of texts: CSV in any of the known encodings and delimiters, or XLSX.

Rows keep the numbers a person sees in a spreadsheet (from 1). Nothing is kept of a row once it was yielded.
"""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from plan_api.organizations.columns import Header, find_header
from plan_api.organizations.encodings import EncodingUnknown, convert_font, decode, legacy_font
from plan_api.organizations.errors import FileUnreadable

Row = tuple[int, Sequence[str]]

_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_HEAD: Final = 200
_HEAD_TEXT: Final = 200_000
_LARGEST_UNPACKED: Final = 400_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened table: its header, the rows below it (to be read once), and how it was written."""

    header: Header
    rows: Iterator[Row]
    encoding: str
    delimiter: str | None


HeaderFinder = Callable[[Sequence[tuple[int, Sequence[str]]]], Header | None]


def open_sheet(content: bytes, find: HeaderFinder = find_header) -> Sheet:
    """Return the table in a file, told apart by content, not by name; `find` recognises its header.

    Raises:
        FileUnreadable: it is no table with the columns of a units file; says why.
    """
    if not content.strip():
        raise _unreadable("Tệp không có nội dung.", "The file is empty.")
    if content.startswith(_OLD_EXCEL):
        raise _unreadable("Tệp ở định dạng Excel cũ (.xls).", "The file is in the old Excel format (.xls).")
    return _open_xlsx(content, find) if content.startswith(b"PK\x03\x04") else _open_csv(content, find)


def _unreadable(vi: str, en: str) -> FileUnreadable:
    return FileUnreadable(field="file", reason_vi=vi, reason_en=en)


def _no_header(find: HeaderFinder) -> FileUnreadable:
    if find is not find_header:
        return _unreadable(
            "Không thấy dòng tiêu đề có các cột cần thiết trong 20 dòng đầu.",
            "No header row with the columns needed among the first 20 rows.",
        )
    return _unreadable(
        "Không thấy dòng tiêu đề có cột code (mã) và name (tên đơn vị) trong 20 dòng đầu.",
        "No header row with a code column and a name column among the first 20 rows.",
    )


def _open_csv(content: bytes, find: HeaderFinder) -> Sheet:
    try:
        decoded = decode(content)
    except EncodingUnknown as error:
        raise _unreadable(
            "Không nhận ra bảng mã (đã thử UTF-8, UTF-16, Windows-1258, TCVN3, VNI).",
            "The encoding was not recognised (tried UTF-8, UTF-16, Windows-1258, TCVN3, VNI).",
        ) from error
    best: tuple[Header, str] | None = None
    for delimiter in _DELIMITERS:
        try:
            head = list(islice(_csv_rows(decoded.text[:_HEAD_TEXT], delimiter), _HEAD))
        except csv.Error:
            continue
        header = find(head)
        if header is not None and (best is None or len(header.positions) > len(best[0].positions)):
            best = header, delimiter
    if best is None:
        raise _no_header(find)
    header, delimiter = best
    rows = _below(_csv_rows(decoded.text, delimiter), header.row)
    return Sheet(header, rows, decoded.encoding, _DELIMITERS[delimiter])


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    first = 1
    if text.startswith("sep="):
        first, text = 2, text.partition("\n")[2]
    yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=first)


def _below(rows: Iterable[Row], header_row: int) -> Iterator[Row]:
    try:
        for number, cells in rows:
            if number > header_row and any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise _unreadable("Dấu nháy hoặc dòng trong tệp không khớp.", f"The CSV is malformed ({error}).") from error


def _open_xlsx(content: bytes, find: HeaderFinder) -> Sheet:
    broken = _unreadable("Tệp XLSX bị hỏng hoặc có mật khẩu.", "The XLSX file is damaged or protected.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _LARGEST_UNPACKED:
                raise _unreadable("Tệp XLSX quá lớn khi giải nén.", "The XLSX file unpacks to too much.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise broken from error
    for sheet in book.worksheets:
        rows = enumerate(([_text(value) for value in cells] for cells in sheet.iter_rows(values_only=True)), start=1)
        head = list(islice(rows, _HEAD))
        font = legacy_font(cell for _, cells in head for cell in cells)
        head = [(number, [convert_font(cell, font) for cell in cells]) for number, cells in head]
        header = find(head)
        if header is not None:
            rest = ((number, [convert_font(cell, font) for cell in cells]) for number, cells in rows)
            return Sheet(header, _below(chain(head, rest), header.row), font or "xlsx", None)
    raise _no_header(find)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)
