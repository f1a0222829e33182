"""A scenario file, read strictly: unknown keys are errors, times without zone are Viet Nam's.

Units and documents stand in the order they are made; a round is named `<document>.<round>`.
"""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from cascade_contracts.vocabulary import AssignmentMode, DocumentKind, RoundKind
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


class Addressees(_Row):
    """Units bound in one mode; `T*` stands for all units whose code begins so."""

    units: list[str]
    mode: AssignmentMode = AssignmentMode.ORDER


class RecipientRow(_Row):
    """Somebody told of the document: a unit, or a body outside by its name."""

    unit: str | None = None
    label: str | None = None
    purpose: str = "để biết"


class RoundRow(_Row):
    """One thing asked. `due_at` is what must come out of `due`: the first instant too late, absent for none."""

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
            *({parent for document in self.documents for parent in document.parents} - keys),
            *(named - rounds),
            *({habit.unit for habit in self.habits} - codes),
            *({document.issuer for document in self.documents} - codes),
        ]
        if strangers:
            raise ValueError(f"not in the file: {', '.join(sorted(strangers))}")
        if len(set(titles)) != len(titles):
            raise ValueError("titles of rounds tell mails apart and must differ")
        return self


def _matches(code: str, pattern: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern
