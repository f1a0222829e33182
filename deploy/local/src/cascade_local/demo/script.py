"""What is issued in the demo: a directive, the education department's plan, the offices' plans. Pure.

Instants are seconds from the directive's issue, times the pace; a child's due times lie before its parent's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cascade_local.sample.generator import SampleUnit

POLICY: Final = "rehearsal"
TITLE: Final = "công tác thông tin đối ngoại trong ngành Giáo dục (diễn tập)"
_UNITS_AT_FULL_SPEED: Final = 800

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dues:
    """Due times of a document's rounds and the cut-off of its reports, in seconds; None asks for no plan."""

    acknowledge: int
    plan: int | None
    report: int
    cut_off: int


DIRECTIVE: Final = Dues(acknowledge=28, plan=46, report=104, cut_off=110)
EDUCATION_PLAN: Final = Dues(acknowledge=34, plan=52, report=88, cut_off=94)
OFFICE_PLAN: Final = Dues(acknowledge=50, plan=None, report=70, cut_off=78)

MIDDLE_ACKNOWLEDGES: Final = 3
"""How soon those who pass the directive down acknowledge it."""

EDUCATION_ISSUES: Final = 6
OFFICES_ISSUE: Final = (9, 24)
"""From when to when the offices issue their plans."""


def natural_pace(units: int) -> float:
    """Return how much slower than written a province of this size plays, so that a small machine follows."""
    return max(1.0, units / _UNITS_AT_FULL_SPEED)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The script's seconds as instants of the facts."""

    issued_at: datetime
    pace: float

    def at(self, seconds: float) -> datetime:
        """Return the instant so many written seconds after the directive's issue."""
        return self.issued_at + timedelta(seconds=seconds * self.pace)


@dataclass(frozen=True, slots=True)
class Issue:
    """Who issues what to whom."""

    kind: str
    issuer: SampleUnit
    notation: str
    title: str
    assignees: Sequence[SampleUnit]
    dues: Dues
    parents: tuple[str, ...] = ()
    planners: Sequence[SampleUnit] | None = None


def reference_of(unit: SampleUnit) -> dict[str, str]:
    """Return a unit as bodies name it."""
    return {"code_system": unit.code_system, "code": unit.code}


def _round(kind: str, title: str, due_at: datetime, **more: Any) -> Body:
    return {"kind": kind, "title": title, "due": {"form": "at", "instant": due_at.isoformat()}, **more}


def _rounds(issue: Issue, times: Timetable) -> list[Body]:
    dues = issue.dues
    rounds = [_round("acknowledge", "Xác nhận đã nhận văn bản", times.at(dues.acknowledge))]
    if dues.plan is not None:
        planners = issue.assignees if issue.planners is None else issue.planners
        named = [reference_of(unit) for unit in planners]
        rounds.append(_round("plan", "Ban hành kế hoạch thực hiện", times.at(dues.plan), assignees=named))
    rounds.append(
        _round(
            "report",
            "Báo cáo kết quả thực hiện",
            times.at(dues.report),
            period="Đợt diễn tập",
            cut_off_at=times.at(dues.cut_off).isoformat(),
            needs_acceptance=True,
        )
    )
    return rounds


def draft(issue: Issue, times: Timetable, number: str, issued_on: str) -> Body:
    """Return the body of a draft."""
    return {
        "kind": issue.kind,
        "issuer": reference_of(issue.issuer),
        "title": issue.title,
        "number": number,
        "notation": issue.notation,
        "issued_on": issued_on,
        "policy": POLICY,
        "parents": list(issue.parents),
        "recipients": [{"label": "Lưu: VT", "purpose": "lưu"}],
        "assignees": [{"unit": reference_of(unit)} for unit in issue.assignees],
        "rounds": _rounds(issue, times),
    }


def directive(city: SampleUnit, assignees: Sequence[SampleUnit], planners: Sequence[SampleUnit]) -> Issue:
    """Return the city's directive to its departments and communes; departments answer with plans."""
    return Issue(
        "directive", city, "CT-UBND", f"Chỉ thị về tăng cường {TITLE}", assignees, DIRECTIVE, planners=planners
    )


def education_plan(
    department: SampleUnit, offices: Sequence[SampleUnit], schools: Sequence[SampleUnit], parent: str
) -> Issue:
    """Return the education department's plan to offices and its own schools; offices answer with plans."""
    title = f"Kế hoạch {TITLE}"
    assignees = [*offices, *schools]
    return Issue("plan", department, "KH-SGDĐT", title, assignees, EDUCATION_PLAN, (parent,), planners=offices)


def office_plan(office: SampleUnit, schools: Sequence[SampleUnit], parent: str) -> Issue:
    """Return an office's plan to the schools of its commune."""
    return Issue("plan", office, "KH-PVHXH", f"Kế hoạch {TITLE}", schools, OFFICE_PLAN, (parent,))


def report(unit: SampleUnit, luck: float, *, complete: bool = True) -> Body:
    """Return a report; an incomplete one lacks a figure. `luck` (0 to 1) makes the figures the unit's own."""
    classes = 1 + int(luck * 5)
    figures = {"lop_tap_huan": classes, "luot_nguoi": classes * (18 + int(luck * 40)), "tin_bai": 2 + int(luck * 30)}
    if not complete:
        del figures["luot_nguoi"]
    text = f"{unit.short_name} đã tổ chức {classes} lớp tập huấn và đăng {figures['tin_bai']} tin, bài."
    return {"kind": "report", "text": text, "figures": figures}


def own_plan(number: str, unit: SampleUnit) -> Body:
    """Return the plan of a unit that asks nothing of others."""
    return {"kind": "plan", "number": number, "notation": "KH", "text": f"Kế hoạch của {unit.short_name}."}
