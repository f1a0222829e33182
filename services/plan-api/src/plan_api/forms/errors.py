"""Refusals about report forms, each with its stable code and what to do next."""

from cascade_servicekit.problems import Refusal


class FormUnsound(Refusal):
    """The form of a round contradicts itself; `errors` names every place."""

    code, status = "form_unsound", 422
    title = ("Biểu mẫu chưa hợp lý", "The form is not sound")
    remedy = (
        "Biểu mẫu có {count} chỗ chưa hợp lý. Kính đề nghị sửa các chỗ được nêu ở errors rồi ban hành lại.",
        "The form has {count} mistakes. Correct the places named in errors, then issue again.",
    )


class FormNotForThisRound(Refusal):
    """Only rounds that ask for a report or the result of a task carry a form."""

    code, status = "form_not_for_this_round", 422
    title = ("Đợt này không dùng biểu mẫu", "This round takes no form")
    remedy = (
        "Chỉ đợt báo cáo (report) hoặc công việc (task) mới có biểu mẫu. Kính đề nghị bỏ biểu mẫu của «{round}».",
        "Only a report or task round carries a form. Remove the form of “{round}”.",
    )


class FormNotFilled(Refusal):
    """Values are missing, of the wrong shape, out of bounds or contradict one another; `errors` names every field."""

    code, status = "form_not_filled", 422
    title = ("Biểu mẫu chưa điền đúng", "The form is not filled in correctly")
    remedy = (
        "Có {count} chỗ cần sửa, chưa có dữ liệu nào được lưu. Kính đề nghị sửa các chỗ được nêu ở errors rồi gửi lại.",
        "{count} places need correction and nothing was stored. Correct those named in errors and send again.",
    )


class ValuesNotExpected(Refusal):
    """Values came where none belong: the round has no form, or the answer says that there is nothing to report."""

    code, status = "values_not_expected", 422
    title = ("Không nhận số liệu biểu mẫu ở đây", "No form values belong here")
    remedy = (
        "Đợt này không có biểu mẫu, hoặc đơn vị báo không phát sinh. Kính đề nghị bỏ values rồi gửi lại.",
        "This round has no form, or the answer is a nil return. Leave values out and send again.",
    )


class NilNotAllowed(Refusal):
    """The form must be filled in, also with zeros."""

    code, status = "nil_not_allowed", 422
    title = ("Đợt này không nhận «không phát sinh»", "This form takes no nil return")
    remedy = (
        "Biểu mẫu của «{round}» phải điền đầy đủ, kể cả số 0. Kính đề nghị điền biểu mẫu rồi gửi.",
        "The form of “{round}” must be filled in, also with zeros. Fill it in and send it.",
    )


class SheetUnreadable(Refusal):
    """The file is no workbook made from a template of this product, or it is damaged or protected."""

    code, status = "sheet_unreadable", 422
    title = ("Không đọc được tệp Excel", "The workbook cannot be read")
    remedy = (
        "Tệp không phải biểu mẫu tải từ hệ thống, bị hỏng hoặc có mật khẩu. Kính đề nghị tải lại biểu mẫu, điền và lưu "
        "dạng .xlsx rồi gửi.",
        "The file is no template of this system, or damaged or protected. Download it again, fill it in, save it.",
    )


class SheetOfAnother(Refusal):
    """The workbook was made for another form or another unit's obligation."""

    code, status = "sheet_of_another", 422
    title = ("Biểu mẫu của đợt hoặc đơn vị khác", "The workbook is another one's")
    remedy = (
        "Tệp này được tải cho đợt báo cáo hoặc đơn vị khác. Kính đề nghị tải biểu mẫu của đúng đợt này rồi điền lại.",
        "This workbook was downloaded for another round or unit. Download the one of this round and fill it in.",
    )
