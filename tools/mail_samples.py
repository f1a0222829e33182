"""One mail of every template with the longest names of the sample province: read by tests, pictured in the docs."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cascade_contracts.delivery import (
    AnyFacts,
    NewsFacts,
    NewsItem,
    NewsSection,
    NoticeFacts,
    NoticeItem,
    NoticeRecipient,
)
from cascade_contracts.vocabulary import Audience, NewsKind, NewsPart, RoundKind, StepKind
from notifier.rendering import Rendered, Renderer, template_of
from notifier.rendering.answer import AnswerRenderer

ROOT: Final = Path(__file__).resolve().parent.parent
_COMMUNES: Final = ROOT / "deploy/local/src/cascade_local/sample/data/hai-phong-communes.csv"
_ID: Final = UUID(int=7)
_NOW: Final = datetime(2026, 11, 11, 1, 0, tzinfo=UTC)
_LINK: Final = "https://thong-suot.example/l/6rX0mJ1xQd2n8sT4vB7kLw9Zc3Yp5Ae"


def _longest_commune() -> str:
    with _COMMUNES.open(encoding="utf-8") as file:
        names = [row[3] for row in csv.reader(file) if len(row) > 3]
    return max(names, key=len)


COMMUNE: Final = _longest_commune()
OFFICE: Final = f"Phòng Văn hóa – Xã hội, Ủy ban nhân dân {COMMUNE[:1].lower()}{COMMUNE[1:]}, thành phố Hải Phòng"
CENTRE: Final = f"Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên {COMMUNE.partition(' ')[2]}"
ISSUER: Final = "Sở Giáo dục và Đào tạo thành phố Hải Phòng"
TITLE: Final = (
    "Kế hoạch triển khai công tác thông tin đối ngoại và hội nhập quốc tế trong ngành Giáo dục và Đào tạo thành phố "
    "Hải Phòng năm 2026"
)
ROUND: Final = "Báo cáo kết quả thực hiện công tác thông tin đối ngoại và hội nhập quốc tế năm 2026"


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail of one template; `name` is the picture's, `says` what it is in Vietnamese."""

    name: str
    says: str
    rendered: Rendered


def _recipient(unit: str, seat: str, language: str) -> NoticeRecipient:
    return NoticeRecipient(seat_id=_ID, seat_title=seat, unit_name=unit, language=language)


def _facts(**changes: Any) -> NoticeFacts:
    known: dict[str, Any] = {
        "document_title": TITLE,
        "document_reference": "1018/KH-SGDĐT",
        "document_kind": "plan",
        "issued_on": date(2026, 1, 14),
        "issuer_name": ISSUER,
        "round_title": ROUND,
        "round_kind": RoundKind.REPORT,
        "due_at": datetime(2026, 11, 10, 17, 0, tzinfo=UTC),
        "as_of": _NOW,
        "working_days_late": 1,
        "next_step_at": _NOW + timedelta(days=2),
        "next_audience": Audience.SUPERIOR_HEAD,
        "reminded_on": [date(2026, 11, 3), date(2026, 11, 9)],
        "items": [NoticeItem(obligation_id=_ID, unit_name=OFFICE, working_days_late=1)],
        "link": _LINK,
    }
    return NoticeFacts.model_validate(known | changes)


_EARLY: Final[dict[str, Any]] = {
    "as_of": datetime(2026, 11, 3, 1, 0, tzinfo=UTC),
    "working_days_left": 5,
    "working_days_late": None,
    "reminded_on": [],
}
_MANY: Final[dict[str, Any]] = {
    "items": [
        NoticeItem(obligation_id=_ID, unit_name=name, working_days_late=days)
        for name, days in ((OFFICE, 3), (CENTRE, 2), ("Trường Tiểu học và Trung học cơ sở Bạch Long Vĩ", 2))
    ],
    "item_count": 53,
}

_LADDER: Final[tuple[tuple[str, StepKind, Audience, dict[str, Any]], ...]] = (
    ("Giao thực hiện", StepKind.ANNOUNCE, Audience.CONTACT, _EARLY),
    ("Nhắc trước hạn", StepKind.REMIND, Audience.CONTACT, _EARLY),
    ("Đến hạn", StepKind.DUE, Audience.CONTACT, _EARLY | {"as_of": datetime(2026, 11, 10, 1, 0, tzinfo=UTC)}),
    ("Quá hạn, gửi đầu mối", StepKind.OVERDUE, Audience.CONTACT, {}),
    ("Quá hạn, gửi lãnh đạo đơn vị", StepKind.ESCALATE, Audience.HEAD, {}),
    ("Quá hạn, gửi cấp trên", StepKind.ESCALATE, Audience.SUPERIOR_HEAD, _MANY),
    ("Chờ duyệt", StepKind.ESCALATE, Audience.REVIEWER_CONTACT, _MANY | {"working_days_late": None}),
    ("Trả lại", StepKind.RETURNED, Audience.CONTACT, _EARLY | {"return_reason": "Thiếu biểu số 2 và chưa có chữ ký."}),
    ("Gia hạn", StepKind.EXTENDED, Audience.CONTACT, _EARLY),
    ("Sửa đổi", StepKind.AMENDED, Audience.CONTACT, _EARLY),
    ("Chốt đợt", StepKind.CUT_OFF, Audience.TRACKER, _MANY),
)
_NEWS: Final[dict[NewsKind, tuple[str, tuple[NewsPart, ...]]]] = {
    NewsKind.REORGANISED: ("Sắp xếp đơn vị", (NewsPart.UNITS, NewsPart.GAINED, NewsPart.LOST, NewsPart.TO_DECIDE)),
    NewsKind.REORGANISATION_UNDONE: ("Hoàn tác sắp xếp", (NewsPart.UNITS,)),
    NewsKind.OUT_OF_DATE: ("Bản tổng hợp cần cập nhật", (NewsPart.CHANGED,)),
    NewsKind.HANDED_OVER: (
        "Bàn giao vị trí",
        (NewsPart.LATE, NewsPart.OPEN, NewsPart.PROMISED, NewsPart.AWAITING_REVIEW, NewsPart.TO_DECIDE),
    ),
    NewsKind.RELEASED: ("Không còn phải thực hiện", (NewsPart.LOST,)),
}


def _section(part: NewsPart) -> NewsSection:
    if part is NewsPart.UNITS:
        items = [NewsItem(unit_name=CENTRE, what="ended", to=[OFFICE])]
    else:
        items = [
            NewsItem(
                unit_name=unit,
                thing=ROUND,
                document="1018/KH-SGDĐT",
                due_on=date(2026, 11, 10),
                promised_on=date(2026, 11, 20) if part is NewsPart.PROMISED else None,
                reason="Số liệu chưa khớp sổ đăng bộ" if part is NewsPart.CHANGED else None,
                link=_LINK if part in {NewsPart.LATE, NewsPart.OPEN} else None,
            )
            for unit in (OFFICE, CENTRE)
        ]
    return NewsSection(part=part, count=len(items) + 3, items=items)


def _told(language: str) -> Iterator[tuple[str, str, NoticeRecipient, AnyFacts]]:
    for says, step, audience, changes in _LADDER:
        above = audience in {Audience.SUPERIOR_HEAD, Audience.REVIEWER_CONTACT, Audience.TRACKER}
        unit = f"Ủy ban nhân dân {COMMUNE[:1].lower()}{COMMUNE[1:]}, thành phố Hải Phòng" if above else OFFICE
        seat = "Lãnh đạo" if audience in {Audience.HEAD, Audience.SUPERIOR_HEAD} else "Đầu mối theo dõi, báo cáo"
        facts = _facts(step=step, audience=audience, **changes)
        yield template_of(facts), says, _recipient(unit, seat, language), facts
    for kind, (says, parts) in _NEWS.items():
        news = NewsFacts(
            news=kind,
            basis="Nghị quyết số 1669/NQ-UBTVQH15 ngày 16/6/2025",
            about="1018/KH-SGDĐT ngày 14/01/2026" if kind is NewsKind.RELEASED else ROUND,
            effective_on=date(2026, 11, 2),
            as_of=_NOW,
            sections=[_section(part) for part in parts],
            link=_LINK if kind is NewsKind.OUT_OF_DATE else None,
        )
        yield str(kind), says, _recipient(OFFICE, "Đầu mối theo dõi, báo cáo", language), news


_ANSWERS: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("answer_taken", "Biên nhận thư trả lời", "taken", {
        "receipt": {"number": "4F0C-91AB", "received_at": "2026-11-10T02:15:00+00:00", "on_time": True,
                    "state": "submitted"},
        "files": [f"{ROUND} – {CENTRE}.pdf", "Biểu mẫu số 2.xlsx"],
    }),
    ("answer_refused", "Chưa nhận được qua thư", "form_not_filled", {
        "detail": "Có 2 chỗ cần sửa; chưa có gì được gửi.",
        "faults": ["«Số học sinh» chưa điền.", "«Kinh phí» phải là số đồng, không âm."],
    }),
    ("answer_stranger", "Trả lời từ địa chỉ khác", "not_the_recipient", {}),
)  # fmt: skip


def samples(language: str = "vi") -> list[Sample]:
    """Return a mail of every template."""
    renderer, answers = Renderer(), AnswerRenderer()
    found = [
        Sample(name, says, renderer.render(name, renderer.newest(name), recipient, facts))
        for name, says, recipient, facts in _told(language)
    ]
    facts = _facts(step=StepKind.REMIND, audience=Audience.CONTACT)
    recipient = _recipient(OFFICE, "Đầu mối theo dõi, báo cáo", language)
    return found + [
        Sample(name, says, answers.render(verdict, said, recipient, facts)) for name, says, verdict, said in _ANSWERS
    ]
