"""Names that are made up: of schools, as schools here are called, and of the holders of seats. Pure and seeded."""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Final

FLOWERS: Final = (
    "Hoa Sen", "Hoa Hồng", "Hoa Mai", "Hoa Phượng", "Hoa Cúc", "Hướng Dương", "Sao Mai", "Sao Biển", "Tuổi Thơ",
    "Tuổi Hoa", "Ánh Dương", "Bình Minh", "Họa Mi", "Sơn Ca", "Chim Non", "Mầm Xanh", "Măng Non", "Cầu Vồng",
    "Ban Mai", "Vành Khuyên", "Bông Sen", "Hải Âu", "Thủy Tiên", "Búp Măng",
)  # fmt: skip
PEOPLE_OF_OLD: Final = (
    "Nguyễn Trãi", "Chu Văn An", "Lê Lợi", "Trần Phú", "Quang Trung", "Lý Thường Kiệt", "Nguyễn Du", "Đinh Tiên Hoàng",
    "Trần Quốc Toản", "Võ Thị Sáu", "Nguyễn Bỉnh Khiêm", "Phan Bội Châu", "Phan Chu Trinh",
    "Lương Thế Vinh", "Ngô Gia Tự", "Nguyễn Khuyến", "Đoàn Thị Điểm", "Hồ Xuân Hương", "Bùi Thị Xuân", "Tô Hiệu",
    "Lương Khánh Thiện", "Mạc Đĩnh Chi", "Phạm Ngũ Lão", "Yết Kiêu", "Nguyễn Công Trứ", "Cao Bá Quát", "Lê Thánh Tông",
    "Trần Nhật Duật",
)  # fmt: skip
CHILDREN_OF_OLD: Final = ("Kim Đồng", "Lê Văn Tám", "Lý Tự Trọng")
_FAMILY: Final = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô", "Đào", "Lương", "Phan", "Mai",
)  # fmt: skip
_MIDDLE: Final = ("Thị", "Văn", "Ngọc", "Thanh", "Minh", "Thu", "Quang", "Đức", "Hồng", "Xuân", "Bích", "Hữu")
_GIVEN: Final = (
    "An", "Bình", "Chi", "Cường", "Dung", "Dũng", "Giang", "Hà", "Hạnh", "Hải", "Hiền", "Hoa", "Hùng", "Hương", "Khánh",
    "Lan", "Linh", "Long", "Mai", "Nam", "Nga", "Phương", "Quyên", "Sơn", "Tâm", "Thảo", "Thủy", "Trang", "Tuấn", "Vân",
)  # fmt: skip

_LOWER: Final = (
    ("Mầm non", "MN", FLOWERS),
    ("Tiểu học", "TH", CHILDREN_OF_OLD + PEOPLE_OF_OLD),
    ("THCS", "THCS", PEOPLE_OF_OLD),
)


def person(random: Random) -> str:
    """Return a made-up name; chance alone makes it somebody's."""
    return f"{random.choice(_FAMILY)} {random.choice(_MIDDLE)} {random.choice(_GIVEN)}"


def _called(commune: str, pool: tuple[str, ...], random: Random) -> Iterator[str]:
    """Yield what schools of one kind in one place are called: after the place, after somebody, then by number."""
    yield commune
    others = [name for name in pool if name != commune]
    random.shuffle(others)
    yield from others
    for number in count(2):
        yield f"{commune} {number}"


def lower_schools(commune: str, random: Random) -> Iterator[tuple[str, str]]:
    """Yield (name, short name) of a commune's kindergartens, primary and lower secondary schools in turn."""
    kinds = [(kind, short, _called(commune, pool, random)) for kind, short, pool in _LOWER]
    while True:
        for kind, short, names in kinds:
            called = next(names)
            yield f"Trường {kind} {called}", f"{short} {called}"


def upper_schools(places: list[str], random: Random) -> Iterator[tuple[str, str, str]]:
    """Yield (name, short name, kind) of schools under the department, every sixth a continuing-education centre."""
    centres = _of_places(places, random)
    schools = _called_apart(places, random)
    for number in count(1):
        if number % 6 == 0:
            place = next(centres)
            name = f"Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên {place}"
            yield name, f"TT GDNN-GDTX {place}", "centre"
        else:
            called = next(schools)
            yield f"Trường THPT {called}", f"THPT {called}", "school"


def _of_places(places: list[str], random: Random) -> Iterator[str]:
    shuffled = random.sample(places, len(places))
    yield from shuffled
    for number in count(2):
        yield from (f"{place} {number}" for place in shuffled)


def _called_apart(places: list[str], random: Random) -> Iterator[str]:
    yield from random.sample(PEOPLE_OF_OLD, len(PEOPLE_OF_OLD))
    taken = set(PEOPLE_OF_OLD)
    yield from (name for name in _of_places(places, random) if name not in taken)
