"""Consolidation: a superior's report from its subordinates' accepted ones, every figure with its provenance.

The result does not depend on the order of the reports; totals are exact; each unit is counted once or named as a gap.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import Final
from uuid import UUID

from plan_api.rules.vietnamese import sort_key

_EXACT: Final = Context(prec=400, traps=[Inexact])


class ConsolidationRefused(ValueError):
    """The reports cannot be added up: a unit twice, or a figure that is no exact number."""


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One unit's accepted report; figures by field code."""

    unit_id: UUID
    unit_name: str
    submission_id: UUID
    version: int
    figures: Mapping[str, Decimal | int]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A unit without a report, and why ("chưa nộp", "được miễn" …)."""

    unit_id: UUID
    unit_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class FigurePart:
    """What one unit's submission adds to a figure."""

    unit_id: UUID
    submission_id: UUID
    value: Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """A total with its provenance; `absent` are the reporting units that gave no such figure."""

    total: Decimal
    parts: tuple[FigurePart, ...]
    absent: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The words of one unit's report."""

    unit_id: UUID
    unit_name: str
    submission_id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Consolidated:
    """Figures by field code, texts and declared gaps, each in the Vietnamese order of unit names."""

    figures: dict[str, Figure]
    sections: tuple[Section, ...]
    gaps: tuple[Gap, ...]


def consolidate(reports: Sequence[ReportPart], missing: Sequence[Gap]) -> Consolidated:
    """Add up reports. Of versions of one submission the latest counts.

    Raises:
        ConsolidationRefused: a unit reports by two submissions or is also a gap, or a figure is not a finite number.
    """
    latest = _latest(reports)
    reporting = {part.unit_id for part in latest}
    gaps = sorted(set(missing), key=lambda gap: (sort_key(gap.unit_name), str(gap.unit_id)))
    counted_twice = [gap.unit_name for gap in gaps if gap.unit_id in reporting]
    if counted_twice:
        raise ConsolidationRefused(f"reported and missing at once: {', '.join(counted_twice)}")
    names = sorted({name for part in latest for name in part.figures})
    sections = (
        Section(part.unit_id, part.unit_name, part.submission_id, part.text.strip())
        for part in latest
        if part.text.strip()
    )
    return Consolidated({name: _figure(name, latest) for name in names}, tuple(sections), tuple(gaps))


def _latest(reports: Iterable[ReportPart]) -> list[ReportPart]:
    by_unit: dict[UUID, ReportPart] = {}
    for part in reports:
        other = by_unit.setdefault(part.unit_id, part)
        if other.submission_id != part.submission_id:
            raise ConsolidationRefused(f"two submissions of {part.unit_name}")
        if part.version > other.version:
            by_unit[part.unit_id] = part
    return sorted(by_unit.values(), key=lambda part: (sort_key(part.unit_name), str(part.unit_id)))


def _figure(name: str, reports: Sequence[ReportPart]) -> Figure:
    parts = tuple(
        FigurePart(part.unit_id, part.submission_id, _number(name, part)) for part in reports if name in part.figures
    )
    total = Decimal(0)
    try:
        for part in parts:
            total = _EXACT.add(total, part.value)
    except Inexact as error:
        raise ConsolidationRefused(f"{name}: too large to add exactly") from error
    return Figure(total, parts, tuple(part.unit_id for part in reports if name not in part.figures))


def _number(name: str, part: ReportPart) -> Decimal:
    value = part.figures[name]
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite():
        raise ConsolidationRefused(f"{name} of {part.unit_name} is not a number")
    return Decimal(value)
