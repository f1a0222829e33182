"""Typed parameters of Zalo's templates: what may stand in them, checked before anything is sent.

Lengths count characters after NFC, as Zalo's limits do; a decomposed "ế" would count three.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST: Final[Mapping[str, int]] = {
    "name": 30,
    "phone": 15,
    "address": 200,
    "code": 30,
    "label": 30,
    "status": 30,
    "contact": 50,
    "product": 200,
    "quantity": 20,
    "date": 20,
    "url": 200,
    "money": 12,
}
"""Zalo's parameter types and the most characters each takes."""

_DATE: Final = re.compile(r"(?:[0-2]\d:[0-5]\d )?[0-3]\d/[01]\d/\d{4}")
_URL: Final = re.compile(r"[A-Za-z0-9._~/?&=%:-]+")
_NUMBER: Final = re.compile(r"\d+")
_LINK: Final = re.compile(r"https?://|www\.", re.IGNORECASE)
_TELEPHONE: Final = re.compile(r"(?<!\d)(?:\+?84|0)(?:[ .-]?\d){9}(?!\d)")
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {"date": _DATE, "url": _URL, "quantity": _NUMBER, "money": _NUMBER}
_BROKEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "So", "Zl", "Zp"})
"""Categories of characters Zalo refuses or that could hide something: controls, directions, pictures."""


class ParameterRefused(ValueError):
    """A value does not fit its parameter; the message names the parameter and the rule, never the value."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `phrase` names what is said in it; `shorten`: too long a text is cut at a word and ends in "…"."""

    name: str
    type: str
    phrase: str
    longest: int
    shorten: bool = False

    def value(self, phrases: Mapping[str, str]) -> str:
        """Return the value.

        Raises:
            ParameterRefused: it is missing, too long, or holds what Zalo forbids.
        """
        text = " ".join(unicodedata.normalize("NFC", phrases.get(self.phrase, "")).split())
        if not text:
            raise ParameterRefused(f"{self.name} is empty")
        if len(text) > self.longest and self.shorten:
            text = shortened(text, self.longest)
        if len(text) > self.longest:
            raise ParameterRefused(f"{self.name} is longer than {self.longest}")
        form = _FORMS.get(self.type)
        if form is not None and not form.fullmatch(text):
            raise ParameterRefused(f"{self.name} is no {self.type}")
        if any(unicodedata.category(character) in _BROKEN or character in "<>" for character in text):
            raise ParameterRefused(f"{self.name} holds a forbidden character")
        if self.type != "url" and (_LINK.search(text) or _TELEPHONE.search(text)):
            raise ParameterRefused(f"{self.name} holds a link or a telephone number")
        return text


def shortened(text: str, longest: int) -> str:
    """Return at most `longest` characters, cut after a word."""
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    if not text[longest - 1].isspace() and " " in kept:
        kept = kept.rsplit(" ", 1)[0]
    return kept.rstrip(" ,;:–-") + "…"
