"""Symbols of documents as they are printed: read tolerantly out of messy text, proposed with a confidence.

Scanned and typed text confuses letters (Đ becomes P, D or B; g becomes Q; ê becomes ¢), signs and spaces. A number and
a notation are read all the same and matched to known notations; a clerk confirms. Two citations mean the same document
when kind, number, year and issuer agree: printed dates of one document differ from text to text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from plan_api.rules.vietnamese import fold, normalise

LETTER: Final = "CV"
"""The kind of a symbol that names none: an official letter (công văn)."""

KINDS: Final = (
    "NQ",
    "NĐ",
    "QĐ",
    "CT",
    "KH",
    "TT",
    "TTLT",
    "KL",
    "CTr",
    "TB",
    "BC",
    "QC",
    "HD",
    "TTr",
    "CĐ",
    "PA",
    "GM",
)
ISSUERS: Final = ("TTg", "CP", "TW", "TU", "UBND", "HĐND", "SGDĐT", "PGDĐT", "STTTT", "BTTTT", "BGDĐT")
COMMON: Final = tuple(f"{kind}-{issuer}" for kind in KINDS for issuer in ISSUERS if issuer not in {"TW", "TU"}) + tuple(
    f"{kind}/{issuer}" for kind in KINDS for issuer in ("TW", "TU")
)
"""Notations everybody knows; those a house uses are given beside them."""

FARTHEST: Final = 2
"""Letters in which a reading may differ from a known notation; so far off it is unsure."""

_CONFUSED: Final = str.maketrans({"p": "d", "b": "d", "q": "g", "¢": "e", "€": "e", "l": "i"})
_DIGITS: Final = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
_SYMBOL: Final = re.compile(
    r"(?:(?<![\w/.-])|(?<=[Ss]ố))(?P<number>\d[\dOolI]{0,5}[a-z]?|[OolI]\d[\dOolI]{0,4})(?:\s*[/-]\s*|\s+)(?:(?P<year>(?:19|20)\d\d)\s*/\s*)?"
    r"(?P<notation>[^\W\d_][^\s\d/,.;:()-]{0,9}(?:\s?[-/]\s?[^\W\d_][^\s\d/,.;:()-]{0,9}){1,2})"
)
_DATE: Final = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s*(?:/|tháng)\s*(?P<month>\d{1,2})\s*(?:/|năm)\s*(?P<year>\d{4})(?!\d)", re.IGNORECASE
)


class Confidence(StrEnum):
    """How sure a reading is: as known, but for confused letters, or as it stands."""

    EXACT = "exact"
    LIKELY = "likely"
    UNSURE = "unsure"


class Impossible(StrEnum):
    """What cannot have been so: a warning, for printed dates are often wrong."""

    AFTER_CITING = "cited_before_it_was_issued"
    BEFORE_WHAT_IT_IMPLEMENTS = "older_than_what_it_implements"


@dataclass(frozen=True, slots=True)
class Reading:
    """A symbol read: `notation` as known or, unsure, as printed; `year` of the symbol, else of its printed date."""

    number: str
    notation: str
    year: int | None
    dated_on: date | None
    confidence: Confidence

    @property
    def kind(self) -> str:
        """The kind of document, by the head of its notation."""
        return _parts(self.notation)[0]

    @property
    def issuer(self) -> str:
        """Whose it is, by the rest of its notation."""
        return _parts(self.notation)[1]


def read_symbols(text: str, known: Iterable[str] = ()) -> list[Reading]:
    """Return the symbols printed in a text, in their order, matched to common notations and to `known` ones."""
    plain = normalise(text)
    notations = dict.fromkeys((*(normalise(notation) for notation in known), *COMMON))
    found = []
    for match in _SYMBOL.finditer(plain):
        printed = re.sub(r"\s", "", match["notation"])
        notation, confidence = _known_notation(printed, notations)
        if confidence is Confidence.EXACT or _looks_like_one(printed):
            found.append((match, notation, confidence))
    readings = []
    for place, (match, notation, confidence) in enumerate(found, 1):
        end = found[place][0].start() if place < len(found) else len(plain)
        dated_on = _date_in(plain[match.end() : end])
        year = int(match["year"]) if match["year"] else dated_on.year if dated_on else None
        readings.append(Reading(match["number"].translate(_DIGITS), notation, year, dated_on, confidence))
    return readings


def _looks_like_one(notation: str) -> bool:
    letters = [letter for letter in notation if letter.isalpha()]
    return 2 * sum(letter.isupper() for letter in letters) > len(letters)


def _date_in(text: str) -> date | None:
    match = _DATE.search(text)
    try:
        return None if match is None else date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None


def _known_notation(printed: str, known: Iterable[str]) -> tuple[str, Confidence]:
    """Return the nearest known notation, by shape, then by letter; a tie, or more than two letters off, is none."""
    nearest: dict[tuple[int, int], list[str]] = {}
    for notation in known:
        if notation.casefold() == printed.casefold():
            return notation, Confidence.EXACT
        off = _distance(_shape(printed), _shape(notation)), _distance(fold(printed), fold(notation))
        nearest.setdefault(off, []).append(notation)
    off = min(nearest)
    if off[0] > FARTHEST or len(nearest[off]) > 1:
        return printed, Confidence.UNSURE
    return nearest[off][0], Confidence.LIKELY if off[0] < FARTHEST else Confidence.UNSURE


def _shape(notation: str) -> str:
    """Return what is left of a notation when letters that scans confuse are one."""
    return re.sub(r"[-/]", "-", fold(notation).translate(_CONFUSED))


def _distance(one: str, other: str) -> int:
    """Return how many letters must be changed, added or left out (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        before, row = row, [number]
        for place, wanted in enumerate(other, 1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != wanted)))
    return row[-1]


def _parts(notation: str) -> tuple[str, str]:
    head, *rest = re.split(r"[-/]", notation, maxsplit=1)
    known = next((kind for kind in KINDS if kind.casefold() == head.casefold()), None)
    return (known, "".join(rest)) if known else (LETTER, head)


def same_document(cited: Reading, other: Reading) -> bool:
    """Return whether two citations mean one document: kind, number, issuer, and year where both tell it."""

    def identity(reading: Reading) -> Sequence[str]:
        return reading.kind, (reading.number.lstrip("0") or "0").casefold(), fold(reading.issuer)

    return identity(cited) == identity(other) and (None in {cited.year, other.year} or cited.year == other.year)


def impossible(line: Sequence[Reading], citing_on: date | None) -> list[Impossible]:
    """Return what cannot be so of one citation: `line` begins with what is cited, then what that one implements."""
    if not line:
        return []
    cited, found = line[0], []
    if citing_on is not None and _later(cited, citing_on.year, citing_on):
        found.append(Impossible.AFTER_CITING)
    if cited.year is not None and any(_later(below, cited.year, cited.dated_on) for below in line[1:]):
        found.append(Impossible.BEFORE_WHAT_IT_IMPLEMENTS)
    return found


def _later(one: Reading, year: int, on: date | None) -> bool:
    if one.dated_on is not None and on is not None:
        return one.dated_on > on
    return one.year is not None and one.year > year
