"""UUIDv7 identifiers: time-ordered, made here and nowhere else (not in the database, not in a workflow)."""

import os
import time
from uuid import UUID

_state = [0, 0]


def new_id() -> UUID:
    """Return a UUIDv7; ids of one process are strictly increasing (RFC 9562 §6.2, method 1)."""
    milliseconds = time.time_ns() // 1_000_000
    if milliseconds > _state[0]:
        _state[0], _state[1] = milliseconds, int.from_bytes(os.urandom(2), "big") & 0x7FF
    else:
        _state[1] += 1
        if _state[1] > 0xFFF:
            _state[0], _state[1] = _state[0] + 1, 0
    value = (_state[0] & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | _state[1] << 64
    value |= 0b10 << 62 | (int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1))
    return UUID(int=value)
