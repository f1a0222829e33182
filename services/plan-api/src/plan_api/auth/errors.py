"""Refusals of the auth slice."""

from cascade_servicekit.problems import Refusal


class Unauthenticated(Refusal):
    """No valid API key came."""

    code, status = "unauthenticated", 401
    title = ("Chưa xác thực", "Unauthenticated")
    remedy = (
        "Kính đề nghị gửi tiêu đề Authorization: Bearer <khóa API> còn hiệu lực.",
        "Send Authorization: Bearer <API key> with a key that has not been revoked.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer realm="cascade"'})


class KeyOfEndedUnit(Refusal):
    """The key belongs to a unit that has ended; others go on in its place."""

    code, status = "unit_ended_key", 403
    title = ("Đơn vị của khóa này đã kết thúc hoạt động", "The unit of this key has ended")
    remedy = (
        "{unit} kết thúc hoạt động từ ngày {on}; {vi}. Kính đề nghị dùng khóa API của đơn vị kế thừa, hoặc đề nghị "
        "quản trị viên cấp khóa mới.",
        "{unit} ended on {on}; {en}. Use a key of the successor, or ask the administrator for one.",
    )


class AccountNeedsUnit(Refusal):
    """A role that acts for a unit was to be given to an account without one."""

    code, status = "account_needs_unit", 422
    title = ("Tài khoản phải thuộc đơn vị", "The account needs a unit")
    remedy = (
        "Vai trò {role} làm việc thay cho một đơn vị. Kính đề nghị cho biết đơn vị (unit).",
        "Role {role} acts for a unit. Name it in `unit`.",
    )


class AccountRevoked(Refusal):
    """The account was revoked before."""

    code, status = "account_revoked", 409
    title = ("Tài khoản đã thu hồi", "The account is revoked")
    remedy = (
        "Tài khoản này đã bị thu hồi trước đó. Kính đề nghị tạo tài khoản mới nếu cần.",
        "This account was revoked before. Create a new one if it is needed.",
    )


class LastAdministrator(Refusal):
    """Revoking this account would leave nobody who may create another."""

    code, status = "last_administrator", 409
    title = ("Quản trị viên cuối cùng", "The last administrator")
    remedy = (
        "Đây là tài khoản quản trị cuối cùng. Kính đề nghị tạo quản trị viên khác trước khi thu hồi.",
        "This is the last administrator. Create another one before revoking it.",
    )
