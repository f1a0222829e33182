"""A scenario file, read strictly: unknown keys are errors, times without zone are Viet Nam's.

Units and documents stand in the order they are made; a round is named `<document>.<round>`.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cascade_contracts.vocabulary import AssignmentMode, DocumentKind, LineKind, RoundKind
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harness.cascade import instant

Instant = Annotated[datetime, BeforeValidator(instant)]
Conduct = Literal["on_time", "late", "never", "nil", "declines", "returned", "extended"]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UnitRow(_Row):
    """A unit; with `count`, as many, numbered in code and name where `{n}` stands."""

    code: str
    name: str
    kind: str
    professional: str = ""
    administrative: str = ""
    count: int = 0

    def expanded(self) -> list["UnitRow"]:
        """Return the units it stands for."""
        return [
            self.model_copy(update={"code": self.code.format(n=n), "name": self.name.format(n=n), "count": 0})
            for n in range(1, (self.count or 1) + 1)
        ]


class Selection(_Row):
    """A selector: units below one (the issuer, if not given), of some kinds, on a line, one step down, less some."""

    under: str | None = None
    kinds: list[str] = Field(default_factory=list)
    line: LineKind | None = None
    direct: bool = False
    excluding: list[str] = Field(default_factory=list)


class Addressees(_Row):
    """Units bound in one mode: one by one (`T*` stands for all whose code begins so), or by a selector."""

    units: list[str] = Field(default_factory=list)
    select: Selection | None = None
    mode: AssignmentMode = AssignmentMode.ORDER


@dataclass(frozen=True, slots=True)
class BoundRow:
    """A unit a document binds, however many ways reach it; `line` is the one its selector keeps to."""

    code: str
    mode: AssignmentMode
    line: LineKind | None
    ways: int


class RecipientRow(_Row):
    """Somebody told of the document: a unit, or a body outside by its name."""

    unit: str | None = None
    label: str | None = None
    purpose: str = "để biết"


class RoundRow(_Row):
    """One thing asked. `due_at` is what must come out of `due`: the first instant too late, absent for none.

    A round with `at` is opened then, on request, on the issued document; it asks `assignees` and those of `select`.
    """

    key: str
    kind: RoundKind
    title: str
    due: dict[str, Any] = Field(default_factory=lambda: {"form": "none"})
    due_at: Instant | None = None
    period: str | None = None
    cut_off_at: Instant | None = None
    needs_acceptance: bool = False
    receivers: list[str] = Field(default_factory=list)
    assignees: list[str] | None = None
    at: Instant | None = None
    select: list[Selection] = Field(default_factory=list)


class DocumentRow(_Row):
    """A document to issue at `at`; `confirm` are the confirmations of issue, with their reason."""

    key: str
    at: Instant
    issuer: str
    kind: DocumentKind = DocumentKind.PLAN
    title: str
    number: str | None = None
    notation: str | None = None
    issued_on: str | None = None
    parents: list[str] = Field(default_factory=list)
    to: list[Addressees]
    recipients: list[RecipientRow] = Field(default_factory=list)
    tracker: str | None = None
    confirm: dict[str, Any] = Field(default_factory=dict)
    rounds: list[RoundRow] = Field(default_factory=list)


class Raised(_Row):
    """Units raise the same about a document at `at`; at `answered_at` the unit `by` answers them all at once."""

    document: str
    units: list[str]
    at: Instant
    kind: Literal["difficulty", "proposal"] = "difficulty"
    text: str
    by: str
    answered_at: Instant
    answer: str


class Habit(_Row):
    """What a unit does about a round; whoever has none follows the seeded plan. `until` is an extension's last day."""

    unit: str
    round: str
    does: Conduct
    at: Instant | None = None
    until: str | None = None


class ReportUp(_Row):
    """At `at` the issuer submits the consolidation of a round."""

    round: str
    at: Instant


class Later(_Row):
    """Something of the source document that this release does not do yet, and why."""

    what: str
    why: str


class Odds(_Row):
    """How the seeded plan distributes conduct."""

    on_time: float = 0.65
    late: float = 0.25


class Expect(_Row):
    """Figures checked by hand: the cascade's whole tally at the end, totals by round, and mails by step."""

    tally: dict[str, int]
    totals: dict[str, dict[str, int]] = Field(default_factory=dict)
    gaps: dict[str, list[str]] = Field(default_factory=dict)
    mails: dict[str, int] = Field(default_factory=dict)
    refused: list[str] = Field(default_factory=list)


class Scenario(_Row):
    """A whole scenario."""

    id: str
    source: str
    begins: Instant
    ends: Instant
    seed: int
    odds: Odds = Odds()
    units: list[UnitRow]
    documents: list[DocumentRow]
    habits: list[Habit] = Field(default_factory=list)
    reports_up: list[ReportUp] = Field(default_factory=list)
    raised: list[Raised] = Field(default_factory=list)
    later: list[Later] = Field(default_factory=list)
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
        root, found = select.under or issuer, set[str]()
        border = {root}
        while border:
            border = {unit.code for unit in self.all_units if border & set(_superiors(unit, select.line))} - found
            found |= border
            if select.direct:
                break
        left_out = {root, issuer, *self.codes(select.excluding)}
        return [
            unit.code
            for unit in self.all_units
            if unit.code in found - left_out and (not select.kinds or unit.kind in select.kinds)
        ]

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
            *({parent for document in self.documents for parent in document.parents} - keys),
            *(named - rounds),
            *({habit.unit for habit in self.habits} - codes),
            *({document.issuer for document in self.documents} - codes),
        ]
        if strangers:
            raise ValueError(f"not in the file: {', '.join(sorted(strangers))}")
        for document in self.documents:
            later = [row.at for row in document.rounds if row.at is not None]
            if later != sorted(later) or any(row.at for row in document.rounds[: len(document.rounds) - len(later)]):
                raise ValueError("rounds asked for later stand last, in the order of their instants")
        if len(set(titles)) != len(titles):
            raise ValueError("titles of rounds tell mails apart and must differ")
        return self


def _superiors(unit: UnitRow, line: LineKind | None) -> list[str]:
    lines = {LineKind.PROFESSIONAL: unit.professional, LineKind.ADMINISTRATIVE: unit.administrative}
    return [superior for kind, superior in lines.items() if superior and line in {None, kind}]


def _matches(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
