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


class AbsenceOverlaps(Refusal):
    """The person is recorded as absent in part of this span already."""

    code, status = "absence_overlaps", 409
    title = ("Trùng thời gian vắng mặt", "Absences overlap")
    remedy = (
        "Người giữ vị trí «{seat}» đã được ghi vắng mặt từ ngày {from_on}. Kính đề nghị kết thúc lần vắng mặt đó "
        "trước, hoặc chọn thời gian khác.",
        "The holder of “{seat}” is recorded as absent from {from_on}. End that absence first, or give another span.",
    )


class SubstituteNotPossible(Refusal):
    """Nobody who could stand in answers for the substitute's seat on the first day of the absence."""

    code, status = "substitute_not_possible", 422
    title = ("Không thể nhận làm thay", "This seat cannot stand in")
    remedy = (
        "Vị trí «{seat}» đang trống hoặc do chính người vắng mặt giữ. Kính đề nghị chọn vị trí của người khác.",
        "Seat “{seat}” is vacant or held by the absent person. Choose the seat of somebody else.",
    )


class AbsenceOver(Refusal):
    """The absence has ended already."""

    code, status = "absence_over", 409
    title = ("Đã kết thúc vắng mặt", "The absence is over")
    remedy = (
        "Lần vắng mặt này đã kết thúc ngày {until_on}; không cần thao tác thêm.",
        "This absence ended on {until_on}; there is nothing to do.",
    )


class GroupUnknown(Refusal):
    """A selector names a group that does not exist, was dissolved, or is not the caller's to read."""

    code, status = "group_unknown", 422
    title = ("Không có nhóm đơn vị này", "Unknown group of units")
    remedy = (
        "Không tìm thấy nhóm đơn vị «{group}». Kính đề nghị xem danh sách nhóm (GET /v1/groups) và sửa mã nhóm.",
        "There is no group “{group}”. See GET /v1/groups and correct its code.",
    )


class GroupCodeTaken(Refusal):
    """Another group has this code."""

    code, status = "group_code_taken", 409
    title = ("Mã nhóm đã dùng", "Group code is taken")
    remedy = (
        "Mã nhóm «{group}» đã dùng cho một nhóm khác. Kính đề nghị chọn mã khác.",
        "Another group has code “{group}”. Choose another code.",
    )


class FileUnreadable(Refusal):
    """An import file cannot be read as a table."""

    code, status = "file_unreadable", 422
    title = ("Không đọc được tệp", "File cannot be read")
    remedy = (
        "{reason_vi} Kính đề nghị lưu lại thành CSV (UTF-8) hoặc XLSX rồi gửi lại.",
        "{reason_en} Save it as CSV (UTF-8) or XLSX and send it again.",
    )


class HoursNotPossible(Refusal):
    """Preferences that would keep notices of duty from a person, or hours outside the bounds."""

    code, status = "hours_not_possible", 422
    title = ("Không đặt được giờ nhận thông báo", "These hours are not possible")
    remedy = (
        "{why_vi} Không thể tắt thông báo về nhiệm vụ. Kính đề nghị chọn giờ khác.",
        "{why_en} Notices of duty cannot be switched off. Choose other hours.",
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


class ZaloNotOffered(Refusal):
    """The installation names no Official Account of Zalo (`PLAN_API_ZALO_ACCOUNT_URL`)."""

    code, status = "zalo_not_offered", 409
    title = ("Chưa bật kênh Zalo", "Zalo is not offered")
    remedy = (
        "Hệ thống chưa có Official Account. Kính đề nghị người vận hành đặt PLAN_API_ZALO_ACCOUNT_URL.",
        "There is no Official Account. Have the operator set PLAN_API_ZALO_ACCOUNT_URL.",
    )
