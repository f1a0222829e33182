"""Refusals of the organizations slice."""

from cascade_servicekit.problems import Refusal


class UnitUnknown(Refusal):
    """A body names a unit that does not exist."""

    code, status = "unit_unknown", 422
    title = ("Không có đơn vị này", "Unknown unit")
    remedy = (
        "Không tìm thấy đơn vị {unit}. Kính đề nghị kiểm tra mã, hoặc thêm đơn vị trước.",
        "There is no unit {unit}. Check the id or code, or create the unit first.",
    )


class UnitCodeTaken(Refusal):
    """Another unit has this code."""

    code, status = "unit_code_taken", 409
    title = ("Mã đơn vị đã dùng", "Unit code is taken")
    remedy = (
        "Mã {unit_code} đang thuộc đơn vị khác ({name}). Kính đề nghị dùng mã khác hoặc sửa đơn vị đó.",
        "Code {unit_code} belongs to another unit ({name}). Use another code, or edit that unit.",
    )


class LineCycle(Refusal):
    """A supervision line would make a unit its own superior."""

    code, status = "line_cycle", 409
    title = ("Tuyến quản lý thành vòng", "Supervision lines form a cycle")
    remedy = (
        "Tuyến này tạo thành vòng: {cycle}. Kính đề nghị chọn cấp trên khác.",
        "This line closes a cycle: {cycle}. Choose another superior.",
    )


class DateOrder(Refusal):
    """A date lies before the one it must follow."""

    code, status = "date_order", 422
    title = ("Ngày không hợp lệ", "Dates in the wrong order")
    remedy = (
        "Ngày {given} sớm hơn ngày {earliest}. Kính đề nghị chọn ngày từ {earliest} trở đi.",
        "{given} lies before {earliest}. Give {earliest} or later.",
    )


class SeatExists(Refusal):
    """The unit already has a seat of this role and position."""

    code, status = "seat_exists", 409
    title = ("Vị trí đã có", "Seat exists")
    remedy = (
        "Đơn vị đã có vị trí {role} số {position}. Kính đề nghị chọn số thứ tự khác.",
        "The unit already has seat {role} {position}. Choose another position.",
    )


class SeatVacant(Refusal):
    """Nobody holds the seat, so there is nobody to edit or to end."""

    code, status = "seat_vacant", 409
    title = ("Vị trí đang trống", "Seat is vacant")
    remedy = (
        "Vị trí này chưa có người giữ. Kính đề nghị dùng thao tác bàn giao để thêm người.",
        "Nobody holds this seat. Hand it over to somebody first.",
    )


class FileUnreadable(Refusal):
    """An import file cannot be read as a table."""

    code, status = "file_unreadable", 422
    title = ("Không đọc được tệp", "File cannot be read")
    remedy = (
        "{reason_vi} Kính đề nghị lưu lại thành CSV (UTF-8) hoặc XLSX rồi gửi lại.",
        "{reason_en} Save it as CSV (UTF-8) or XLSX and send it again.",
    )


class ImportRunning(Refusal):
    """Another import is being applied."""

    code, status = "import_running", 409
    title = ("Đang có lượt nhập khác", "Another import is running")
    remedy = (
        "Một lượt nhập khác đang chạy. Kính đề nghị đợi lượt đó xong rồi gửi lại.",
        "Another import is being applied. Wait until it is done, then send this one.",
    )


class ImportExists(Refusal):
    """An import of this id was made before."""

    code, status = "import_exists", 409
    title = ("Lượt nhập đã có", "The import exists")
    remedy = (
        "Lượt nhập {run} đã được tạo trước đó. Kính đề nghị xem kết quả của lượt đó hoặc dùng mã khác.",
        "Import {run} was made before. Read its report, or use another id.",
    )


class ImportNotUndoable(Refusal):
    """Something was built on an import, or it changed nothing that could be taken back."""

    code, status = "import_not_undoable", 409
    title = ("Không thể hoàn tác lượt nhập", "The import cannot be undone")
    remedy = (
        "Không thể hoàn tác: {reason_vi} Kính đề nghị nhập tệp đã sửa để cập nhật tiếp.",
        "It cannot be undone: {reason_en} Import a corrected file instead.",
    )
