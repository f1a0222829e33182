"""Every mail with the longest names of the sample province, held against docs/vi/cau-chu.md."""

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from mail_samples import COMMUNE, ISSUER, OFFICE, ROOT, Sample, samples
from notifier.rendering import Renderer

RULES = (ROOT / "docs" / "vi" / "cau-chu.md").read_text()
VIETNAMESE = samples("vi")
ALL = [(language, sample) for language in ("vi", "en") for sample in samples(language)]
TEMPLATES = ROOT / "services" / "notifier" / "src" / "notifier" / "templates"
ANSWERS = {"answer_taken", "answer_refused", "answer_stranger"}


def banned() -> list[str]:
    """Return the words of the table of words not to be used."""
    table = RULES.partition("## Từ không dùng")[2].partition("\n## ")[0]
    found = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", table, re.MULTILINE)
    return [word for word in found if word not in {"không dùng", "---"}]


def own_words(sample: Sample) -> str:
    """Return what a mail says beside addresses and signs of documents, which stay as they were issued."""
    said = f"{sample.rendered.subject}\n{sample.rendered.text}"
    return re.sub(r"https?://\S+|\S+/(KH|NQ)-\S+", "", said)


class Page(HTMLParser):
    """What a mail's HTML loads and leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            if name == "href":
                self.links.append(value or "")
            if name in {"src", "background"} or (name == "style" and "url(" in (value or "")):
                self.loaded.append(value or "")


def test_every_template_is_sampled_and_pictured() -> None:
    names = {sample.name for sample in VIETNAMESE}
    assert names == Renderer().ids | ANSWERS
    for name in names:
        assert (ROOT / "docs" / "pictures" / "mails" / f"{name}.png").stat().st_size > 5000
        assert f"mails/{name}.png" in RULES


def test_the_samples_carry_the_longest_names() -> None:
    assert len(COMMUNE) >= len("Phường Nguyễn Đại Năng")
    assert any(OFFICE in sample.rendered.text and ISSUER in sample.rendered.text for sample in VIETNAMESE)


def test_the_table_of_banned_words_is_read() -> None:
    assert {"vui lòng", "deadline", "anh/chị", "UBND"} <= set(banned())
    assert len(banned()) > 20


@pytest.mark.parametrize("sample", VIETNAMESE, ids=lambda sample: sample.name)
def test_no_banned_word_is_used(sample: Sample) -> None:
    said = own_words(sample)
    for word in banned():
        flags = 0 if word.isupper() else re.IGNORECASE
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said, flags), word


@pytest.mark.parametrize("sample", VIETNAMESE, ids=lambda sample: sample.name)
def test_forms_of_address_and_courtesy(sample: Sample) -> None:
    text = sample.rendered.text
    assert text.startswith("Kính gửi: ") or (sample.name == "answer_stranger" and text.startswith("Kính gửi "))
    courteous = ("Kính đề nghị", "kính đề nghị", "Trân trọng")
    assert any(each in text for each in courteous)
    footer = text.rpartition("----\n")[2]
    assert footer.startswith(("Thư gửi tới vị trí ", "Thư trả lời tự động"))


@pytest.mark.parametrize(("language", "sample"), ALL, ids=lambda each: each if isinstance(each, str) else each.name)
def test_subjects_are_one_plain_line(language: str, sample: Sample) -> None:
    subject = sample.rendered.subject
    assert 10 < len(subject) <= 180
    assert not re.search(r"[.!?]$|[\r\n\t]|  ", subject)
    assert not re.search(r"\b[A-ZĐÀ-Ỹ]{5,}\b", re.sub(r"\S*-\S*", "", subject))
    assert language == "vi" or subject.isprintable()


@pytest.mark.parametrize(("language", "sample"), ALL, ids=lambda each: each if isinstance(each, str) else each.name)
def test_dates_times_and_punctuation(language: str, sample: Sample) -> None:
    said = own_words(sample)
    assert not re.search(r"\d{4}-\d\d-\d\d|\d\d[-.]\d\d[-.]\d{4}", said)
    assert not re.search(r"\d{1,2}\s?h\b|\b(AM|PM)\b|24:00", said)
    if language == "vi":
        assert "00:00" not in said
    assert not re.search(r" [,.;:]|,,|\.\.(?!\.)|;\.|[!{}]|None|undefined|\( |\(\)", said)
    assert said == unicodedata.normalize("NFC", said)
    assert "\n\n\n" not in sample.rendered.text


@pytest.mark.parametrize(("language", "sample"), ALL, ids=lambda each: each if isinstance(each, str) else each.name)
def test_a_mail_loads_nothing_and_leads_to_one_place(language: str, sample: Sample) -> None:
    page = Page(sample.rendered.html)
    assert not {"img", "script", "iframe", "form", "link", "object", "svg"} & set(page.tags), language
    assert page.loaded == []
    assert {link.split("/")[2] for link in page.links} <= {"thong-suot.example"}
    assert 'name="viewport"' in sample.rendered.html


def test_templates_do_not_shorten_words_of_their_own() -> None:
    for path in TEMPLATES.rglob("*.txt"):
        if "en" in path.parts:
            continue
        assert not re.search(r"GD&ĐT|UBND|THCS|THPT|\bTP\b", path.read_text()), path
