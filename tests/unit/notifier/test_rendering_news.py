"""What news says that no ladder made."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cascade_contracts.delivery import NewsFacts, NewsItem, NewsSection, NoticeFacts, NoticeOut
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import NewsKind, NewsPart
from notifier.rendering import Rendered, Renderer, template_of
from unit.notifier.notices import UNIT, facts, recipient

RENDERER = Renderer()
OWED = NewsItem(unit_name="Xã Mới", thing="Báo cáo quý III", document="18/KH-SGDĐT", due_on=date(2026, 11, 10))


def news(kind: NewsKind, *sections: NewsSection, **changes: Any) -> NewsFacts:
    known: dict[str, Any] = {
        "news": kind,
        "basis": "Nghị quyết 12/NQ",
        "about": "báo cáo quý III",
        "effective_on": date(2026, 11, 2),
        "as_of": datetime(2026, 11, 2, 2, 0, tzinfo=UTC),
        "sections": list(sections),
    }
    return NewsFacts.model_validate(known | changes)


def say(told: NewsFacts, language: str = "vi", **who: str) -> Rendered:
    return RENDERER.render(template_of(told), 1, recipient(language=language, **who), told)


def test_a_reorganisation_is_told_with_its_basis_and_what_was_re_homed() -> None:
    ended = NewsItem(unit_name="Xã Cũ", what="ended", to=["Xã Mới"])
    gone = OWED.model_copy(update={"unit_name": "Xã Cũ", "to": ["Xã Mới"]})
    said = say(
        news(
            NewsKind.REORGANISED,
            NewsSection(part=NewsPart.UNITS, count=1, items=[ended]),
            NewsSection(part=NewsPart.LOST, count=12, items=[gone]),
        )
    )
    assert said.subject == f"Sắp xếp đơn vị từ ngày 02/11/2026: {UNIT}"
    assert "Căn cứ: Nghị quyết 12/NQ\nSố liệu đến: 09:00 ngày 02/11/2026\n" in said.text
    assert "Nội dung sắp xếp (1):\n- Xã Cũ kết thúc hoạt động; đơn vị kế thừa: Xã Mới\n" in said.text
    assert (
        "Nhiệm vụ đơn vị không còn phải thực hiện (12):\n"
        "- Báo cáo quý III – 18/KH-SGDĐT, Xã Cũ, hạn 10/11/2026, chuyển đến Xã Mới\n- và 11 mục khác\n"
    ) in said.text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", list(NewsKind))
def test_every_news_keeps_the_tone_and_escapes_what_people_wrote(kind: NewsKind, language: str) -> None:
    nasty = "<img src=x>"
    item = NewsItem(unit_name=nasty, thing=nasty, document=nasty, to=[nasty], link="https://cascade.test/l/a?x=1&y=2")
    unit = NewsItem(unit_name=nasty, what="moved", to=[nasty])
    sections = [NewsSection(part=part, count=60, items=[item, unit]) for part in NewsPart]
    said = say(news(kind, *sections, basis=nasty, about=nasty), language, unit=nasty, seat=nasty)
    assert "<img" not in said.html
    assert "&amp;lt;" not in said.html
    assert 'href="https://cascade.test/l/a?x=1&amp;y=2"' in said.html
    for plain in (say(news(kind), language), say(news(kind, rehearsal=True), language)):
        assert plain.subject == " ".join(plain.subject.split())
        assert not re.search(r"!|\{|\}|None|  ", plain.subject + plain.text)
        assert "\n\n\n" not in plain.text


@pytest.mark.parametrize("told", [facts(), news(NewsKind.OUT_OF_DATE)])
def test_facts_of_ladders_and_news_are_told_apart_on_the_wire(told: NoticeFacts | NewsFacts) -> None:
    sent = NoticeOut(notice_id=new_id(), recipient=recipient(), facts=told)
    assert NoticeOut.model_validate_json(sent.model_dump_json()) == sent
