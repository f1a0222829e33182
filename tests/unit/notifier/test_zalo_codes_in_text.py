"""The code a person writes is found in what they write, and only there."""

import pytest
from notifier.zalo_desk import code_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("48210937", "48210937"),
        ("Mã: 4821 0937.", "48210937"),
        ("4821-0937", "48210937"),
        ("4821.0937 xin cảm ơn", "48210937"),
        ("4821 0937 và 48210937", "48210937"),
        ("", None),
        ("xin chào", None),
        ("0900000123", None),
        ("123456789", None),
        ("a48210937", None),
        ("4821 0937, 1111 2222", None),
    ],
)
def test_code_in(text: str, code: str | None) -> None:
    assert code_in(text) == code
