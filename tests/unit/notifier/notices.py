"""Facts and recipients for rendering tests."""

from datetime import UTC, date, datetime
from typing import Any

from cascade_contracts.delivery import NoticeFacts, NoticeItem, NoticeRecipient
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Audience, RoundKind, StepKind

UNIT = "Phòng Văn hóa – Xã hội, Ủy ban nhân dân xã Kiến Minh"


def item(unit: str = UNIT, late: int = 0) -> NoticeItem:
    return NoticeItem(obligation_id=new_id(), unit_name=unit, working_days_late=late)


def recipient(unit: str = UNIT, language: str = "vi", seat: str = "Đầu mối báo cáo") -> NoticeRecipient:
    return NoticeRecipient(seat_id=new_id(), seat_title=seat, unit_name=unit, language=language)


def facts(**changes: Any) -> NoticeFacts:
    known: dict[str, Any] = {
        "step": StepKind.OVERDUE,
        "audience": Audience.CONTACT,
        "document_title": "Công tác thông tin đối ngoại năm 2026",
        "document_reference": "18/KH-SGDĐT",
        "document_kind": "plan",
        "issued_on": date(2026, 1, 14),
        "issuer_name": "Sở Giáo dục và Đào tạo Hải Phòng",
        "round_title": "Báo cáo năm 2026 về công tác thông tin đối ngoại",
        "round_kind": RoundKind.REPORT,
        "due_at": datetime(2026, 11, 10, 17, 0, tzinfo=UTC),
        "as_of": datetime(2026, 11, 11, 1, 0, tzinfo=UTC),
        "items": [item()],
        "link": "https://cascade.test/l/abc?x=1&y=2",
    }
    return NoticeFacts.model_validate(known | changes)
