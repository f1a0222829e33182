"""What notices say, word for word where it matters."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cascade_contracts.vocabulary import Audience, NewsKind, RoundKind, StepKind
from jinja2 import TemplateNotFound
from notifier.rendering import Rendered, Renderer, template_for
from notifier.rendering.words import VIETNAMESE, lower_first, short_name
from unit.notifier.notices import UNIT, facts, item, recipient

RENDERER = Renderer()
REPORT = "báo cáo năm 2026 về công tác thông tin đối ngoại"
DIRECTOR = "lãnh đạo cơ quan quản lý cấp trên trực tiếp"
NEXT: dict[str, Any] = {
    "next_step_at": datetime(2026, 11, 13, 1, 0, tzinfo=UTC),
    "next_audience": Audience.SUPERIOR_HEAD,
}


def say(step: StepKind, audience: Audience = Audience.CONTACT, language: str = "vi", **changes: Any) -> Rendered:
    known = facts(step=step, audience=audience, **changes)
    return RENDERER.render(template_for(step, audience), 1, recipient(language=language), known)


def test_announcement() -> None:
    said = say(StepKind.ANNOUNCE)
    assert said.subject == f"Giao {REPORT}, hạn 10/11/2026"
    assert said.text.startswith(f"Kính gửi: {UNIT}\n\n")
    assert f"Sở Giáo dục và Đào tạo Hải Phòng đề nghị đơn vị gửi {REPORT}, chậm nhất hết ngày 10/11/2026." in said.text
    assert "Kính đề nghị xác nhận đã nhận." in said.text
    assert "Căn cứ: Kế hoạch 18/KH-SGDĐT ngày 14/01/2026" in said.text
    assert "Xem và xác nhận:\nhttps://cascade.test/l/abc?x=1&y=2\n" in said.text


def test_announcement_of_an_acknowledgement() -> None:
    said = say(StepKind.ANNOUNCE, round_kind=RoundKind.ACKNOWLEDGE, round_title="Xác nhận")
    assert said.subject == "Đề nghị xác nhận đã nhận văn bản 18/KH-SGDĐT, hạn 10/11/2026"
    assert "đề nghị đơn vị xác nhận đã nhận văn bản 18/KH-SGDĐT, chậm nhất hết ngày 10/11/2026." in said.text


def test_reminder() -> None:
    said = say(StepKind.REMIND, working_days_left=5)
    assert said.subject == f"Còn 5 ngày làm việc: {REPORT}"
    assert f"chưa nhận được {REPORT} của đơn vị; hạn là hết ngày 10/11/2026." in said.text
    assert "Trường hợp đã gửi theo cách khác, kính đề nghị liên hệ Sở để kiểm tra." in said.text


def test_due_today() -> None:
    said = say(StepKind.DUE, as_of=datetime(2026, 11, 10, 1, 0, tzinfo=UTC))
    assert said.subject == f"Hôm nay đến hạn: {REPORT}"
    assert "Hạn là hết hôm nay, thứ Ba, 10/11/2026." in said.text
    assert "Nếu không có số liệu phát sinh, đơn vị có thể chọn Không phát sinh." in said.text


def test_overdue() -> None:
    said = say(StepKind.OVERDUE, working_days_late=1, **NEXT)
    assert said.subject == f"Quá hạn 1 ngày làm việc: {REPORT}"
    assert (
        f"Đến 08:00 ngày 11/11/2026, Sở Giáo dục và Đào tạo Hải Phòng chưa nhận được {REPORT} của đơn vị." in said.text
    )
    assert "Thời hạn: Hết ngày 10/11/2026\nTình trạng: Quá hạn 1 ngày làm việc\n" in said.text
    assert "Kính đề nghị đơn vị nộp báo cáo trong hôm nay, hoặc cho biết vướng mắc để Sở hỗ trợ." in said.text
    assert f"Nếu đến 08:00 ngày 13/11/2026 Sở chưa nhận được, thông báo sẽ gửi tới {DIRECTOR}." in said.text
    assert said.text.endswith(
        f"Thư gửi tới vị trí Đầu mối báo cáo của {UNIT}. Mở liên kết không làm thay đổi dữ liệu.\n"
    )


def test_the_same_audience_again_is_called_a_reminder() -> None:
    said = say(StepKind.OVERDUE, **NEXT | {"next_audience": Audience.CONTACT})
    assert "Nếu đến 08:00 ngày 13/11/2026 Sở chưa nhận được, hệ thống sẽ gửi thông báo nhắc lại." in said.text


def test_nothing_is_announced_when_nothing_follows() -> None:
    assert "Nếu đến" not in say(StepKind.OVERDUE).text
    assert "Nếu đến" not in say(StepKind.OVERDUE, **NEXT | {"next_audience": Audience.NOBODY}).text


def test_overdue_to_the_head_of_the_unit() -> None:
    said = say(
        StepKind.OVERDUE,
        Audience.HEAD,
        working_days_late=2,
        reminded_on=[date(2026, 11, 3), date(2026, 11, 9), date(2026, 11, 11)],
    )
    assert said.subject == f"Đề nghị chỉ đạo: {REPORT} quá hạn 2 ngày làm việc"
    assert said.text.startswith(f"Kính gửi: Lãnh đạo {UNIT}\n")
    assert "Đã nhắc đầu mối của đơn vị các ngày 03/11, 09/11 và 11/11." in said.text
    assert "Kính đề nghị lãnh đạo chỉ đạo nộp báo cáo trong ngày" in said.text


def test_escalation_of_one_unit_names_it() -> None:
    said = say(StepKind.ESCALATE, Audience.SUPERIOR_HEAD, items=[item("Trường Tiểu học Kiến Minh", 3)])
    assert said.subject == f"Đề nghị chỉ đạo: {REPORT} của Trường Tiểu học Kiến Minh quá hạn 3 ngày làm việc"
    assert f"Kính đề nghị lãnh đạo {UNIT} chỉ đạo Trường Tiểu học Kiến Minh nộp báo cáo trong ngày." in said.text
    assert "Xem quá trình đôn đốc:" in said.text


def test_escalation_of_many_units_lists_them() -> None:
    units = [item(f"Trường số {number}", number) for number in range(1, 4)]
    said = say(StepKind.OVERDUE, Audience.SUPERIOR_CONTACT, items=units, item_count=12)
    assert said.subject == f"Đề nghị chỉ đạo: 12 đơn vị quá hạn, {REPORT}"
    assert "- Trường số 1: quá hạn 1 ngày làm việc\n- Trường số 2: quá hạn 2 ngày làm việc\n" in said.text
    assert "- và 9 đơn vị khác\n" in said.text


def test_the_tracker_is_asked_to_follow_up() -> None:
    said = say(StepKind.ESCALATE, Audience.TRACKER, items=[item("Trường A", 1)])
    assert said.subject.startswith("Đề nghị đôn đốc: ")
    assert "Kính đề nghị theo dõi, đôn đốc Trường A." in said.text


def test_review_and_return() -> None:
    waiting = say(StepKind.REVIEW, Audience.REVIEWER_CONTACT, items=[item("Trường A")], **NEXT)
    assert waiting.subject == f"Chờ duyệt: {REPORT} của Trường A"
    assert "Kính đề nghị duyệt, hoặc trả lại kèm lý do." in waiting.text
    assert "Nếu đến 08:00 ngày 13/11/2026 chưa được duyệt, thông báo sẽ gửi tới" in waiting.text

    back = say(StepKind.RETURNED, return_reason="Thiếu phụ lục 2")
    assert back.subject == f"Trả lại: {REPORT} cần hoàn thiện"
    assert "Lý do: Thiếu phụ lục 2" in back.text
    assert "Kính đề nghị đơn vị hoàn thiện và gửi lại, chậm nhất hết ngày 10/11/2026." in back.text


def test_belated_folded_and_rehearsal_say_so() -> None:
    said = say(StepKind.OVERDUE, belated=True, announcement_folded=True, rehearsal=True)
    assert said.subject.startswith("[Diễn tập] ")
    assert "Thông báo này đến muộn hơn lịch do hệ thống bị gián đoạn; thời hạn không thay đổi." in said.text
    assert "Thư này đồng thời là thông báo giao thực hiện" in said.text


@pytest.mark.parametrize(
    ("due_at", "due_on", "expected"),
    [
        (datetime(2026, 11, 10, 17, 0, tzinfo=UTC), None, "Thời hạn: Hết ngày 10/11/2026"),
        (datetime(2026, 11, 10, 7, 5, tzinfo=UTC), None, "Thời hạn: 14:05 ngày 10/11/2026"),
        (None, date(2026, 11, 10), "Thời hạn: Hết ngày 10/11/2026"),
    ],
)
def test_a_due_time_is_said_as_people_say_it(due_at: datetime | None, due_on: date | None, expected: str) -> None:
    assert expected in say(StepKind.REMIND, due_at=due_at, due_on=due_on).text


def test_without_a_due_time_none_is_said() -> None:
    said = say(StepKind.ANNOUNCE, due_at=None)
    assert "hạn" not in said.subject
    assert "Thời hạn" not in said.text


def test_html_escapes_what_people_wrote() -> None:
    said = say(StepKind.OVERDUE, document_title="<script>alert(1)</script>", items=[item("A & B")])
    assert "<script>" not in said.html
    assert "A &amp; B" in said.html
    assert "&amp;amp;" not in said.html
    assert 'href="https://cascade.test/l/abc?x=1&amp;y=2"' in said.html
    assert "<script>" not in say(StepKind.OVERDUE, link="javascript:alert(1)").html
    assert "javascript:" not in say(StepKind.OVERDUE, link="javascript:alert(1)").html


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("step", list(StepKind))
def test_no_fact_reaches_html_unescaped(step: StepKind, language: str) -> None:
    nasty = "<img src=x>"
    known = facts(
        step=step,
        document_title=nasty,
        document_reference=nasty,
        document_kind=nasty,
        issuer_name=nasty,
        round_title=nasty,
        return_reason=nasty,
        items=[item(nasty, 1), item(nasty, 0)],
        **NEXT,
    )
    for audience in Audience:
        known = known.model_copy(update={"audience": audience})
        who = recipient(unit=nasty, seat=nasty, language=language)
        said = RENDERER.render(template_for(step, audience), 1, who, known)
        assert "<img" not in said.html
        assert "&amp;lt;" not in said.html


def test_english_for_those_who_read_english() -> None:
    said = say(StepKind.OVERDUE, language="en", working_days_late=2, **NEXT)
    assert said.subject.startswith("2 working days overdue: report")
    assert "a notice will go to the head of the immediate superior" in said.text


VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"items": [], "due_at": None, "link": None},
    {"item_count": 3, "rehearsal": True},
)


class _Balance(HTMLParser):
    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - HTMLParser's
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("round_kind", list(RoundKind))
@pytest.mark.parametrize("step", list(StepKind))
def test_every_notice_there_can_be_keeps_the_tone(step: StepKind, round_kind: RoundKind, language: str) -> None:
    for audience in Audience:
        for changes in VARIANTS:
            said = say(step, audience, language, round_kind=round_kind, **changes)
            assert said.subject == " ".join(said.subject.split())
            assert not re.search(r"!|\{|\}|None|\banh/chị\b|  ", said.subject + said.text)
            assert "\n\n\n" not in said.text
            balance = _Balance()
            balance.feed(said.html)
            assert balance.open == []


def test_a_version_once_there_stays(tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        folder = tmp_path / "remind" / version
        folder.mkdir(parents=True)
        for name in ("subject.txt", "body.txt", "body.html"):
            (folder / name).write_text(f"{version} {{{{ n.seat }}}}")
    renderer = Renderer(tmp_path)
    assert renderer.newest("remind") == 2
    assert renderer.render("remind", 1, recipient(), facts()).subject == "v1 Đầu mối báo cáo"
    with pytest.raises(TemplateNotFound):
        renderer.render("remind", 3, recipient(), facts())


def test_every_step_has_a_template() -> None:
    steps = {template_for(step, audience) for step in StepKind for audience in Audience}
    assert steps | set(NewsKind) == RENDERER.ids


def test_names_inside_a_sentence() -> None:
    assert lower_first("Báo cáo quý III") == "báo cáo quý III"
    assert lower_first("UBND xã") == "UBND xã"
    assert short_name("Sở Giáo dục và Đào tạo", VIETNAMESE) == "Sở"
    assert short_name("Ủy ban nhân dân thành phố", VIETNAMESE) == "Ủy ban nhân dân"
    assert short_name("Công an thành phố", VIETNAMESE) == "Công an thành phố"
