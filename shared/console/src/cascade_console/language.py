"""The language of the command line: Vietnamese unless CASCADE_LANG or `--lang` says `en`.

Help texts are made while modules load, so the language is known from the first line: environment and arguments decide.
"""

import os
import sys
from collections.abc import Sequence


def _from_arguments(arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if argument == "--lang" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None


def language() -> str:
    """Return `vi` or `en`."""
    wished = _from_arguments(sys.argv[1:]) or os.environ.get("CASCADE_LANG", "vi")
    return "en" if wished.lower().startswith("en") else "vi"


def tr(vi: str, en: str) -> str:
    """Return the text in the language of this run."""
    return en if language() == "en" else vi
