"""Cursors of keyset pagination: opaque to clients, the sort key of the last row inside."""

import base64
import json
from collections.abc import Sequence

from cascade_servicekit.problems import Refusal


class CursorInvalid(Refusal):
    """A page cursor is none of ours."""

    code, status = "cursor_invalid", 422
    title = ("Con trỏ trang không hợp lệ", "Invalid cursor")
    remedy = (
        "Kính đề nghị dùng nguyên giá trị next_cursor của trang trước, với cùng bộ lọc.",
        "Use next_cursor of the previous page unchanged, with the same filters.",
    )


def encode_cursor(*key: object) -> str:
    """Return the cursor of a sort key (texts, numbers, ids, instants)."""
    text = json.dumps([value if isinstance(value, int | float) else str(value) for value in key], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> Sequence[str]:
    """Return the sort key of a cursor as texts.

    Raises:
        CursorInvalid: it is not a cursor of a key of this length.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except ValueError:
        raise CursorInvalid(field="cursor") from None
    if not isinstance(key, list) or len(key) != length:
        raise CursorInvalid(field="cursor")
    return [str(value) for value in key]
