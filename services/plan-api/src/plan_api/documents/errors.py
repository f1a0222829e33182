"""Refusals of the documents slice, each with its stable code and what to do next."""

from cascade_servicekit.problems import Refusal


class DocumentNotDraft(Refusal):
    """The document was issued or recalled before."""

    code = "document_not_draft"
    title = ("Văn bản đã ban hành hoặc đã thu hồi", "The document is already issued or recalled")
    remedy = (
        "Văn bản đang ở trạng thái «{state}» nên không thể {verb}. "
        "Muốn thay đổi, kính đề nghị thu hồi rồi ban hành văn bản thay thế.",
        "The document is {state}, so it cannot {verb}. To change it, recall it and issue a replacement.",
    )


class DocumentNotInForce(Refusal):
    """Only an issued document can be suspended, resumed, recalled or answered."""

    code = "document_not_in_force"
    title = ("Văn bản không còn hoặc chưa có hiệu lực", "The document is not in force")
    remedy = (
        "Văn bản đang ở trạng thái «{state}». Kính đề nghị kiểm tra lại văn bản.",
        "The document is {state}. Check which document is meant.",
    )


class NotARecipient(Refusal):
    """Only who is told of a document confirms having read it."""

    code = "not_a_recipient"
    title = ("Đơn vị không thuộc nơi nhận", "Not a recipient")
    remedy = (
        "Chỉ đơn vị có trong nơi nhận (hoặc được giao để biết) xác nhận đã đọc. Đơn vị được giao thực hiện thì xác "
        "nhận đã nhận hoặc nộp báo cáo.",
        "Only a unit among the recipients, or bound for information, confirms having read the document. Who owes "
        "something acknowledges or answers it.",
    )


class FormAnswered(Refusal):
    """Somebody has answered the round on its form: it keeps that one."""

    code = "form_answered"
    title = ("Đã có đơn vị nộp theo biểu mẫu này", "The form is answered already")
    remedy = (
        "Đợt «{round}» đã có đơn vị nộp theo biểu mẫu hiện tại nên giữ nguyên biểu mẫu. Kính đề nghị mở một đợt báo "
        "cáo mới theo biểu mẫu mới.",
        "Units have answered “{round}” on its present form, so it keeps it. Ask for a further round with the new one.",
    )


class AlreadySuspended(Refusal):
    """The document is suspended already."""

    code = "already_suspended"
    title = ("Văn bản đang tạm dừng", "Already suspended")
    remedy = ("Văn bản đã tạm dừng; chỉ có thể tiếp tục hoặc thu hồi.", "It is suspended; resume or recall it.")


class NotSuspended(Refusal):
    """The document is not suspended."""

    code = "not_suspended"
    title = ("Văn bản không tạm dừng", "Not suspended")
    remedy = ("Văn bản không ở trạng thái tạm dừng, không cần tiếp tục.", "It is not suspended; nothing to resume.")


class IdentityMissing(Refusal):
    """Issuing without number or date needs a recorded reason."""

    code, status = "identity_missing", 422
    title = ("Thiếu số, ký hiệu hoặc ngày ban hành", "Number, notation or date is missing")
    remedy = (
        "Kính đề nghị bổ sung số, ký hiệu và ngày ban hành, hoặc gửi without_identity kèm lý do (reason).",
        "Add number, notation and issued_on, or send without_identity with a reason.",
    )


class IdentityTaken(Refusal):
    """Another document has this issuer, notation, number and year."""

    code = "identity_taken"
    title = ("Trùng số, ký hiệu văn bản", "Number and notation are taken")
    remedy = (
        "Đơn vị ban hành đã có văn bản cùng số, ký hiệu trong năm. Kính đề nghị kiểm tra lại số.",
        "This issuer already has a document with this notation, number and year. Check the number.",
    )


class ConfirmationNeedsReason(Refusal):
    """A confirmation came without its reason."""

    code, status = "confirmation_needs_reason", 422
    title = ("Thiếu lý do", "A reason is missing")
    remedy = ("Khi xác nhận ngoại lệ, kính đề nghị ghi lý do (reason).", "Give a reason with a confirmation.")


class DueInPast(Refusal):
    """A due time lies before the issue."""

    code, status = "due_in_past", 422
    title = ("Thời hạn đã qua khi ban hành", "The due time has passed at issue")
    remedy = (
        "Thời hạn của «{round}» đã qua. Kính đề nghị đổi thời hạn, hoặc gửi kèm lý do: past_due để miễn thực hiện "
        "(waive) hay cho thêm ngày (grace), hoặc allow_past_due để giữ nguyên; nội dung giữ nguyên sẽ không "
        "tự leo thang.",
        "The due time of “{round}” has passed. Change it, or send with a reason: past_due to waive it or to give "
        "a grace day, or allow_past_due to keep it; what is kept never escalates by itself.",
    )


class DueAfterParent(Refusal):
    """A due time leaves the issuer less than the lag (one working day or more) before what it owes itself."""

    code, status = "due_after_parent", 422
    title = ("Thời hạn sau hạn của cấp trên", "Due after the parent's due time")
    remedy = (
        "Thời hạn của «{round}» không còn đủ {lag} ngày làm việc trước hạn đơn vị phải gửi cấp trên. "
        "Kính đề nghị đặt chậm nhất là {proposed}, hoặc gửi allow_after_parent kèm lý do.",
        "“{round}” is due less than {lag} working days before the issuer's own due time to its parent. "
        "Make it {proposed} at the latest, or send allow_after_parent with a reason.",
    )


class NoDayLeftUnderParent(Refusal):
    """A due time comes too late for what the issuer owes itself, and no earlier day is left."""

    code, status = "no_day_left_under_parent", 422
    title = ("Không còn ngày nào trước hạn của cấp trên", "No day is left before the parent's due time")
    remedy = (
        "«{round}» không còn ngày nào đủ {lag} ngày làm việc trước hạn đơn vị phải gửi cấp trên. "
        "Kính đề nghị xin cấp trên gia hạn, hoặc gửi allow_after_parent kèm lý do.",
        "No day for “{round}” leaves {lag} working days before the issuer's own due time to its parent. "
        "Ask the parent for more time, or send allow_after_parent with a reason.",
    )


class NotOwedAbove(Refusal):
    """A report round names as what it reports into a round the issuer owes no report of."""

    code, status = "not_owed_above", 422
    title = ("Đơn vị không phải báo cáo đợt được nêu", "No report is owed of the round that is named")
    remedy = (
        "Đơn vị ban hành không phải báo cáo đợt {named} theo văn bản cấp trên nào đã nêu (parents). Kính đề nghị chọn "
        "đợt báo cáo mà đơn vị phải thực hiện, hoặc bỏ trường này để hệ thống tìm theo kỳ.",
        "The issuer owes no report of round {named} under the parents given. Name a round whose report it owes, or "
        "leave the field out: then it is found by period.",
    )


class DueNotLater(Refusal):
    """The new due time of a round is no later than its present one, or has passed."""

    code, status = "due_not_later", 422
    title = ("Thời hạn mới không muộn hơn", "The new due time is no later")
    remedy = (
        "Thời hạn mới của «{round}» không muộn hơn hạn hiện tại hoặc đã qua. Kính đề nghị chọn ngày muộn hơn.",
        "The new due time of “{round}” is no later than the present one, or has passed. Choose a later day.",
    )


class RoundNotOpen(Refusal):
    """The round is not one of the document's, is settled or closed, or has no due time."""

    code, status = "round_not_open", 422
    title = ("Đợt không còn mở", "The round is not open")
    remedy = (
        "Đợt này không thuộc văn bản, đã kết thúc, đã chốt số liệu hoặc không có thời hạn. Kính đề nghị đọc lại "
        "văn bản và chọn đợt đang mở.",
        "This round is not the document's, is settled or closed, or has no due time. Read the document again and name "
        "an open one.",
    )


class NothingToExtend(Refusal):
    """No open round of the document has an earlier due time."""

    code, status = "nothing_to_extend", 409
    title = ("Không có thời hạn nào để gia hạn", "There is no due time to move")
    remedy = (
        "Không có đợt nào đang mở với thời hạn sớm hơn ngày mới. Kính đề nghị kiểm tra lại ngày.",
        "No open round is due before the new day. Check the day.",
    )


class UnknownPeriod(Refusal):
    """No round of the document is of this period, and none will be."""

    code, status = "unknown_period", 422
    title = ("Văn bản không có kỳ này", "The document has no such period")
    remedy = (
        "Văn bản không có đợt nào của kỳ «{period}» và cũng không còn mở kỳ này. Kính đề nghị xem các kỳ của văn bản.",
        "No round of the document is of period “{period}”, and none will be. See the document's recurring reports.",
    )


class AmendmentTooWide(Refusal):
    """An amendment changes what makes a document the one it is."""

    code, status = "amendment_too_wide", 422
    title = ("Nội dung này không sửa đổi được", "This cannot be amended")
    remedy = (
        "Loại, đơn vị ban hành, số, ký hiệu, ngày, văn bản cấp trên, chính sách đôn đốc, hình thức giao, tên và chu kỳ "
        "của báo cáo định kỳ không sửa đổi được. Kính đề nghị ban hành văn bản thay thế (replaces).",
        "Kind, issuer, number, notation, date, parents, policy, modes of assignment, and what a recurring report is "
        "called and how often it returns cannot be amended. Issue another one that replaces this one (`replaces`).",
    )


class NothingAmended(Refusal):
    """The content is that of the version in force."""

    code, status = "nothing_amended", 409
    title = ("Không có nội dung sửa đổi", "Nothing is amended")
    remedy = ("Nội dung trùng với phiên bản hiện hành.", "The content is that of the version in force.")


class NotReplaceable(Refusal):
    """A document replaces one of its own issuer only, and never itself."""

    code, status = "not_replaceable", 422
    title = ("Không thay thế được văn bản này", "This document cannot be replaced")
    remedy = (
        "Chỉ thay thế được văn bản khác của chính đơn vị ban hành. Kính đề nghị kiểm tra lại văn bản bị thay thế.",
        "A document replaces another one of its own issuer. Check which document is meant.",
    )


class CutOffInPast(Refusal):
    """A round would have closed already."""

    code, status = "cut_off_in_past", 422
    title = ("Thời điểm chốt số liệu đã qua", "The cut-off has passed")
    remedy = (
        "Kính đề nghị đặt thời điểm chốt của «{round}» sau thời điểm hiện tại.",
        "Set the cut-off of “{round}” after the present.",
    )


class CutOffBeforeDue(Refusal):
    """A round would close before it is due."""

    code, status = "cut_off_before_due", 422
    title = ("Chốt số liệu trước thời hạn", "The cut-off lies before the due time")
    remedy = (
        "Kính đề nghị đặt thời điểm chốt của «{round}» sau thời hạn.",
        "Set the cut-off of “{round}” after its due time.",
    )


class UnitNamedTwice(Refusal):
    """A unit is assigned twice."""

    code, status = "unit_named_twice", 422
    title = ("Đơn vị bị giao hai lần", "A unit is assigned twice")
    remedy = (
        "Đơn vị «{unit}» có hai lần trong danh sách. Kính đề nghị bỏ bớt một.",
        "Unit “{unit}” stands twice in the list. Remove one.",
    )


class SelectorMatchesNobody(Refusal):
    """A selector finds no unit on the day, or everybody it finds is excluded."""

    code, status = "selector_matches_nobody", 422
    title = ("Điều kiện chọn không có đơn vị nào", "A selector matches nobody")
    remedy = (
        "Không có đơn vị nào thuộc «{under}» khớp điều kiện chọn này. Kính đề nghị nới điều kiện "
        "(loại đơn vị, tuyến quản lý, đơn vị loại trừ) hoặc bỏ điều kiện này.",
        "No unit under “{under}” matches this selector. Widen it (kinds, line, excluding) or remove it.",
    )


class NotAnAssignee(Refusal):
    """A round names a unit the document is not assigned to."""

    code, status = "not_an_assignee", 422
    title = ("Đơn vị không được giao", "Not an assignee")
    remedy = ("Đơn vị «{unit}» không thuộc danh sách được giao.", "Unit “{unit}” is not among the assignees.")


class UnknownParent(Refusal):
    """A parent does not exist, is not in force, or was not assigned to the issuer."""

    code, status = "unknown_parent", 422
    title = ("Văn bản cấp trên không hợp lệ", "The parent document does not fit")
    remedy = (
        "Văn bản cấp trên {parent} không tồn tại, chưa ban hành hoặc đã thu hồi. Kính đề nghị kiểm tra lại.",
        "Parent {parent} does not exist, is not issued or was recalled. Check it.",
    )


class UnknownFile(Refusal):
    """A file was not stored before."""

    code, status = "unknown_file", 422
    title = ("Tệp chưa được tải lên", "The file is not stored")
    remedy = (
        "Chưa có tệp {sha256}. Kính đề nghị tải tệp lên POST /v1/files trước.",
        "There is no file {sha256}. Store it first with POST /v1/files.",
    )


class NothingAsked(Refusal):
    """Rounds without assignees ask nobody."""

    code, status = "nothing_asked", 422
    title = ("Chưa giao cho đơn vị nào", "Nobody is assigned")
    remedy = (
        "Văn bản có nội dung phải thực hiện nhưng chưa giao đơn vị nào.",
        "The document has rounds but no assignees.",
    )


class FileTypeNotAllowed(Refusal):
    """The content is of no kind that is kept: judged by its first bytes, never by its name."""

    code, status = "file_type_not_allowed", 415
    title = ("Loại tệp chưa được nhận", "This type of file is not accepted")
    remedy = (
        "Tệp {name} không phải PDF, ảnh PNG hoặc JPEG, DOCX, XLSX hay ZIP (tệp có macro không được nhận). "
        "Kính đề nghị lưu lại thành PDF rồi gửi.",
        "File {name} is not a PDF, PNG, JPEG, DOCX, XLSX or ZIP (files with macros are refused). "
        "Save it as PDF and send that.",
    )


class FileTooLarge(Refusal):
    """One file is larger than this installation accepts."""

    code, status = "file_too_large", 413
    title = ("Tệp quá lớn", "The file is too large")
    remedy = (
        "Tệp {name} vượt quá {limit} byte. Kính đề nghị nén hoặc giảm cỡ ảnh rồi gửi lại.",
        "File {name} exceeds {limit} bytes. Compress it or make its pictures smaller, then send it again.",
    )
