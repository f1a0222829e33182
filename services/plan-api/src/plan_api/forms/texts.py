"""What is said about each mistake in a form or its values, in Vietnamese and English."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from cascade_servicekit.problems import FieldFault

from plan_api.rules.form_flaws import Flaw, Unsound
from plan_api.rules.form_values import Fault, FaultKind
from plan_api.rules.forms import Form, TableField

MOST_FAULTS: Final = 500
"""More than this nobody reads at once; the count in the problem still says how many there are."""

FLAWS: Final[Mapping[Unsound, tuple[str, str]]] = MappingProxyType(
    {
        Unsound.KEY_TWICE: ("Mã «{name}» dùng hai lần.", "The key “{name}” is used twice."),
        Unsound.BOUNDS_CROSSED: (
            "Giới hạn dưới của «{name}» lớn hơn giới hạn trên.",
            "The lower bound of “{name}” is above the upper one.",
        ),
        Unsound.UNKNOWN_FIELD: ("Không có trường «{name}».", "There is no field “{name}”."),
        Unsound.NOT_COMPARABLE: (
            "Không so sánh hoặc cộng được với «{name}».",
            "“{name}” cannot be compared or added here.",
        ),
        Unsound.UNKNOWN_OPTION: ("Không có lựa chọn «{name}».", "There is no option “{name}”."),
    }
)

FAULTS: Final[Mapping[FaultKind, tuple[str, str]]] = MappingProxyType(
    {
        FaultKind.MISSING: ("cần được điền", "must be filled in"),
        FaultKind.UNKNOWN: ("không có trong biểu mẫu", "is not part of the form"),
        FaultKind.NOT_WHOLE: ("cần là số nguyên", "must be a whole number"),
        FaultKind.NOT_A_NUMBER: ("cần là số", "must be a number"),
        FaultKind.TOO_MANY_PLACES: ("có nhiều hơn {limit} chữ số thập phân", "has more than {limit} decimal places"),
        FaultKind.TOO_SMALL: ("không được nhỏ hơn {limit}", "must not be below {limit}"),
        FaultKind.TOO_LARGE: ("không được lớn hơn {limit}", "must not be above {limit}"),
        FaultKind.NOT_TEXT: ("cần là văn bản", "must be text"),
        FaultKind.TOO_LONG: ("dài quá {limit} ký tự", "is longer than {limit} characters"),
        FaultKind.NOT_AN_OPTION: ("cần là một trong: {limit}", "must be one of: {limit}"),
        FaultKind.NOT_A_DAY: ("cần là ngày, ví dụ 2026-11-10", "must be a day such as 2026-11-10"),
        FaultKind.NOT_A_SHARE: ("cần có tử số và mẫu số", "needs a numerator and a denominator"),
        FaultKind.NO_DENOMINATOR: ("có mẫu số bằng 0", "has a denominator of 0"),
        FaultKind.PART_ABOVE_WHOLE: (
            "có tử số lớn hơn mẫu số ({limit})",
            "has a numerator above its denominator ({limit})",
        ),
        FaultKind.NOT_A_TABLE: ("cần là danh sách các dòng", "must be a list of rows"),
        FaultKind.TOO_MANY_ROWS: ("có nhiều hơn {limit} dòng", "has more than {limit} rows"),
        FaultKind.NOT_FILES: ("cần là danh sách tệp (sha256, name)", "must be a list of files (sha256, name)"),
        FaultKind.TOO_MANY_FILES: ("có nhiều hơn {limit} tệp", "has more than {limit} files"),
        FaultKind.FILE_KIND: ("chỉ nhận tệp loại {limit}", "takes only files of kind {limit}"),
        FaultKind.FILE_SIZE: ("có tệp lớn hơn {limit} byte", "has a file above {limit} bytes"),
        FaultKind.CARRIED: (
            "được tổng hợp từ báo cáo cấp dưới, không nhập lại",
            "is consolidated from the reports below and cannot be entered again",
        ),
        FaultKind.FORMULA: (
            "có công thức; kính đề nghị dán giá trị (Paste Special, Values)",
            "holds a formula; paste its value instead (Paste Special, Values)",
        ),
        FaultKind.SUM_DIFFERS: (
            "không khớp tổng các thành phần ({limit})",
            "differs from the sum of its parts ({limit})",
        ),
        FaultKind.ABOVE_LIMIT: ("không được lớn hơn {limit}", "must not be above {limit}"),
        FaultKind.NEEDED_HERE: ("cần được điền khi đã chọn «{limit}»", "must be filled in when “{limit}” is chosen"),
    }
)


def flaw_text(flaw: Flaw, place: str) -> FieldFault:
    """Return what is said about a mistake in a form that stands at a place of the body."""
    vi, en = FLAWS[flaw.kind]
    return FieldFault(f"{place}.{flaw.place}", vi.format(name=flaw.name), en.format(name=flaw.name))


def fault_text(fault: Fault, place: str = "values") -> FieldFault:
    """Return what is said about a value: its label, its row, what to do; the form's own message where it has one."""
    vi, en = FAULTS[fault.kind]
    row_vi, row_en = (f", dòng {fault.row}", f", row {fault.row}") if fault.row else ("", "")
    said_vi = fault.message or f"{vi.format(limit=fault.limit)}."
    said_en = fault.message or f"{en.format(limit=fault.limit)}."
    separator = ": " if fault.message else " "
    return FieldFault(
        f"{place}.{fault.place}",
        f"«{fault.label}»{row_vi}{separator}{said_vi}",
        f"“{fault.label}”{row_en}{separator}{said_en}",
    )


def label_of(form: Form, place: str) -> str | None:
    """Return how people call a place of a form (`pupils`, `events.2.people`), or None where it has no such field."""
    key, *rest = place.split(".")
    field = next((field for field in form.fields if field.key == key), None)
    if field is None:
        return None
    row, column = (*rest, "", "")[:2]
    said = field.label
    if isinstance(field, TableField) and row.isdecimal():
        said += f", dòng {int(row) + 1}"
        said += next((f", {item.label}" for item in field.columns if item.key == column), "")
    return said


def fault_texts(faults: Iterable[Fault], place: str = "values") -> list[FieldFault]:
    """Return what is said about values, the first ones in the order of the form."""
    return [fault_text(fault, place) for fault in list(faults)[:MOST_FAULTS]]
