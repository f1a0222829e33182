"""Refusals of unit suspensions."""

from cascade_servicekit.problems import Refusal


class UnitSuspendedAlready(Refusal):
    """The unit is suspended already, by itself or with one it stands under."""

    code = "unit_suspended_already"
    title = ("Đơn vị đang tạm dừng", "The unit is suspended already")
    remedy = (
        "Đơn vị đang tạm dừng. Kính đề nghị xem lịch sử tạm dừng của đơn vị; chỉ có thể cho tiếp tục.",
        "The unit is suspended. See its suspensions; it can only be resumed.",
    )


class UnitNotSuspended(Refusal):
    """The unit is not suspended."""

    code = "unit_not_suspended"
    title = ("Đơn vị không tạm dừng", "The unit is not suspended")
    remedy = ("Đơn vị không tạm dừng, không cần cho tiếp tục.", "It is not suspended; there is nothing to resume.")
