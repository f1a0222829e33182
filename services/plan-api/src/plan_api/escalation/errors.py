"""Refusals of the escalation slice."""

from cascade_servicekit.problems import Refusal


class UnknownPolicy(Refusal):
    """No escalation policy of this code, or of this version of it."""

    code, status = "unknown_policy", 422
    title = ("Không có chính sách đôn đốc", "Unknown policy")
    remedy = (
        "Không có chính sách «{policy}». Kính đề nghị xem GET /v1/policies và chọn mã, phiên bản có trong danh sách.",
        "There is no policy “{policy}”. See GET /v1/policies and name one of them.",
    )


class PolicyIncoherent(Refusal):
    """The steps make no policy that could be armed: something is missing or contradicts itself."""

    code, status = "policy_incoherent", 422
    title = ("Chính sách đôn đốc chưa hợp lệ", "The policy is not coherent")
    remedy = (
        "Chính sách chưa dùng được: {why}. Kính đề nghị sửa các nấc rồi gửi lại.",
        "The policy cannot be used: {why}. Mend its steps and send it again.",
    )


class StepNotArmable(Refusal):
    """A step of the policy has no instant for this round; nothing was armed and nothing else was changed."""

    code, status = "step_not_armable", 422
    title = ("Không đặt được giờ cho một nấc đôn đốc", "A step cannot be armed")
    remedy = (
        "Chính sách {policy} không đặt được giờ cho mọi nấc ({why}). Kính đề nghị đổi thời hạn hoặc chính sách.",
        "Policy {policy} cannot give every step a time ({why}). Change the due time or the policy.",
    )


class NothingToRearm(Refusal):
    """No round asked about is unsettled with something ahead on another policy version."""

    code, status = "nothing_to_rearm", 409
    title = ("Không có gì để áp lại", "Nothing to arm again")
    remedy = (
        "Các đợt đã xong hoặc đang theo đúng phiên bản này; không cần thao tác.",
        "The rounds are settled or stand on this version already; there is nothing to do.",
    )


class BeingSent(Refusal):
    """The notice, or one that says it again, is on its way already."""

    code, status = "notice_being_sent", 409
    title = ("Tin nhắn đang được gửi", "The notice is being sent")
    remedy = (
        "Tin nhắn này đang trên đường gửi. Kính đề nghị chờ kết quả rồi gửi lại nếu cần.",
        "This notice is on its way. Wait for its outcome, then send it again if needed.",
    )


class NothingToResend(Refusal):
    """What the notice says need not be said again."""

    code, status = "nothing_to_resend", 409
    title = ("Không có gì cần gửi lại", "Nothing to send again")
    remedy = (
        "Không gửi lại: {why_vi}. Không cần thao tác thêm.",
        "Not sent again: {why_en}. There is nothing to do.",
    )


class NobodyToReach(Refusal):
    """Nobody answers for the seat the notice speaks to."""

    code, status = "nobody_to_reach", 409
    title = ("Chưa có người nhận", "Nobody to reach")
    remedy = (
        "Chưa có ai đảm nhiệm vị trí nhận tin. Kính đề nghị cập nhật đầu mối của đơn vị rồi gửi lại.",
        "Nobody answers for the seat. Name the unit's focal point, then send it again.",
    )
