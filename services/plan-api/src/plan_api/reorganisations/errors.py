"""Refusals of reorganisations; those of one operation are collected row by row."""

from cascade_servicekit.problems import Refusal


class UnitEnded(Refusal):
    """An operation names a unit that has ended, or one that another operation of the order ends."""

    code, status = "unit_ended", 422
    title = ("Đơn vị đã kết thúc hoạt động", "Unit has ended")
    remedy = (
        "{name} đã kết thúc hoạt động, hoặc kết thúc theo chính quyết định này. "
        "Kính đề nghị chọn đơn vị đang hoạt động.",
        "{name} has ended, or ends by this very order. Name a unit that goes on.",
    )


class SuccessorMissing(Refusal):
    """A unit that still supervises others, decides on them, or takes part in its own succession names no heir."""

    code, status = "successor_missing", 422
    title = ("Thiếu đơn vị kế thừa", "Successor is missing")
    remedy = (
        "{name} còn {count} đơn vị cấp dưới hoặc nghĩa vụ phải quyết định. Kính đề nghị nêu đơn vị kế thừa.",
        "{name} still has {count} subordinates or obligations to decide. Name a successor.",
    )


class ReorganisationRefused(Refusal):
    """An operation of the order cannot be carried out, so none was."""

    code, status = "reorganisation_refused", 409
    title = ("Không thể sắp xếp đơn vị", "The reorganisation is refused")
    remedy = (
        "{count} thao tác không thực hiện được; thao tác đầu tiên: {vi} Kính đề nghị xem trước rồi gửi lại.",
        "{count} operations cannot be carried out; the first: {en} Preview the order, mend it, send it again.",
    )


class ReorganisationNotYet(Refusal):
    """The order takes effect on a later day: until then the former units hold what is theirs."""

    code, status = "reorganisation_not_yet", 422
    title = ("Chưa đến ngày có hiệu lực", "Not in effect yet")
    remedy = (
        "Quyết định có hiệu lực từ {on}. Kính đề nghị xem trước ngay bây giờ và thực hiện từ ngày đó.",
        "The order takes effect on {on}. Preview it now, carry it out from that day on.",
    )


class ReorganisationNotUndoable(Refusal):
    """Something was built on the reorganisation, or it was undone before."""

    code, status = "reorganisation_not_undoable", 409
    title = ("Không thể hoàn tác việc sắp xếp", "The reorganisation cannot be undone")
    remedy = (
        "Không thể hoàn tác: {reason_vi} Kính đề nghị lập quyết định sắp xếp mới để điều chỉnh.",
        "It cannot be undone: {reason_en} Correct it by another reorganisation.",
    )
