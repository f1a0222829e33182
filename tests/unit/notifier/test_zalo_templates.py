"""The pack of wordings keeps Zalo's rules, and every notice fills it, with names as long as they come."""

import re
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cascade_contracts.delivery import AnyFacts, NewsFacts
from cascade_contracts.vocabulary import Audience, NewsKind, RoundKind, StepKind
from notifier.channels.zalo.channel import normalised
from notifier.channels.zalo.codes import ACTIONS, CODES, Kind, kind_of, kind_of_http, next_morning
from notifier.channels.zalo.parameters import LONGEST, Parameter, ParameterRefused, shortened
from notifier.channels.zalo.templates import Wording, load_pack, load_register
from notifier.rendering import Renderer, template_of
from notifier.rendering.phrases import phrases_of
from unit.notifier.notices import facts, recipient

PACK = {(each.template, each.version): each for each in load_pack()}
LONG_UNIT = (
    "Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên và Hướng nghiệp dạy nghề liên phường Lê Chân, "
    "An Biên, Trần Nguyên Hãn, Ủy ban nhân dân phường Lê Chân, thành phố Hải Phòng"
)
LONG_TITLE = (
    "Báo cáo kết quả thực hiện Kế hoạch triển khai công tác phòng, chống bạo lực học đường, bảo đảm an toàn trường học "
    "và xây dựng môi trường giáo dục an toàn, lành mạnh, thân thiện năm học 2026 - 2027 và phương hướng năm học sau"
)


def everything() -> list[AnyFacts]:
    """Facts of every kind of notice, with long names and with nothing that may be missing."""
    known: list[AnyFacts] = []
    for step in StepKind:
        for audience in (Audience.CONTACT, Audience.HEAD, Audience.SUPERIOR_HEAD, Audience.REVIEWER_CONTACT):
            for kind in RoundKind:
                known.append(
                    facts(
                        step=step,
                        audience=audience,
                        round_kind=kind,
                        round_title=LONG_TITLE,
                        issuer_name=LONG_UNIT,
                        return_reason=LONG_TITLE,
                        working_days_late=248,
                        rehearsal=True,
                        link="https://cascade.test/l/" + "x" * 60,
                    )
                )
                known.append(
                    facts(step=step, audience=audience, round_kind=kind, due_at=None, return_reason="Thiếu số")
                )
    news = {
        "basis": "Nghị quyết số 1667/NQ-UBTVQH15 ngày 16/06/2026",
        "about": LONG_TITLE,
        "effective_on": date(2026, 7, 1),
        "as_of": datetime(2026, 6, 20, 1, 0, tzinfo=UTC),
        "link": "https://cascade.test/l/abc",
    }
    return known + [NewsFacts.model_validate({"news": kind, **news}) for kind in NewsKind]


@pytest.mark.parametrize("template", [template for template, _ in PACK])
def test_every_notice_fills_its_template(template: str) -> None:
    given = [said for said in everything() if template_of(said) == template]
    assert given
    for said in given:
        _fills(PACK[template, 1], said)


def _fills(wording: Wording, said: AnyFacts) -> None:
    values = wording.values(phrases_of(recipient(LONG_UNIT), said))
    assert set(values) == {each.name for each in wording.parameters}
    for parameter in wording.parameters:
        assert 1 <= len(values[parameter.name]) <= LONGEST[parameter.type]
        assert unicodedata.is_normalized("NFC", values[parameter.name])
    for text in wording.texts:
        assert "<" not in re.sub(r"<([a-z_]+)>", lambda found: values[found[1]], text)


def test_the_pack_has_every_template_in_its_newest_version() -> None:
    renderer = Renderer()
    assert set(PACK) == {(template, renderer.newest(template)) for template in renderer.ids}


@pytest.mark.parametrize("wording", PACK.values(), ids=lambda wording: wording.template)
def test_wordings_keep_the_rules_of_review(wording: Wording) -> None:
    assert 9 <= len(wording.title) <= 65
    assert len(re.findall("<", wording.title)) <= 4
    assert 1 <= len(wording.paragraphs) <= 4
    assert all(9 <= len(paragraph) <= 400 for paragraph in wording.paragraphs)
    assert len(wording.parameters) <= 10
    assert 2 <= len(wording.table) <= 8
    assert all(3 <= len(label) <= 35 and len(re.findall("<", value)) == 1 for label, value in wording.table)
    assert 5 <= len(wording.button[0]) <= 30
    fixed = re.sub(r"<[a-z_]+>", "", " ".join([wording.title, *wording.paragraphs, wording.button[0]]))
    assert not re.search(r"\b[A-ZĐ]{2,}\b|[!]|anh/chị|http|\d{4,}", fixed)
    assert unicodedata.is_normalized("NFC", fixed)
    assert {each.type for each in wording.parameters} <= LONGEST.keys()


def _code(kind: str = "product", longest: int = 30, *, shorten: bool = False) -> Parameter:
    return Parameter("x", kind, "x", longest, shorten)


@pytest.mark.parametrize(
    ("parameter", "text", "rule"),
    [
        (_code(), "", "is empty"),
        (_code(), " \n ", "is empty"),
        (_code(), "a" * 31, "is longer than 30"),
        (_code("date"), "2026-11-10", "is no date"),
        (_code("url"), "a b", "is no url"),
        (_code("quantity"), "12 đơn vị", "is no quantity"),
        (_code(), "a\u200bb", "holds a forbidden character"),
        (_code(), "<b>", "holds a forbidden character"),
        (_code(), "gấp 🔔", "holds a forbidden character"),
        (_code(), "xem HTTPS://a.test", "holds a link or a telephone number"),
        (_code(), "gọi 0900 000 123", "holds a link or a telephone number"),
        (_code(), "gọi +84900000123", "holds a link or a telephone number"),
    ],
)
def test_what_may_not_stand_in_a_parameter(parameter: Parameter, text: str, rule: str) -> None:
    with pytest.raises(ParameterRefused, match=f"^x {rule}$"):
        parameter.value({"x": text})


def test_lengths_count_composed_characters() -> None:
    decomposed = unicodedata.normalize("NFD", "Trường Tiểu học Nguyễn Huệ")
    assert len(decomposed) > 30
    assert _code().value({"x": decomposed}) == "Trường Tiểu học Nguyễn Huệ"
    assert _code("date").value({"x": "08:00 13/11/2026"}) == "08:00 13/11/2026"


def test_texts_are_cut_after_a_word() -> None:
    assert shortened("báo cáo năm 2026", 16) == "báo cáo năm 2026"
    assert shortened("báo cáo năm 2026", 12) == "báo cáo năm…"
    assert shortened("báo cáo, năm 2026", 11) == "báo cáo…"
    assert shortened("x" * 50, 10) == "x" * 9 + "…"
    assert _code(longest=10, shorten=True).value({"x": "báo cáo năm"}) == "báo cáo…"


def test_every_class_has_an_action_and_every_code_a_class() -> None:
    assert set(ACTIONS) == set(Kind)
    assert {kind_of(code) for code in CODES} == set(Kind) - {Kind.UNHEARD_OF, Kind.SILENCE, Kind.AWAY}
    assert kind_of(-99999) is Kind.UNHEARD_OF
    assert [kind_of_http(status) for status in (500, 502, 302, 429, 403, 418)] == [
        Kind.SILENCE,
        Kind.SILENCE,
        Kind.SILENCE,
        Kind.TRANSIENT,
        Kind.CONFIGURATION,
        Kind.UNHEARD_OF,
    ]


def test_the_morning_after_a_night() -> None:
    assert next_morning(datetime(2026, 11, 11, 16, 0, tzinfo=UTC)) == datetime(2026, 11, 11, 23, 5, tzinfo=UTC)
    assert next_morning(datetime(2026, 11, 11, 20, 0, tzinfo=UTC)) == datetime(2026, 11, 11, 23, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("0900 000 123", "84900000123"),
        ("+84 900.000.123", "84900000123"),
        ("84900000123", "84900000123"),
        ("02253 123 456", None),
        ("0912345", None),
        ("a@hp.test", None),
    ],
)
def test_numbers_are_normalised(given: str, number: str | None) -> None:
    assert normalised(given) == number


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('[[template]]\ntemplate = "nhac"\nzalo_id = "1"', "row 1 of .*: there is no template nhac version 1"),
        ('[[template]]\ntemplate = "due"\nversion = 9\nzalo_id = "1"', "there is no template due version 9"),
        ('[[template]]\ntemplate = "due"\nzalo_id = "x"', "zalo_id of due is the number"),
        ('[[template]]\ntemplate = "due"\nzalo_id = "1"\n' * 2, "row 2 of .*: due version 1 stands there twice"),
        ("[[template", "cannot be read"),
    ],
)
def test_a_wrong_register_says_which_row(tmp_path: Path, rows: str, said: str) -> None:
    file = tmp_path / "zalo.toml"
    file.write_text(rows)
    with pytest.raises(ValueError, match=said):
        load_register(file)


def test_a_register_names_ids_and_timeouts(tmp_path: Path) -> None:
    file = tmp_path / "zalo.toml"
    file.write_text('[[template]]\ntemplate = "due"\nversion = 1\nzalo_id = "5"\ntimeout_seconds = 60\n')
    entry = load_register(file).find("due", 1)
    assert entry is not None
    assert (entry.zalo_id, entry.timeout) == ("5", 60)
    assert load_register(file).find("due", 2) is None
    assert load_register(None).find("due", 1) is None
