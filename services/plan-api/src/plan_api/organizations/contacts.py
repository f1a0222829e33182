"""Check and normalise the ways to reach a person: e-mail addresses and Vietnamese telephone numbers."""

import re
from typing import Final

_EMAIL: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@"
    r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_SEPARATORS: Final = re.compile(r"[\s.()\-–/]+")
_MOBILE: Final = re.compile(r"[35789]\d{8}")
_FIXED: Final = re.compile(r"2\d{9}")


def email_address(value: str) -> str:
    """Return the address trimmed, with its domain in lower case.

    Raises:
        ValueError: it is no address that mail could be sent to.
    """
    trimmed = value.strip()
    if len(trimmed) > 254 or not _EMAIL.fullmatch(trimmed):
        raise ValueError("not an e-mail address")
    local, _, domain = trimmed.rpartition("@")
    return f"{local}@{domain.lower()}"


def phone_number(value: str) -> str:
    """Return a Vietnamese number in international form (`+84…`), a zero lost in a spreadsheet restored.

    Raises:
        ValueError: it is neither a mobile (9 digits after the 0) nor a fixed number (10, area code 02…), nor `+…`.
    """
    digits = _SEPARATORS.sub("", value.strip())
    if digits.startswith("+") and not digits.startswith("+84"):
        if re.fullmatch(r"\+[1-9]\d{7,14}", digits):
            return digits
        raise ValueError("not a telephone number")
    for prefix in ("+84", "0084", "84", "0"):
        if digits.startswith(prefix):
            national = digits.removeprefix(prefix).removeprefix("0")
            if _MOBILE.fullmatch(national) or _FIXED.fullmatch(national):
                return f"+84{national}"
    if _MOBILE.fullmatch(digits) or _FIXED.fullmatch(digits):
        return f"+84{digits}"
    raise ValueError("not a telephone number")
