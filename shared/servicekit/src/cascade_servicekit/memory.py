"""Garbage collection of a process that serves: what start-up made stays, so do not look through it again and again."""

import gc
from typing import Final

THRESHOLDS: Final = (20_000, 10, 10)
"""Objects made, and younger collections, before one of each generation (Python's own: 700, 10, 10)."""


def settle() -> None:
    """Put everything made so far aside and collect less often; call once, when a process is about to serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
