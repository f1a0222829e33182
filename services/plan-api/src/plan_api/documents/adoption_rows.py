"""Read a tracking sheet: one row says what one unit owes of one round of a running document, and when it was answered.

Pure. A refused row is refused whole and holds up no other; dates are written as an office writes them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cascade_contracts.vocabulary import RoundKind

from plan_api.organizations.columns import Header
from plan_api.organizations.sheets import Sheet
from plan_api.rules.vietnamese import fold, normalise

REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "required": (
        "Ô {column} để trống. Kính đề nghị điền rồi nhập lại dòng này.",
        "{column} is empty. Fill it in and import this row again.",
    ),
    "date_malformed": (
        "{value} không phải ngày. Kính đề nghị ghi dạng 05/11/2026.",
        "{value} is no date. Write it like 05/11/2026.",
    ),
    "kind_unknown": (
        "Không có loại nội dung {value}. Kính đề nghị ghi báo cáo, kế hoạch, xác nhận hoặc nhiệm vụ.",
        "There is no kind {value}. Write report, plan, acknowledge or task.",
    ),
    "unit_unknown": (
        "Không có đơn vị {value}. Kính đề nghị nhập đơn vị trước, hoặc ghi rõ dạng hệ_mã:mã.",
        "There is no unit {value}. Import the unit first, or write system:code.",
    ),
    "answered_ahead": (
        "Ngày nộp {value} ở tương lai. Kính đề nghị kiểm tra lại.",
        "{value}, when it was answered, lies ahead. Check it.",
    ),
    "answered_before_issue": (
        "Ngày nộp {value} trước ngày ban hành văn bản. Kính đề nghị kiểm tra lại.",
        "{value}, when it was answered, lies before the issue. Check it.",
    ),
    "duplicate_in_file": (
        "Đơn vị {value} đã có ở dòng trước cho cùng nội dung. Kính đề nghị chỉ giữ một dòng.",
        "Unit {value} stands in an earlier row for the same round. Keep one of them.",
    ),
    "differs_in_file": (
        "Ô {column} ({value}) khác với dòng trước của cùng văn bản hoặc đợt. Kính đề nghị thống nhất.",
        "{column} ({value}) differs from an earlier row of the same document or round. Make them alike.",
    ),
    "issuer_not_yours": (
        "Tài khoản không được ban hành cho đơn vị {value}.",
        "The account may not issue for unit {value}.",
    ),
    "issued_here": (
        "Văn bản {value} đã được ban hành trên hệ thống, không tiếp nhận từ sổ theo dõi.",
        "Document {value} was issued here and is not adopted from a sheet.",
    ),
    "not_in_force": (
        "Văn bản {value} đã thu hồi hoặc chưa ban hành.",
        "Document {value} is recalled, or not issued yet.",
    ),
}
"""Code → sentence in Vietnamese and English, each with its remedy."""

_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "issuer": ("đơn vị ban hành", "mã đơn vị ban hành", "cơ quan ban hành", "issuer"),
    "reference": ("số ký hiệu", "số, ký hiệu", "văn bản", "số văn bản", "reference"),
    "issued_on": ("ngày ban hành", "ngày văn bản", "issued on"),
    "title": ("trích yếu", "tên văn bản", "nội dung văn bản", "title"),
    "unit": ("đơn vị thực hiện", "mã đơn vị", "đơn vị", "mã đơn vị thực hiện", "unit"),
    "round": ("nội dung", "đợt", "nội dung phải thực hiện", "việc phải làm", "round"),
    "kind": ("loại", "loại nội dung", "kind"),
    "period": ("kỳ", "kỳ báo cáo", "period"),
    "due_on": ("hạn", "thời hạn", "hạn nộp", "due on", "due"),
    "answered_on": ("ngày nộp", "đã nộp ngày", "ngày báo cáo", "ngày thực hiện", "answered on"),
    "note": ("ghi chú", "note"),
}
_REQUIRED: Final = ("issuer", "reference", "issued_on", "title", "unit", "round")
_KINDS: Final = {
    "bao cao": RoundKind.REPORT,
    "report": RoundKind.REPORT,
    "ke hoach": RoundKind.PLAN,
    "plan": RoundKind.PLAN,
    "xac nhan": RoundKind.ACKNOWLEDGE,
    "acknowledge": RoundKind.ACKNOWLEDGE,
    "nhiem vu": RoundKind.TASK,
    "cong viec": RoundKind.TASK,
    "task": RoundKind.TASK,
}
_REFERENCE: Final = re.compile(r"\s*(\d{1,6}[a-zA-Z]?)\s*/\s*(\S.{0,59})")
_DATE: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})|(\d{4})-(\d{2})-(\d{2})")
_HEADER_ROWS: Final = 20


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[_*,]", " ", fold(text)).split())


_KNOWN: Final = {_plain(alias): field for field, aliases in _COLUMNS.items() for alias in (field, *aliases)}


def find_header(rows: Sequence[tuple[int, Sequence[str]]]) -> Header | None:
    """Return the header of a tracking sheet among its first rows: it names document, unit and round."""
    for number, cells in rows[:_HEADER_ROWS]:
        positions: dict[str, int] = {}
        labels: dict[str, str] = {}
        ignored = []
        for position, cell in enumerate(cells):
            field = _KNOWN.get(_plain(cell))
            if field is not None and field not in positions:
                positions[field], labels[field] = position, cell.strip()
            elif cell.strip():
                ignored.append(cell.strip())
        if {"reference", "unit", "round"} <= positions.keys():
            return Header(number, positions, labels, tuple(ignored))
    return None


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a row says. `issuer` and `unit` are as written: `system:code` or a bare code."""

    row: int
    issuer: str
    number: str
    notation: str
    issued_on: date
    title: str
    unit: str
    round: str
    kind: RoundKind
    period: str | None
    due_on: date | None
    answered_on: date | None
    note: str | None

    @property
    def reference(self) -> str:
        """How the document is cited."""
        return f"{self.number}/{self.notation}"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of which nothing was taken over."""

    row: int
    column: str | None
    code: str
    value: str | None = None

    def sentences(self) -> tuple[str, str]:
        """Return why, and what to do, in Vietnamese and English."""
        values = {"column": self.column, "value": self.value}
        vietnamese, english = REFUSALS[self.code]
        return vietnamese.format(**values), english.format(**values)


class _Refused(Exception):
    def __init__(self, column: str, code: str, value: str | None = None) -> None:
        super().__init__(code)
        self.column, self.code, self.value = column, code, value


def read_rows(sheet: Sheet, today: date) -> Iterator[Tracked | RefusedRow]:
    """Yield what each row says, or why it is refused."""
    for number, cells in sheet.rows:
        texts = {
            field: normalise(cells[position]).strip()
            for field, position in sheet.header.positions.items()
            if position < len(cells)
        }
        try:
            yield _tracked(number, texts, today)
        except _Refused as refused:
            label = sheet.header.labels.get(refused.column, refused.column)
            yield RefusedRow(number, label, refused.code, refused.value)


def _tracked(number: int, texts: dict[str, str], today: date) -> Tracked:
    for column in _REQUIRED:
        if not texts.get(column):
            raise _Refused(column, "required")
    reference = _REFERENCE.fullmatch(texts["reference"])
    if reference is None:
        raise _Refused("reference", "required", texts["reference"])
    issued_on = _date(texts, "issued_on")
    answered_on = _date(texts, "answered_on")
    assert issued_on is not None  # noqa: S101 - required
    if answered_on is not None and answered_on > today:
        raise _Refused("answered_on", "answered_ahead", texts["answered_on"])
    if answered_on is not None and answered_on < issued_on:
        raise _Refused("answered_on", "answered_before_issue", texts["answered_on"])
    return Tracked(
        number,
        texts["issuer"],
        reference[1],
        reference[2].strip(),
        issued_on,
        texts["title"][:2000],
        texts["unit"],
        texts["round"][:300],
        _kind(texts.get("kind", "")),
        texts.get("period") or None,
        _date(texts, "due_on"),
        answered_on,
        texts.get("note") or None,
    )


def _date(texts: dict[str, str], column: str) -> date | None:
    text = texts.get(column, "")
    if not text:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        raise _Refused(column, "date_malformed", text)
    day, month, year = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise _Refused(column, "date_malformed", text) from None


def _kind(text: str) -> RoundKind:
    if not text:
        return RoundKind.REPORT
    kind = _KINDS.get(_plain(text))
    if kind is None:
        raise _Refused("kind", "kind_unknown", text)
    return kind
