"""Refusals of the obligations slice, each with its stable code and what to do next."""

from cascade_servicekit.problems import Refusal


class WrongState(Refusal):
    """The obligation is not in a state that allows this."""

    code = "obligation_wrong_state"
    title = ("Không thực hiện được ở trạng thái hiện tại", "Not possible in the present state")
    remedy = (
        "Nghĩa vụ đang ở trạng thái «{state}» nên không thể {verb}. Kính đề nghị tải lại để xem tình trạng mới nhất.",
        "The obligation is {state}, so it cannot {verb}. Read it again to see where it stands.",
    )


class NotTheAssignee(Refusal):
    """Another unit tried to answer."""

    code, status = "not_the_assignee", 403
    title = ("Không phải đơn vị được giao", "Not the assignee")
    remedy = (
        "Chỉ đơn vị được giao mới trả lời được. Kính đề nghị dùng tài khoản của đơn vị đó.",
        "Only the unit that owes it can answer. Use that unit's account.",
    )


class NotTheDecidingUnit(Refusal):
    """Another unit tried to decide."""

    code, status = "not_the_deciding_unit", 403
    title = ("Không phải đơn vị duyệt", "Not the deciding unit")
    remedy = (
        "Chỉ đơn vị duyệt mới quyết định được. Kính đề nghị dùng tài khoản của đơn vị đó.",
        "Only the deciding unit can decide. Use that unit's account.",
    )


class DocumentSuspended(Refusal):
    """Nothing is decided while the document is suspended (answers are always taken)."""

    code = "document_suspended"
    title = ("Văn bản đang tạm dừng", "The document is suspended")
    remedy = ("Văn bản đang tạm dừng. Kính đề nghị chờ tiếp tục.", "The document is suspended. Wait until it resumes.")


class DocumentNotInForce(Refusal):
    """The document was recalled."""

    code = "document_not_in_force"
    title = ("Văn bản không còn hiệu lực", "The document is not in force")
    remedy = (
        "Văn bản đã thu hồi, đơn vị không phải trả lời nữa.",
        "The document was recalled; nothing is owed any more.",
    )


class ReplyLinkEnded(Refusal):
    """The notice replied to speaks to nobody any more: its link has ended, or somebody else answers for the seat."""

    code = "reply_link_ended"
    title = ("Thư nhắc này không còn hiệu lực", "The notice replied to has ended")
    remedy = (
        "Liên kết trong thư nhắc đã hết hạn hoặc người khác nay trả lời cho vị trí này. Kính đề nghị dùng liên kết "
        "trong thư mới nhất, hoặc liên hệ cơ quan ban hành.",
        "The link of that notice has expired, or somebody else answers for the seat by now. Use the link of the "
        "newest notice, or ask the issuing agency.",
    )


class ReplyToSeveral(Refusal):
    """The notice replied to is not about one thing that its reader owes."""

    code = "reply_to_several"
    title = ("Thư nhắc không nêu riêng một nhiệm vụ", "The notice is not about one obligation")
    remedy = (
        "Thư được trả lời nêu nhiều nhiệm vụ hoặc chỉ để thông báo, nên chưa rõ tệp nộp cho nhiệm vụ nào. Kính đề nghị "
        "mở liên kết trong thư và nộp tại trang đó.",
        "The notice replied to is about several obligations, or only tells; open its link and hand in there.",
    )


class NothingAttached(Refusal):
    """A reply brings no file along."""

    code, status = "nothing_attached", 422
    title = ("Thư chưa có tệp đính kèm", "Nothing attached")
    remedy = (
        "Kính đề nghị trả lời lại thư nhắc kèm tệp báo cáo (PDF, ảnh, DOCX, XLSX hoặc ZIP), hoặc mở liên kết trong thư "
        "nhắc để nộp.",
        "Reply to the notice again with the report attached (PDF, picture, DOCX, XLSX or ZIP), or open its link.",
    )


class WrongAnswer(Refusal):
    """The kind of submission does not answer the kind of round."""

    code, status = "wrong_answer", 422
    title = ("Hình thức trả lời chưa đúng", "The wrong kind of answer")
    remedy = (
        "Nội dung «{round}» cần {expected}. Kính đề nghị gửi đúng hình thức.",
        "“{round}” asks for {expected}. Send that kind.",
    )


class SignedFileRequired(Refusal):
    """The round asks for a signed file."""

    code, status = "signed_file_required", 422
    title = ("Thiếu tệp đã ký", "A signed file is required")
    remedy = (
        "Nội dung này yêu cầu tệp đã ký. Kính đề nghị đính kèm tệp và đánh dấu signed.",
        "This round asks for a signed file. Attach it and mark it as signed.",
    )


class ExtensionAlreadyOpen(Refusal):
    """One request at a time."""

    code = "extension_already_open"
    title = ("Đã có đề nghị gia hạn", "An extension is already asked for")
    remedy = (
        "Đề nghị gia hạn trước chưa được quyết định. Kính đề nghị chờ kết quả.",
        "The earlier request is undecided. Wait for the decision.",
    )


class ExtensionRefused(Refusal):
    """The request or decision breaks a rule; `why` names it."""

    code, status = "extension_not_possible", 422
    title = ("Không gia hạn được như đề nghị", "This extension is not possible")
    remedy = ("Không gia hạn được: {why}. Kính đề nghị chọn ngày khác.", "Not possible: {why}. Choose another date.")


class ExtensionNotOpen(Refusal):
    """The request was decided before."""

    code = "extension_not_open"
    title = ("Đề nghị đã được quyết định", "The request is already decided")
    remedy = ("Đề nghị gia hạn này đã được quyết định.", "This extension was decided before.")


class ConsolidationSubmitted(Refusal):
    """The consolidation went up before."""

    code = "consolidation_submitted"
    title = ("Báo cáo tổng hợp đã gửi", "The consolidation is already submitted")
    remedy = ("Báo cáo tổng hợp này đã gửi lên cấp trên.", "This consolidation was submitted before.")


class NotFedByThis(Refusal):
    """A consolidation is sent to an obligation its round does not report into."""

    code, status = "not_fed_by_this", 422
    title = ("Báo cáo tổng hợp không gửi tới đây", "The consolidation does not answer this")
    remedy = (
        "Đợt báo cáo này không tổng hợp cho nghĩa vụ đã chọn. Kính đề nghị chọn trong các nghĩa vụ nêu ở bản tổng hợp.",
        "The round does not report into what was chosen. Choose among `upward_obligation_ids` of the consolidation.",
    )


class NothingToCorrect(Refusal):
    """Only an accepted report can be corrected, and only by something that changes it."""

    code = "nothing_to_correct"
    title = ("Không có gì để đính chính", "Nothing to correct")
    remedy = (
        "Chỉ báo cáo đã được chấp nhận mới đính chính, và phải có số liệu thay đổi. Báo cáo chưa chấp nhận: kính đề "
        "nghị nộp lại bản mới hoặc trả lại.",
        "Only an accepted report is corrected, by values that change it. Hand in again what is not.",
    )


class NothingDiffers(Refusal):
    """The consolidation holds all that its reports say."""

    code = "nothing_differs"
    title = ("Không có chênh lệch", "Nothing differs")
    remedy = (
        "Báo cáo tổng hợp đã khớp với các báo cáo cấp dưới, không cần xác nhận.",
        "The consolidation agrees with the reports below; there is nothing to accept.",
    )


class DifferenceOpenBelow(Refusal):
    """A level below has not accepted the same difference yet."""

    code = "difference_open_below"
    title = ("Cấp dưới chưa xác nhận chênh lệch", "The level below has not accepted the difference")
    remedy = (
        "{units} chưa xác nhận chênh lệch này. Kính đề nghị đơn vị đó xác nhận trước, rồi xác nhận ở cấp này.",
        "{units} has yet to accept this difference. Ask for that first, then accept it here.",
    )


class BeingRead(Refusal):
    """The deciding unit has frozen the submission while it reads it."""

    code = "being_read"
    title = ("Bản nộp đang được xem xét", "The submission is being read")
    remedy = (
        "Đơn vị duyệt đang xem bản đã nộp nên chưa nhận bản thay thế; bản đã nộp vẫn được tính. Kính đề nghị chờ kết "
        "quả, hoặc liên hệ đơn vị duyệt để trả lại.",
        "The deciding unit is reading what was handed in, which counts; no other version is taken meanwhile. Wait for "
        "its decision, or ask it to return the submission.",
    )


class FormChanged(Refusal):
    """An amendment has changed the round's form in this very moment."""

    code = "form_changed"
    title = ("Biểu mẫu vừa được sửa đổi", "The form has just been changed")
    remedy = (
        "Biểu mẫu của đợt này vừa được sửa đổi trong lúc nộp. Kính đề nghị mở lại biểu mẫu và nộp theo bản mới.",
        "The round was given another form while this was handed in. Open the form again and fill in the new one.",
    )


class RoundChanged(Refusal):
    """An amendment has changed in this very moment whether the round needs acceptance or a signed file."""

    code = "round_changed"
    title = ("Yêu cầu của đợt vừa được sửa đổi", "What the round asks has just been changed")
    remedy = (
        "Yêu cầu của đợt này (phê duyệt, bản ký) vừa được sửa đổi trong lúc nộp. Kính đề nghị mở lại và nộp theo yêu "
        "cầu mới.",
        "Whether this round needs acceptance or a signed file was amended while this was handed in. Open it again and "
        "hand in as it asks now.",
    )


class NothingToConfirm(Refusal):
    """The present version was not entered on the unit's behalf, or is confirmed already."""

    code = "nothing_to_confirm"
    title = ("Không có gì để xác nhận", "Nothing to confirm")
    remedy = (
        "Bản nộp hiện tại không do đơn vị khác nhập thay, hoặc đã được xác nhận.",
        "The present version was not entered on the unit's behalf, or is confirmed already.",
    )


class UnknownMark(Refusal):
    """A return marks a field that the form does not have."""

    code, status = "unknown_mark", 422
    title = ("Đánh dấu trường không có trong biểu mẫu", "A mark is on a field the form does not have")
    remedy = (
        "Biểu mẫu không có trường «{name}». Kính đề nghị đánh dấu trường có trong biểu mẫu.",
        "The form has no field “{name}”. Mark fields of the form.",
    )


class NothingToConsolidate(Refusal):
    """The round is neither settled nor closed."""

    code = "nothing_to_consolidate"
    title = ("Chưa đến lúc tổng hợp", "Nothing to consolidate yet")
    remedy = (
        "Đợt báo cáo chưa đủ và chưa chốt. Kính đề nghị chờ đủ báo cáo hoặc đến giờ chốt.",
        "The round is neither settled nor closed. Wait for its reports or its cut-off.",
    )


class NothingToHandOver(Refusal):
    """The unit of the seat owes nothing and is to decide on nothing, so there is no brief to send."""

    code, status = "nothing_to_hand_over", 409
    title = ("Không có việc cần bàn giao", "Nothing to hand over")
    remedy = (
        "Đơn vị của vị trí này không còn việc nào đang thực hiện hoặc chờ duyệt nên không có nội dung bàn giao để gửi.",
        "The unit of this seat owes nothing and is to decide on nothing: there is no brief to send.",
    )
