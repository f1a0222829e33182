"""The words that depend on language and on what a round asks for. Sentences are the templates' business."""

from dataclasses import dataclass
from typing import Final

from cascade_contracts.vocabulary import Audience, RoundKind


@dataclass(frozen=True, slots=True)
class RoundWords:
    """`noun` names what is awaited, `act` the doing of it, `button` what opening the link is for."""

    noun: str
    act: str
    button: str


@dataclass(frozen=True, slots=True)
class Language:
    """The vocabulary of one language; `offices` maps the beginning of an issuer's name to its short form."""

    rounds: dict[RoundKind, RoundWords]
    documents: dict[str, str]
    audiences: dict[Audience, str]
    offices: tuple[tuple[str, str], ...]
    weekdays: tuple[str, ...]
    conjunction: str


VIETNAMESE: Final = Language(
    rounds={
        RoundKind.ACKNOWLEDGE: RoundWords("xác nhận đã nhận văn bản", "xác nhận đã nhận văn bản", "Xem và xác nhận"),
        RoundKind.PLAN: RoundWords("kế hoạch", "gửi kế hoạch", "Mở kế hoạch cần gửi"),
        RoundKind.REPORT: RoundWords("báo cáo", "nộp báo cáo", "Mở báo cáo cần nộp"),
        RoundKind.TASK: RoundWords("kết quả thực hiện", "gửi kết quả thực hiện", "Mở nhiệm vụ cần thực hiện"),
    },
    documents={"plan": "Kế hoạch", "directive": "Văn bản"},
    audiences={
        Audience.CONTACT: "đầu mối của đơn vị",
        Audience.HEAD: "lãnh đạo đơn vị",
        Audience.SUPERIOR_CONTACT: "đầu mối của cơ quan quản lý cấp trên trực tiếp",
        Audience.SUPERIOR_HEAD: "lãnh đạo cơ quan quản lý cấp trên trực tiếp",
        Audience.ISSUER: "cơ quan ban hành văn bản",
        Audience.TRACKER: "đầu mối theo dõi, đôn đốc",
        Audience.REVIEWER_CONTACT: "đầu mối duyệt",
        Audience.REVIEWER_HEAD: "lãnh đạo cơ quan duyệt",
    },
    offices=(
        ("Sở", "Sở"),
        ("Bộ", "Bộ"),
        ("Ủy ban nhân dân", "Ủy ban nhân dân"),
        ("Uỷ ban nhân dân", "Ủy ban nhân dân"),
        ("Phòng", "Phòng"),
        ("Trường", "Nhà trường"),
    ),
    weekdays=("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    conjunction=" và ",
)

ENGLISH: Final = Language(
    rounds={
        RoundKind.ACKNOWLEDGE: RoundWords(
            "acknowledgement of receipt", "acknowledge receipt of the document", "View and acknowledge"
        ),
        RoundKind.PLAN: RoundWords("plan", "send the plan", "Open the plan to send"),
        RoundKind.REPORT: RoundWords("report", "submit the report", "Open the report to submit"),
        RoundKind.TASK: RoundWords("result", "send the result", "Open the task"),
    },
    documents={"plan": "Plan", "directive": "Document"},
    audiences={
        Audience.CONTACT: "the unit's focal point",
        Audience.HEAD: "the head of the unit",
        Audience.SUPERIOR_CONTACT: "the focal point of the immediate superior",
        Audience.SUPERIOR_HEAD: "the head of the immediate superior",
        Audience.ISSUER: "the issuing agency",
        Audience.TRACKER: "the seat that follows the document up",
        Audience.REVIEWER_CONTACT: "the reviewing focal point",
        Audience.REVIEWER_HEAD: "the head of the reviewing agency",
    },
    offices=(),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    conjunction=" and ",
)


def language(code: str) -> Language:
    """Return English for `en`, Vietnamese for everything else."""
    return ENGLISH if code == "en" else VIETNAMESE


def lower_first(text: str) -> str:
    """Return `text` as it stands inside a sentence; a first word such as `UBND` keeps its capitals."""
    head = text.split(" ", 1)[0]
    return text if len(head) > 1 and head[1:] != head[1:].lower() else text[:1].lower() + text[1:]


def short_name(name: str, words: Language) -> str:
    """Return how a sentence refers back to an agency already named in full: `Sở Giáo dục …` → `Sở`."""
    for beginning, short in words.offices:
        if name == beginning or name.startswith(beginning + " "):
            return short
    return name


def joined(parts: list[str], words: Language) -> str:
    """Return `a, b và c`."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + words.conjunction + parts[-1]
