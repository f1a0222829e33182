"""What is real in the sample: the city, its departments, and its 114 communes with their official codes."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

CITY_SYSTEM: Final = "gso_province"
COMMUNE_SYSTEM: Final = "gso_commune"
OFFICE_SYSTEM: Final = "gso_commune_office"
LOCAL_SYSTEM: Final = "local"

CITY_CODE: Final = "31"
EDUCATION: Final = "SGDDT"


@dataclass(frozen=True, slots=True)
class Department:
    """A body directly under the city's People's Committee."""

    code: str
    name: str
    short_name: str
    kind: str = "department"


DEPARTMENTS: Final = (
    Department(EDUCATION, "Sở Giáo dục và Đào tạo", "Sở GDĐT"),
    Department("SVHTTDL", "Sở Văn hóa, Thể thao và Du lịch", "Sở VHTTDL"),
    Department("SKHCN", "Sở Khoa học và Công nghệ", "Sở KHCN"),
    Department("SNV", "Sở Nội vụ", "Sở Nội vụ"),
    Department("STC", "Sở Tài chính", "Sở Tài chính"),
    Department("SNGV", "Sở Ngoại vụ", "Sở Ngoại vụ"),
    Department("VPUB", "Văn phòng Ủy ban nhân dân thành phố", "Văn phòng UBND thành phố"),
    Department("SYT", "Sở Y tế", "Sở Y tế"),
    Department("STP", "Sở Tư pháp", "Sở Tư pháp"),
    Department("SXD", "Sở Xây dựng", "Sở Xây dựng"),
    Department("SCT", "Sở Công Thương", "Sở Công Thương"),
    Department("SNNMT", "Sở Nông nghiệp và Môi trường", "Sở NNMT"),
    Department("TTTP", "Thanh tra thành phố", "Thanh tra thành phố", "agency"),
    Department("BQLKKT", "Ban Quản lý Khu kinh tế Hải Phòng", "BQL Khu kinh tế", "agency"),
)
"""The first are those a small sample keeps; the education department is always among them."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune: `name` without its kind; `kind` is Phường, Xã or Đặc khu."""

    code: str
    name: str
    kind: str

    @property
    def called(self) -> str:
        """The name as it follows the name of a body, e.g. `phường Hồng Bàng`."""
        return f"{self.kind.lower()} {self.name}"


@cache
def communes() -> tuple[Commune, ...]:
    """Return the city's communes, by code."""
    text = (files(__package__) / "data" / "hai-phong-communes.csv").read_text(encoding="utf-8")
    return tuple(
        Commune(row["code"], row["name"].removeprefix(f"{row['kind']} "), row["kind"])
        for row in csv.DictReader(text.splitlines())
    )
