"""Refusals of the pages, each with its stable code and what to do next."""

from cascade_servicekit.problems import Refusal


class LinkUnknown(Refusal):
    """No link has this token: it was cut off or mistyped on its way."""

    code, status = "link_unknown", 404
    title = ("Không tìm thấy trang này", "This page was not found")
    remedy = (
        "Liên kết chưa đầy đủ hoặc đã bị cắt khi sao chép. Kính đề nghị mở lại liên kết ngay trong thư hoặc tin nhắn "
        "đã nhận; nếu vẫn không được, xin liên hệ cơ quan gửi thông báo.",
        "The link is incomplete or was cut off when it was copied. Open it from the message itself; if that does not "
        "help, ask the office that sent it.",
    )


class LinkEnded(Refusal):
    """The link expired, or its seat or holder changed."""

    code, status = "link_ended", 410
    title = ("Liên kết đã hết hiệu lực", "This link is no longer valid")
    remedy = (
        "Liên kết đã quá thời gian sử dụng, hoặc vị trí phụ trách đã có người khác. Kính đề nghị mở liên kết trong "
        "thông báo mới nhất, hoặc liên hệ cơ quan gửi thông báo để nhận liên kết mới. Những gì đã nộp vẫn được lưu.",
        "The link has expired, or somebody else now holds the seat. Open the link in the newest message, or ask the "
        "office that sent it for a new one. What was handed in before is kept.",
    )


class LinkOfEndedUnit(Refusal):
    """The link was sent to a unit that has ended since; others go on in its place."""

    code, status = "link_unit_ended", 410
    title = ("Đơn vị này đã kết thúc hoạt động", "This unit has ended")
    remedy = (
        "{unit} kết thúc hoạt động từ ngày {on}; {vi}. Việc chưa xong được chuyển cho đơn vị kế thừa và thông báo tới "
        "đầu mối của đơn vị đó. Những gì đã nộp vẫn được lưu.",
        "{unit} ended on {on}; {en}. What was open went on to the successor, whose contact is told. What was handed in "
        "before is kept.",
    )


class FormIncomplete(Refusal):
    """A form came without what the page puts into it."""

    code, status = "form_incomplete", 400
    title = ("Chưa đọc được biểu mẫu", "The form could not be read")
    remedy = (
        "Biểu mẫu gửi lên chưa đầy đủ nên chưa ghi nhận gì. Kính đề nghị mở lại trang rồi gửi lại.",
        "The form arrived incomplete, and nothing was recorded. Open the page again and send it again.",
    )


class PageTooLarge(Refusal):
    """The files of a form are larger together than this installation accepts."""

    code, status = "too_large", 413
    title = ("Tệp gửi lên quá lớn", "The files are too large")
    remedy = (
        "Các tệp gửi lên vượt quá {size} nên chưa ghi nhận gì. Kính đề nghị giảm cỡ ảnh, nén tệp hoặc gửi ít tệp hơn.",
        "The files exceed {size} together, and nothing was recorded. Make pictures smaller or send fewer files.",
    )
