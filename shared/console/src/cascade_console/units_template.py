"""The empty file of units that `cascade units template` writes: columns an office knows, and a page that explains."""

from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

COLUMNS: Final[tuple[tuple[str, str, bool], ...]] = (
    (
        "Hệ mã",
        "Bộ mã mà mã đơn vị thuộc về: gso_province, gso_commune, gso_commune_office, school, qd20, local …",
        True,
    ),
    (
        "Mã đơn vị",
        "Mã duy nhất trong hệ mã. Đơn vị đã có mã này được cập nhật; số 0 ở đầu bị mất được khôi phục.",
        True,
    ),
    ("Tên đơn vị", "Tên đầy đủ; bắt buộc với đơn vị mới.", True),
    ("Tên viết tắt", "Tên dùng trong bảng hẹp.", False),
    (
        "Loại đơn vị",
        "UBND, Sở, Phòng, Trường, Trung tâm, Cơ quan, Bộ phận, Cụm, Ngoài hệ thống; bắt buộc với đơn vị mới.",
        True,
    ),
    ("Cấp trên chuyên môn", "Dạng hệ_mã:mã, vd local:SGDDT; đơn vị đó ở tệp này hoặc đã có trong hệ thống.", False),
    ("Cấp trên hành chính", "Dạng hệ_mã:mã, vd gso_commune:11325.", False),
    *(
        (f"{what} {seat}", says, False)
        for seat in ("thủ trưởng", "đầu mối", "cấp phó", "văn thư")
        for what, says in (
            ("Họ tên", f"Người giữ vị trí {seat}; tên khác với tên đã lưu nghĩa là bàn giao."),
            ("Email", f"Địa chỉ nhận thông báo của {seat}."),
            ("Điện thoại", f"Số di động hoặc cố định của {seat}."),
        )
    ),
)
"""Heading, explanation, and whether a new unit needs it."""

EXAMPLES: Final = (
    ("gso_province", "31", "UBND thành phố Hải Phòng", "", "UBND", "", ""),
    ("local", "SGDDT", "Sở Giáo dục và Đào tạo", "Sở GDĐT", "Sở", "", "gso_province:31"),
    ("gso_commune", "11325", "UBND phường Ngô Quyền", "", "UBND", "", "gso_province:31"),
    ("gso_commune_office", "11325", "Phòng Văn hóa – Xã hội", "", "Phòng", "local:SGDDT", "gso_commune:11325"),
    ("school", "31303501", "Trường Tiểu học Ví dụ", "", "Trường", "gso_commune_office:11325", "gso_commune:11325"),
)


def write_template(path: Path) -> None:
    """Write the template; an existing file is overwritten."""
    book = Workbook()
    units = book.active
    assert isinstance(units, Worksheet)  # noqa: S101 - a new workbook has one
    units.title = "Đơn vị"
    units.append([f"{heading} *" if required else heading for heading, _, required in COLUMNS])
    for number, (heading, _, _) in enumerate(COLUMNS, start=1):
        cell = units.cell(1, number)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="0B5A8A")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        column = units.column_dimensions[get_column_letter(number)]
        column.width, column.number_format = max(14, len(heading) + 4), "@"
    units.freeze_panes = "A2"
    _explain(book.create_sheet("Hướng dẫn"))
    book.save(path)


def _explain(guide: Worksheet) -> None:
    guide.append(["Cột", "Ý nghĩa"])
    for heading, says, required in COLUMNS:
        guide.append([heading, f"{says} (bắt buộc)" if required and "bắt buộc" not in says else says])
    guide.append([])
    guide.append(["Ô để trống nghĩa là giữ nguyên dữ liệu đã có. Thứ tự các dòng không quan trọng."])
    guide.append(["Ví dụ:"])
    guide.append([heading for heading, _, _ in COLUMNS[:7]])
    for example in EXAMPLES:
        guide.append(list(example))
    for row in (1, len(COLUMNS) + 5):
        for cell in guide[row]:
            cell.font = Font(bold=True)
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 26, 90
