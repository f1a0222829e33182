"""A scenario file as a whole: who is selected, bound and asked, worked out apart from the code under test.

Units and documents stand in the order they are made; a round is named `<document>.<round>`. `features` names, for each
feature of the source document, the assertions that show it.
"""

import tomllib
from pathlib import Path
from typing import Self

from cascade_contracts.vocabulary import AssignmentMode, LineKind, RoundKind
from pydantic import Field, model_validator

from harness.play.rows import (
    Addressees,
    BoundRow,
    DocumentRow,
    Expect,
    GroupRow,
    Habit,
    Instant,
    Later,
    Merger,
    Odds,
    Raised,
    Reading,
    ReportUp,
    RoundRow,
    Row,
    Selection,
    UnitRow,
)


class Scenario(Row):
    """A whole scenario."""

    id: str
    source: str
    begins: Instant
    ends: Instant
    seed: int
    odds: Odds = Odds()
    units: list[UnitRow]
    groups: list[GroupRow] = Field(default_factory=list)
    documents: list[DocumentRow]
    habits: list[Habit] = Field(default_factory=list)
    reports_up: list[ReportUp] = Field(default_factory=list)
    raised: list[Raised] = Field(default_factory=list)
    readings: list[Reading] = Field(default_factory=list)
    mergers: list[Merger] = Field(default_factory=list)
    later: list[Later] = Field(default_factory=list)
    features: dict[str, list[str]]
    expect: Expect

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file."""
        return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

    @property
    def all_units(self) -> list[UnitRow]:
        """The units, numbered ones one by one."""
        return [unit for row in self.units for unit in row.expanded()]

    def codes(self, patterns: list[str]) -> list[str]:
        """Return the codes patterns stand for, in the order of the file."""
        known = [unit.code for unit in self.all_units]
        found = [code for pattern in patterns for code in known if _matches(code, pattern)]
        return list(dict.fromkeys(found))

    def selected(self, issuer: str, select: Selection) -> list[str]:
        """Return the codes a selector of an issuer stands for, in the order of the file."""
        root = select.under or issuer
        found = self._below(root, select) if not select.groups else self._grouped(select.groups)
        left_out = {root, issuer, *self.codes(select.excluding)}
        return [
            unit.code
            for unit in self.all_units
            if unit.code in found - left_out and (not select.kinds or unit.kind in select.kinds)
        ]

    def _below(self, root: str, select: Selection) -> set[str]:
        found, border = set[str](), {root}
        while border:
            border = {unit.code for unit in self.all_units if border & set(_superiors(unit, select.line))} - found
            found |= border
            if select.direct:
                break
        return found

    def _grouped(self, groups: list[str]) -> set[str]:
        return {code for group in self.groups if group.code in groups for code in self.codes(group.members)}

    def told(self, document: DocumentRow) -> dict[str, str]:
        """Return whom a document tells for which purpose, each once: as named, else selected and not bound."""
        bound = {item.code for item in self.bound(document)}
        told: dict[str, str] = {}
        for row in document.recipients:
            if row.select is None:
                told.setdefault(row.unit or row.label or "", row.purpose)
        for row in document.recipients:
            for code in self.selected(document.issuer, row.select) if row.select else []:
                if code not in bound:
                    told.setdefault(code, row.purpose)
        return told

    def bound(self, document: DocumentRow) -> list[BoundRow]:
        """Return whom a document binds, each unit once: as named, else as the strongest selector that reaches it."""
        reached: dict[str, list[tuple[int, Addressees]]] = {}
        for to in document.to:
            codes = self.codes(to.units) if to.select is None else self.selected(document.issuer, to.select)
            for code in codes:
                strength = 0 if to.select is None else 1 + list(AssignmentMode).index(to.mode)
                reached.setdefault(code, []).append((strength, to))
        rows = []
        for code, ways in reached.items():
            to = min(ways, key=lambda way: way[0])[1]
            rows.append(BoundRow(code, to.mode, to.select.line if to.select else None, len(ways)))
        return rows

    def asked(self, document: DocumentRow, row: RoundRow) -> list[BoundRow]:
        """Return who owes a round."""
        bound = self.bound(document)
        named = set(self.codes(row.assignees or []))
        for select in row.select:
            named |= set(self.selected(document.issuer, select)) - {
                item.code for item in bound if item.mode is AssignmentMode.INFORMATION
            }
        if row.assignees is not None or row.select:
            return [item for item in bound if item.code in named]
        informed = row.kind is RoundKind.ACKNOWLEDGE
        return [item for item in bound if informed or item.mode is not AssignmentMode.INFORMATION]

    def document(self, key: str) -> DocumentRow:
        """Return a document by its key."""
        return next(document for document in self.documents if document.key == key)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        codes = {unit.code for unit in self.all_units}
        keys = {document.key for document in self.documents}
        rounds = {f"{document.key}.{row.key}" for document in self.documents for row in document.rounds}
        titles = [row.title for document in self.documents for row in document.rounds]
        named = {habit.round for habit in self.habits} | {item.round for item in self.reports_up}
        strangers = [
            *({item.document for item in self.raised} - keys),
            *({item.document for item in self.readings} - keys),
            *({parent for document in self.documents for parent in document.parents} - keys),
            *(named - rounds),
            *({habit.unit for habit in self.habits} - codes),
            *({document.issuer for document in self.documents} - codes),
        ]
        if strangers:
            raise ValueError(f"not in the file: {', '.join(sorted(strangers))}")
        for document in self.documents:
            later = [row for row in document.rounds if row.at is not None]
            asked = [row.at for row in later if row.at is not None and not row.recurs]
            if asked != sorted(asked) or any(row.at for row in document.rounds[: len(document.rounds) - len(later)]):
                raise ValueError("rounds asked for later stand last, in the order of their instants")
        if len(set(titles)) != len(titles):
            raise ValueError("titles of rounds tell mails apart and must differ")
        return self


def _superiors(unit: UnitRow, line: LineKind | None) -> list[str]:
    lines = {LineKind.PROFESSIONAL: unit.professional, LineKind.ADMINISTRATIVE: unit.administrative}
    return [superior for kind, superior in lines.items() if superior and line in {None, kind}]


def _matches(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
