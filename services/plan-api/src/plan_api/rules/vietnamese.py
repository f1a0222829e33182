"""Vietnamese text: normal form, search folding, collation keys and dates as offices write them.

PostgreSQL's `lower()` and sorting know no Vietnamese here, so both columns are computed by these functions. Every
function is idempotent or injective as its docstring says and depends on nothing but its argument.
"""

import unicodedata
from datetime import date
from typing import Final

_REPLACED: Final = str.maketrans(
    {
        "\u2044": "/",
        "\u2215": "/",
        "\u2018": "'",
        "\u2019": "'",
        "\u201a": "'",
        "\u201b": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u201e": '"',
        "\u201f": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u00ad": None,
        "\u200b": None,
        "\u200c": None,
        "\u200d": None,
        "\u2060": None,
        "\ufeff": None,
        "\x00": None,
    }
)

_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_CODES: Final = {letter: chr(0x41 + index) for index, letter in enumerate(_LETTERS)}
_SHAPES: Final = "\u0306\u0302\u031b"  # breve, circumflex, horn: they make another letter
_TONES: Final = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
_WEEKDAYS: Final = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def normalise(text: str) -> str:
    """Return NFC text with plain slashes, quotes, hyphens and single spaces; line breaks are kept. Idempotent."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_REPLACED))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return "\n".join(lines).strip()


def fold(text: str) -> str:
    """Return text without tones, letter shapes, case and doubled spaces, for the search column. Idempotent."""
    return " ".join(_bare(_bare(normalise(text))).split())


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).replace("đ", "d").casefold()


def sort_key(text: str) -> str:
    """Return a key whose byte order (C collation) is the Vietnamese dictionary's.

    Letters come first (a ă â b c d đ e ê …, punctuation counts as a space), then tones (ngang, huyền, hỏi, ngã, sắc,
    nặng); numbers compare by value, so "Tổ 2" stands before "Tổ 10". Case does not count.
    """
    primary: list[str] = []
    tones: list[str] = []
    for word in _words(text):
        if primary:
            primary.append(" ")
        for letter, tone in word:
            primary.append(letter)
            tones.append(tone)
    return f"{''.join(primary)}\t{''.join(tones).rstrip('0')}"


def _words(text: str) -> list[list[tuple[str, str]]]:
    words: list[list[tuple[str, str]]] = []
    for raw in normalise(text).casefold().split():
        word: list[tuple[str, str]] = []
        digits = ""
        for character in (*raw, ""):
            if character.isdecimal():
                digits += str(int(character))
                continue
            if digits:
                word.append((_number(digits), "0"))
                digits = ""
            if character.isalnum():
                word.append(_letter(character))
            elif word:
                words.append(word)
                word = []
    return words


def _number(digits: str) -> str:
    value = digits.lstrip("0") or "0"
    length = len(value)
    return f"{'9' * ((length - 1) // 9)}{(length - 1) % 9}{value}"


def _letter(character: str) -> tuple[str, str]:
    decomposed = unicodedata.normalize("NFD", character)
    base, marks = decomposed[0], decomposed[1:]
    shaped = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark in _SHAPES))
    code = _LETTER_CODES.get(shaped) or _LETTER_CODES.get(base) or f"~{base}"
    return code, next((_TONES[mark] for mark in marks if mark in _TONES), "0")


def format_date(on: date) -> str:
    """Return a date as dd/mm/yyyy."""
    return f"{on.day:02}/{on.month:02}/{on.year:04}"


def weekday_name(on: date) -> str:
    """Return the weekday as written inside a sentence: "thứ Ba", "Chủ nhật"."""
    return _WEEKDAYS[on.weekday()]


def format_day(on: date) -> str:
    """Return weekday and date: "thứ Ba 07/11/2023"."""
    return f"{weekday_name(on)} {format_date(on)}"
