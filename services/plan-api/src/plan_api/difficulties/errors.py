"""Refusals of the difficulties slice, each with its stable code and what to do next."""

from cascade_servicekit.problems import Refusal


class NotBound(Refusal):
    """A unit raises something about a document it is not assigned to."""

    code, status = "not_bound", 422
    title = ("Đơn vị không được giao văn bản này", "The unit is not bound by this document")
    remedy = (
        "Chỉ đơn vị được giao mới gửi vướng mắc, kiến nghị về văn bản. Kính đề nghị kiểm tra đơn vị hoặc văn bản.",
        "Only a unit the document is assigned to may raise something about it. Check the unit or the document.",
    )


class UnitMissing(Refusal):
    """An account without a unit must say for which unit it raises something."""

    code, status = "unit_missing", 422
    title = ("Chưa nêu đơn vị", "The unit is missing")
    remedy = ("Kính đề nghị nêu đơn vị gửi (unit).", "Name the unit that raises it (unit).")


class NotOfThisUnit(Refusal):
    """The obligation named is not the unit's, or not of this document."""

    code, status = "obligation_not_of_unit", 422
    title = ("Nghĩa vụ không thuộc đơn vị hoặc văn bản này", "Not an obligation of this unit and document")
    remedy = (
        "Kính đề nghị chọn nghĩa vụ của chính đơn vị trong văn bản này, hoặc bỏ trống.",
        "Name an obligation this unit has of this document, or leave it out.",
    )


class UnknownDifficulty(Refusal):
    """An answer names something that was not raised about this document."""

    code, status = "unknown_difficulty", 422
    title = ("Không có vướng mắc, kiến nghị này", "Nothing of this kind was raised about this document")
    remedy = (
        "Văn bản không có vướng mắc, kiến nghị {difficulty}. Kính đề nghị tải lại danh sách.",
        "Nothing with id {difficulty} was raised about this document. Read the list again.",
    )


class AlreadyAnswered(Refusal):
    """It was answered before; an answer stands as given."""

    code = "difficulty_already_answered"
    title = ("Đã được trả lời", "Already answered")
    remedy = (
        "Vướng mắc, kiến nghị {difficulty} đã được trả lời. Kính đề nghị bỏ khỏi danh sách rồi gửi lại.",
        "{difficulty} was answered before. Take it off the list and send again.",
    )
