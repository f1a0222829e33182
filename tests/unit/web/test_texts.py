"""Every text a page names exists in both languages, with the same places to fill, and none is left over."""

import re
from pathlib import Path
from string import Formatter

import pytest
from cascade_contracts.vocabulary import TERMINAL_WITHOUT_HAND_IN
from plan_api.web import texts
from plan_api.web.words import words_of

WEB = Path(texts.__file__).parent
SOURCES = [path for path in WEB.rglob("*") if path.suffix in {".html", ".py"} and path.name != "texts.py"]
TEMPLATES = [path for path in SOURCES if path.suffix == ".html"]
PARTS = ("hand_in_", "again_", "send_", "kind_", "part_")


def named() -> set[str]:
    """Return whatever stands in quotes in templates and modules."""
    return {name for path in SOURCES for name in re.findall(r"""["']([a-z_]+)["']""", path.read_text())}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_name_only_texts_there_are(path: Path) -> None:
    used = set(re.findall(r"""\bt\(["']([a-z_]+)["'][,)]""", path.read_text()))
    assert used <= texts.TEXTS.keys()


def test_no_text_is_left_over() -> None:
    unused = {text for text in texts.TEXTS if not text.startswith(PARTS)} - named()
    assert unused <= set(TERMINAL_WITHOUT_HAND_IN), "named by the state itself"


@pytest.mark.parametrize("text", texts.TEXTS)
def test_both_languages_fill_the_same_places(text: str) -> None:
    vi, en = ({place for _, place, _, _ in Formatter().parse(one) if place} for one in texts.TEXTS[text])
    assert vi == en


def test_vietnamese_is_courteous_and_without_threats() -> None:
    said = " ".join(vi for vi, _ in texts.TEXTS.values())
    assert "!" not in said
    assert not re.search(r"\b(anh/chị|bạn|phải nộp ngay|xử lý kỷ luật)\b", said)


def test_days_sizes_and_languages() -> None:
    vi, en = words_of(None), words_of("en")
    assert (vi.size(1_258_291), en.size(1_258_291), vi.size(100)) == ("1,2 MB", "1.2 MB", "1 KB")
    assert (vi.query, en.query, vi.other, en.other) == ("", "?lang=en", "en", "vi")
