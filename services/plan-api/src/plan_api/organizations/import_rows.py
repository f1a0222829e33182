"""Read one row of a units file into an entry, or say why it is refused. Pure.

A refused row is refused whole. An empty cell says nothing: what is stored stays.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cascade_contracts.vocabulary import LineKind, SeatRole

from plan_api.organizations.columns import SEAT_PREFIXES, Header
from plan_api.organizations.contacts import email_address, phone_number
from plan_api.organizations.kinds import KIND_WORDS, UnitKind, canonical_code
from plan_api.organizations.sheets import Sheet
from plan_api.rules.vietnamese import fold, normalise

Pair = tuple[str, str]

REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "required": (
        "Ô {column} để trống. Kính đề nghị điền rồi nhập lại dòng này.",
        "{column} is empty. Fill it in and import this row again.",
    ),
    "code_malformed": (
        "Mã {value} không đúng. Kính đề nghị ghi hệ mã bằng chữ thường không dấu (vd gso_commune), mã tối đa 100 chữ.",
        "{value} is no code. Write the code system in small letters (e.g. gso_commune), the code in at most 100.",
    ),
    "kind_unknown": (
        "Không có loại đơn vị {value}. Kính đề nghị dùng một trong: {kinds}.",
        "There is no kind {value}. Use one of: {kinds}.",
    ),
    "email_malformed": (
        "{value} không phải địa chỉ thư điện tử. Kính đề nghị sửa hoặc để trống.",
        "{value} is no e-mail address. Correct it or leave it empty.",
    ),
    "phone_malformed": (
        "{value} không phải số điện thoại. Kính đề nghị sửa hoặc để trống.",
        "{value} is no telephone number. Correct it or leave it empty.",
    ),
    "text_too_long": (
        "Ô {column} dài quá 500 ký tự. Kính đề nghị rút gọn.",
        "{column} is longer than 500 characters. Shorten it.",
    ),
    "duplicate_in_file": (
        "Mã {value} đã có ở dòng trước trong tệp. Kính đề nghị chỉ giữ một dòng.",
        "Code {value} stands in an earlier row of the file. Keep one of them.",
    ),
    "superior_unknown": (
        "Không có cấp trên {value} trong tệp cũng như trong hệ thống. Kính đề nghị thêm đơn vị đó hoặc sửa mã.",
        "There is no superior {value}, in the file or stored. Add that unit or correct the code.",
    ),
    "superior_ambiguous": (
        "Mã cấp trên {value} có ở nhiều hệ mã. Kính đề nghị ghi rõ dạng hệ_mã:mã, vd gso_commune:11325.",
        "Superior {value} exists in several code systems. Write system:code, e.g. gso_commune:11325.",
    ),
    "superior_refused": (
        "Cấp trên {value} nằm ở một dòng bị từ chối. Kính đề nghị sửa dòng đó trước.",
        "Superior {value} stands in a refused row. Correct that row first.",
    ),
    "line_cycle": (
        "Tuyến quản lý thành vòng qua các dòng {value}. Kính đề nghị sửa cấp trên ở một trong các dòng này.",
        "Supervision lines form a cycle through rows {value}. Correct the superior in one of them.",
    ),
}
"""Code → sentence in Vietnamese and English, each with its remedy."""

LINE_COLUMNS: Final = {
    LineKind.PROFESSIONAL: "professional_superior",
    LineKind.ADMINISTRATIVE: "administrative_superior",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row puts into a seat."""

    role: SeatRole
    name: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says of a unit. `superiors` are as written: `system:code` or a bare code."""

    row: int
    pair: Pair
    name: str | None
    short_name: str | None
    kind: UnitKind | None
    superiors: tuple[tuple[LineKind, str], ...]
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of which nothing was taken over."""

    row: int
    column: str | None
    code: str
    value: str | None = None
    pair: Pair | None = None

    def sentences(self) -> tuple[str, str]:
        """Return why, and what to do, in Vietnamese and English."""
        values = {"column": self.column, "value": self.value, "kinds": ", ".join(UnitKind)}
        vi, en = REFUSALS[self.code]
        return vi.format(**values), en.format(**values)


class _Refused(Exception):
    """A cell that makes its row unusable."""

    def __init__(self, field: str, code: str, value: str | None = None) -> None:
        self.field, self.code, self.value = field, code, value
        super().__init__(code)


def read_entries(sheet: Sheet, default_system: str | None) -> Iterator[Entry | RefusedRow]:
    """Yield an entry or a refusal for each row; a code that came before is refused."""
    seen: set[Pair] = set()
    header = sheet.header
    for number, cells in sheet.rows:
        pair: Pair | None = None
        try:
            texts = _texts(cells, header)
            pair = _pair(texts, default_system)
            _refuse_double(pair, seen)
            entry = _entry(number, pair, texts)
        except _Refused as refused:
            column = header.labels.get(refused.field, refused.field)
            yield RefusedRow(number, column, refused.code, refused.value, pair)
        else:
            yield entry


def _refuse_double(pair: Pair, seen: set[Pair]) -> None:
    if pair in seen:
        raise _Refused("code", "duplicate_in_file", ":".join(pair))
    seen.add(pair)


def _pair(texts: dict[str, str], default_system: str | None) -> Pair:
    system = sys.intern(texts.get("code_system", default_system or "").lower())
    for field, value in (("code_system", system), ("code", texts.get("code"))):
        if not value:
            raise _Refused(field, "required")
    code = canonical_code(system, texts["code"])
    if not (system.isascii() and system.replace("_", "").isalnum() and system[0].isalpha()) or len(code) > 100:
        raise _Refused("code", "code_malformed", f"{system}:{code}")
    return system, code


def _entry(number: int, pair: Pair, texts: dict[str, str]) -> Entry:
    return Entry(
        row=number,
        pair=pair,
        name=texts.get("name"),
        short_name=texts.get("short_name"),
        kind=_kind(texts.get("kind")),
        superiors=tuple((line, sys.intern(texts[field])) for line, field in LINE_COLUMNS.items() if field in texts),
        people=tuple(_people(texts)),
    )


def _texts(cells: Sequence[str], header: Header) -> dict[str, str]:
    texts: dict[str, str] = {}
    for field, position in header.positions.items():
        text = normalise(cells[position]).replace("\n", " ") if position < len(cells) else ""
        if len(text) > 500:
            raise _Refused(field, "text_too_long", text[:40])
        if text:
            texts[field] = text
    return texts


def _kind(text: str | None) -> UnitKind | None:
    if text is None:
        return None
    kind = KIND_WORDS.get(fold(text))
    if kind is None:
        raise _Refused("kind", "kind_unknown", text)
    return kind


def _people(texts: dict[str, str]) -> Iterator[Person]:
    for prefix, role in SEAT_PREFIXES.items():
        name, email, phone = (texts.get(f"{prefix}_{what}") for what in ("name", "email", "phone"))
        if not (name or email or phone):
            continue
        try:
            email = email_address(email) if email else None
        except ValueError:
            raise _Refused(f"{prefix}_email", "email_malformed", email) from None
        try:
            phone = phone_number(phone) if phone else None
        except ValueError:
            raise _Refused(f"{prefix}_phone", "phone_malformed", phone) from None
        yield Person(role, name, email, phone)
