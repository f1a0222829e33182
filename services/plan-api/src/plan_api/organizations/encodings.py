"""Read Vietnamese text in the encodings offices have left behind: Unicode, Windows-1258, TCVN3 (ABC) and VNI fonts.

A candidate is judged by how many of its words with diacritics are possible Vietnamese syllables; pure functions.
TCVN3's capital fonts (`.VnTimeH`) share codes with the small letters, so capitals written in them come back small.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

_SAMPLE: Final = 200_000

_TCVN3_RANGES: Final = (
    (0xA1, "ĂÂÊÔƠƯĐăâêôơưđ"),
    (0xB5, "àảãáạ"),
    (0xBB, "ằẳẵắ"),
    (0xC6, "ặầẩẫấậè"),
    (0xCE, "ẻẽéẹềểễếệìỉ"),
    (0xDC, "ĩíịò"),
    (0xE1, "ỏõóọồổỗốộờởỡớợù"),
    (0xF1, "ủũúụừửữứựỳỷỹýỵ"),
)
_TCVN3: Final = {first + offset: letter for first, letters in _TCVN3_RANGES for offset, letter in enumerate(letters)}

_ACUTE, _GRAVE, _HOOK, _TILDE, _DOT = "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"
_CIRCUMFLEX, _BREVE = "\u0302", "\u0306"
_VNI_TONES: Final = {"ù": _ACUTE, "ø": _GRAVE, "û": _HOOK, "õ": _TILDE, "ï": _DOT}
_VNI_CIRCUMFLEX: Final = {"â": "", "á": _ACUTE, "à": _GRAVE, "å": _HOOK, "ã": _TILDE, "ä": _DOT}
_VNI_BREVE: Final = {"ê": "", "é": _ACUTE, "è": _GRAVE, "ú": _HOOK, "ü": _TILDE, "ë": _DOT}
_VNI_ALONE: Final = {
    "ö": "ư", "ô": "ơ", "ñ": "đ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ",
}  # fmt: skip

_NUCLEI: Final = (
    "iêu|oai|oao|oay|oeo|uây|uôi|ươi|ươu|uya|uyê|uyu|yêu|uai|uay|ai|ao|au|ay|âu|ây|eo|êu|ia|iê|iu|oa|oă|oe|oi|oo|ôi|ơi|"
    "ua|uâ|uê|ui|uô|uơ|uy|ưa|ưi|ươ|ưu|yê|a|ă|â|e|ê|i|o|ô|ơ|u|ư|y"
)
_SYLLABLE: Final = re.compile(
    r"(ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?"
    rf"({_NUCLEI})(ch|nh|ng|[ckmnpt])?"
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_TONES: Final = re.compile(f"[{_ACUTE}{_GRAVE}{_HOOK}{_TILDE}{_DOT}]")


class EncodingUnknown(ValueError):
    """The bytes are text in none of the encodings that are read here."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text and the name of the encoding it came in."""

    text: str
    encoding: str


def from_tcvn3(text: str) -> str:
    """Return Unicode of TCVN3 (ABC) codes held as Latin-1 characters."""
    return text.translate(_TCVN3)


def from_vni(text: str) -> str:
    """Return Unicode of VNI-Windows codes held as Latin-1 characters."""
    result: list[str] = []
    previous = ""
    for character in text:
        composed = _vni_mark(previous, character)
        if composed is not None:
            result[-1] = composed
            previous = ""
            continue
        plain = _VNI_ALONE.get(character.lower())
        result.append((plain if character.islower() else plain.upper()) if plain else character)
        previous = result[-1]
    return "".join(result)


def _vni_mark(letter: str, mark: str) -> str | None:
    base, sign = letter.lower(), mark.lower()
    if not base or base not in "aeiouyơư":
        return None
    if base in "aeo" and sign in _VNI_CIRCUMFLEX:
        return unicodedata.normalize("NFC", letter + _CIRCUMFLEX + _VNI_CIRCUMFLEX[sign])
    if base == "a" and sign in _VNI_BREVE:
        return unicodedata.normalize("NFC", letter + _BREVE + _VNI_BREVE[sign])
    if sign in _VNI_TONES:
        return unicodedata.normalize("NFC", letter + _VNI_TONES[sign])
    return None


def plausibility(text: str) -> int:
    """Return how Vietnamese a text looks: possible syllables with diacritics minus twice the impossible ones."""
    score = 0
    for word in _WORD.findall(unicodedata.normalize("NFC", text[:_SAMPLE])):
        if not word.isascii():
            score += 1 if _is_syllable(word) else -2
    return score


def _is_syllable(word: str) -> bool:
    if not (word.islower() or word.isupper() or word.istitle()):
        return False
    bare, tones = _TONES.subn("", unicodedata.normalize("NFD", word.lower()))
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)) is not None


_LEGACY: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (("tcvn3", from_tcvn3), ("vni", from_vni))


def decode(content: bytes) -> Decoded:
    """Decode a file's bytes.

    Raises:
        EncodingUnknown: no encoding makes Vietnamese (or plain ASCII) of them.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _strict(content, encoding)
    if (wide := _wide(content)) is not None:
        return _strict(content, wide)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(content)
    mended, font = mend(text)
    return Decoded(unicodedata.normalize("NFC", mended), font or "utf-8")


def _strict(content: bytes, encoding: str) -> Decoded:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise EncodingUnknown(encoding) from error
    mended, font = mend(text)
    return Decoded(unicodedata.normalize("NFC", mended), font or encoding.removesuffix("-sig"))


def _wide(content: bytes) -> str | None:
    """Return which UTF-16 a text without a mark is in: half of plain letters' bytes are zero."""
    sample = content[:2_000]
    if len(sample) < 4 or 0 not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return "utf-16-le" if odd > even else "utf-16-be"


def _legacy(content: bytes) -> Decoded:
    latin = content.decode("latin-1")
    candidates = [
        ("windows-1258", unicodedata.normalize("NFC", content.decode("cp1258", errors="replace"))),
        *((name, convert(latin)) for name, convert in _LEGACY),
    ]
    encoding, text = max(candidates, key=lambda candidate: plausibility(candidate[1]))
    if plausibility(text) <= 0 or "\ufffd" in text:
        raise EncodingUnknown("bytes")
    return Decoded(text, encoding)


def mend(text: str) -> tuple[str, str | None]:
    """Return Unicode text typed in a legacy font as real Vietnamese, and which font family it was (None: none).

    Spreadsheets keep such text as Latin-1 characters that only the font made readable.
    """
    font = legacy_font([text])
    return (dict(_LEGACY)[font](text), font) if font else (text, None)


def legacy_font(texts: Iterable[str]) -> str | None:
    """Return the legacy font family (`tcvn3`, `vni`) a sample of Unicode texts was typed in, or None."""
    sample = " ".join(texts)[:_SAMPLE]
    if plausibility(sample) >= 0:
        return None
    name, convert = max(_LEGACY, key=lambda legacy: plausibility(legacy[1](sample)))
    return name if plausibility(convert(sample)) > 0 else None


def convert_font(text: str, font: str | None) -> str:
    """Return text typed in a legacy font as Unicode; unchanged without one."""
    return dict(_LEGACY)[font](text) if font and not text.isascii() else text
