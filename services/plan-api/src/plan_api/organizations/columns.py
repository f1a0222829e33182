"""The columns of a units file: what each is called, in Vietnamese or English, and how a header row is recognised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cascade_contracts.vocabulary import SeatRole

from plan_api.rules.vietnamese import fold

SEAT_PREFIXES: Final[dict[str, SeatRole]] = {
    "head": SeatRole.HEAD,
    "contact": SeatRole.FOCAL_POINT,
    "deputy": SeatRole.DEPUTY,
    "clerk": SeatRole.CLERK,
}
"""Prefix of a seat's columns → its role; each has `…_name`, `…_email`, `…_phone`."""

FIELDS: Final = (
    "code_system",
    "code",
    "name",
    "short_name",
    "kind",
    "professional_superior",
    "administrative_superior",
    *(f"{prefix}_{what}" for prefix in SEAT_PREFIXES for what in ("name", "email", "phone")),
)

_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "code_system": ("hệ mã", "hệ thống mã", "loại mã", "bộ mã"),
    "code": ("mã", "mã đơn vị", "mã định danh", "unit code"),
    "name": ("tên", "tên đơn vị", "đơn vị", "unit", "unit name"),
    "short_name": ("tên viết tắt", "viết tắt", "tên ngắn", "abbreviation"),
    "kind": ("loại", "loại đơn vị", "loại hình", "type"),
    "professional_superior": ("cấp trên chuyên môn", "tuyến chuyên môn", "quản lý chuyên môn"),
    "administrative_superior": ("cấp trên hành chính", "tuyến hành chính", "quản lý hành chính"),
}
_SEAT_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "head": ("thủ trưởng", "người đứng đầu", "lãnh đạo", "head"),
    "contact": ("đầu mối", "cán bộ đầu mối", "người liên hệ", "contact", "focal point"),
    "deputy": ("cấp phó", "phó thủ trưởng", "deputy"),
    "clerk": ("văn thư", "cán bộ văn thư", "clerk"),
}
_WHAT_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("", "họ tên", "họ và tên", "tên", "name"),
    "email": ("email", "e-mail", "thư điện tử", "hộp thư"),
    "phone": ("điện thoại", "số điện thoại", "sđt", "di động", "phone", "mobile"),
}
_HEADER_ROWS: Final = 20


def _plain(header: str) -> str:
    return " ".join(fold(header).replace("_", " ").replace("*", " ").split())


def _known() -> dict[str, str]:
    words = {_plain(field): field for field in FIELDS}
    for field, aliases in _ALIASES.items():
        words |= {_plain(alias): field for alias in aliases}
    for prefix, seats in _SEAT_WORDS.items():
        for what, names in _WHAT_WORDS.items():
            for seat in seats:
                for name in names:
                    words.setdefault(_plain(f"{name} {seat}"), f"{prefix}_{what}")
                    words.setdefault(_plain(f"{seat} {name}"), f"{prefix}_{what}")
    return words


_KNOWN: Final = _known()


@dataclass(frozen=True, slots=True)
class Header:
    """A recognised header row: field → position, field → the column's own words, and columns nobody knows."""

    row: int
    positions: dict[str, int]
    labels: dict[str, str]
    ignored: tuple[str, ...]


def recognise(cells: Sequence[str], row: int) -> Header | None:
    """Return the header a row makes, or None when it names no code column or hardly anything else."""
    positions: dict[str, int] = {}
    labels: dict[str, str] = {}
    ignored: list[str] = []
    for position, cell in enumerate(cells):
        field = _KNOWN.get(_plain(cell))
        if field is not None and field not in positions:
            positions[field], labels[field] = position, cell.strip()
        elif cell.strip():
            ignored.append(cell.strip())
    if "code" not in positions or len(positions) < 2:
        return None
    return Header(row, positions, labels, tuple(ignored))


def find_header(rows: Sequence[tuple[int, Sequence[str]]]) -> Header | None:
    """Return the header among the first numbered rows of a sheet (titles may stand above it)."""
    for number, cells in rows[:_HEADER_ROWS]:
        header = recognise(cells, number)
        if header is not None:
            return header
    return None
