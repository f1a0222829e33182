"""Kinds of units and systems of codes, each declared once, with the words people write for them.

A code system with a fixed width has its lost leading zeros restored; codes are compared in upper case.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cascade_contracts.vocabulary import SeatRole


class UnitKind(StrEnum):
    """What a unit is."""

    PEOPLES_COMMITTEE = "peoples_committee"
    DEPARTMENT = "department"
    OFFICE = "office"
    SCHOOL = "school"
    CENTRE = "centre"
    AGENCY = "agency"
    DIVISION = "division"
    CLUSTER = "cluster"
    OUTSIDE = "outside"


KIND_WORDS: Final[dict[str, UnitKind]] = {
    **{kind.value: kind for kind in UnitKind},
    "people's committee": UnitKind.PEOPLES_COMMITTEE,
    "uy ban nhan dan": UnitKind.PEOPLES_COMMITTEE,
    "ubnd": UnitKind.PEOPLES_COMMITTEE,
    "so": UnitKind.DEPARTMENT,
    "so, nganh": UnitKind.DEPARTMENT,
    "phong": UnitKind.OFFICE,
    "phong van hoa - xa hoi": UnitKind.OFFICE,
    "truong": UnitKind.SCHOOL,
    "truong hoc": UnitKind.SCHOOL,
    "truong mam non": UnitKind.SCHOOL,
    "truong tieu hoc": UnitKind.SCHOOL,
    "truong thcs": UnitKind.SCHOOL,
    "truong thpt": UnitKind.SCHOOL,
    "trung tam": UnitKind.CENTRE,
    "center": UnitKind.CENTRE,
    "co quan": UnitKind.AGENCY,
    "don vi su nghiep": UnitKind.AGENCY,
    "bo phan": UnitKind.DIVISION,
    "phong chuyen mon": UnitKind.DIVISION,
    "cum": UnitKind.CLUSTER,
    "cum truong": UnitKind.CLUSTER,
    "ngoai he thong": UnitKind.OUTSIDE,
    "don vi ngoai": UnitKind.OUTSIDE,
}
"""Words for kinds, folded (no diacritics, lower case)."""


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A system of codes. `width` is the fixed number of digits, None where codes have no fixed width."""

    name: str
    width: int | None
    says: str


CODE_SYSTEMS: Final[dict[str, CodeSystem]] = {
    system.name: system
    for system in (
        CodeSystem("gso_province", 2, "mã tỉnh của Tổng cục Thống kê"),
        CodeSystem("gso_commune", 5, "mã xã của Tổng cục Thống kê"),
        CodeSystem("gso_commune_office", 5, "Phòng Văn hóa – Xã hội của xã có mã này"),
        CodeSystem("gso_district", 3, "mã huyện (trước 01/7/2025)"),
        CodeSystem("school", 8, "mã trường của ngành Giáo dục"),
        CodeSystem("qd20", None, "mã định danh theo QĐ 20/2020/QĐ-TTg"),
        CodeSystem("qcvn102", None, "mã định danh theo QCVN 102:2016"),
        CodeSystem("tax", None, "mã số thuế"),
        CodeSystem("local", None, "mã riêng của nơi dùng"),
    )
}
"""Systems known by name. Others are accepted and have no fixed width."""


def canonical_code(system: str, code: str) -> str:
    """Return a code as it is stored: trimmed, upper case, lost leading zeros restored by its system."""
    trimmed = "".join(code.split()).upper()
    known = CODE_SYSTEMS.get(system)
    if known is not None and known.width is not None and trimmed.isascii() and trimmed.isdigit():
        return trimmed.zfill(known.width)
    return trimmed


_TITLES: Final[dict[SeatRole, dict[str, str]]] = {
    SeatRole.HEAD: {
        "peoples_committee": "Chủ tịch",
        "department": "Giám đốc",
        "office": "Trưởng phòng",
        "school": "Hiệu trưởng",
        "centre": "Giám đốc",
        "division": "Trưởng phòng",
        "cluster": "Cụm trưởng",
    },
    SeatRole.DEPUTY: {
        "peoples_committee": "Phó Chủ tịch",
        "department": "Phó Giám đốc",
        "office": "Phó Trưởng phòng",
        "school": "Phó Hiệu trưởng",
        "centre": "Phó Giám đốc",
        "division": "Phó Trưởng phòng",
        "cluster": "Cụm phó",
    },
}
_OTHER_TITLES: Final = {
    SeatRole.HEAD: "Thủ trưởng",
    SeatRole.DEPUTY: "Cấp phó",
    SeatRole.FOCAL_POINT: "Đầu mối",
    SeatRole.CLERK: "Văn thư",
}


def seat_title(unit_kind: str, role: SeatRole) -> str:
    """Return the usual title of a seat in a unit of a kind."""
    return _TITLES.get(role, {}).get(unit_kind, _OTHER_TITLES[role])
