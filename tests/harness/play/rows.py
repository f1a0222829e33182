"""The rows of a scenario file, read strictly: unknown keys are errors, times without zone are Viet Nam's."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from cascade_contracts.vocabulary import AssignmentMode, DocumentKind, LineKind, RoundKind
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.cascade import instant

Instant = Annotated[datetime, BeforeValidator(instant)]
Conduct = Literal["on_time", "late", "never", "nil", "declines", "returned", "extended"]


class Row(BaseModel):
    """Base of all rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UnitRow(Row):
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


class Selection(Row):
    """A selector: units below one (the issuer, if not given), of some kinds, on a line, one step down, less some.

    With `groups` those of groups instead.
    """

    groups: list[str] = Field(default_factory=list)
    under: str | None = None
    kinds: list[str] = Field(default_factory=list)
    line: LineKind | None = None
    direct: bool = False
    excluding: list[str] = Field(default_factory=list)


class Addressees(Row):
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


class GroupRow(Row):
    """A named group of units, made before anything is issued."""

    code: str
    name: str
    members: list[str]


class RecipientRow(Row):
    """Somebody told of the document: a unit, a body outside by its name, or the units of a selector."""

    unit: str | None = None
    label: str | None = None
    select: Selection | None = None
    purpose: str = "để biết"


class BaseRow(Row):
    """A document cited, as printed: what it reads, which document of the file it means, what it warns of."""

    printed: str
    reads: str
    means: str | None = None
    warns: list[str] = Field(default_factory=list)


class Proposal(Row):
    """A symbol as a bad copy prints it, and what is proposed for it; the clerk confirms before the issue."""

    printed: str
    number: str
    notation: str
    confidence: str


class TaskRow(Row):
    """A task of a plan: who leads (every assignee its part, if nobody is named), with whom, within which frame.

    `until` is the last day that must come out of the frame; `under` the task above, as `<document>.<number>`.
    """

    number: str
    title: str
    lead: str | None = None
    coordinating: list[str] = Field(default_factory=list)
    frame: dict[str, Any] = Field(default_factory=lambda: {"form": "standing"})
    until: date | None = None
    quantity: str | None = None
    measure: str | None = None
    under: str | None = None


class RoundRow(Row):
    """One thing asked. `due_at` is what must come out of `due`: the first instant too late, absent for none.

    A round with `at` is opened then, on request, on the issued document; it asks `assignees` and those of `select`.
    One that `recurs` opens by itself, by a rule of the document, and is announced at `at` (without: at issue). With
    `amends` the document is amended at `at`, and those affected acknowledge it in this round.
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
    recurs: bool = False
    amends: dict[str, Any] = Field(default_factory=dict)
    select: list[Selection] = Field(default_factory=list)


class DocumentRow(Row):
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
    copy_shows: Proposal | None = None
    bases: list[BaseRow] = Field(default_factory=list)
    to: list[Addressees] = Field(default_factory=list)
    recipients: list[RecipientRow] = Field(default_factory=list)
    tracker: str | None = None
    confirm: dict[str, Any] = Field(default_factory=dict)
    rounds: list[RoundRow] = Field(default_factory=list)
    tasks: list[TaskRow] = Field(default_factory=list)
    recurring: list[dict[str, Any]] = Field(default_factory=list)
    funding: list[dict[str, Any]] = Field(default_factory=list)


class Reading(Row):
    """At `at` units confirm having read a document they are told of."""

    document: str
    units: list[str]
    at: Instant


class Raised(Row):
    """Units raise the same about a document at `at`; at `answered_at` the unit `by` answers them all at once."""

    document: str
    units: list[str]
    at: Instant
    kind: Literal["difficulty", "proposal"] = "difficulty"
    text: str
    by: str
    answered_at: Instant
    answer: str


class Merger(Row):
    """At `at` a unit merges into another, which takes over what it owes and is told an hour later."""

    unit: str
    into: str
    at: Instant
    reference: str


class Habit(Row):
    """What a unit does about a round; whoever has none follows the seeded plan. `until` is an extension's last day."""

    unit: str
    round: str
    does: Conduct
    at: Instant | None = None
    until: str | None = None


class ReportUp(Row):
    """At `at` the issuer submits the consolidation of a round."""

    round: str
    at: Instant


class Later(Row):
    """Something of the source document that this release does not do yet, and why."""

    what: str
    why: str


class Odds(Row):
    """How the seeded plan distributes conduct."""

    on_time: float = 0.65
    late: float = 0.25


class Expect(Row):
    """Figures checked by hand: the cascade's whole tally at the end, totals by round, and mails by step."""

    tally: dict[str, int]
    totals: dict[str, dict[str, int]] = Field(default_factory=dict)
    gaps: dict[str, list[str]] = Field(default_factory=dict)
    mails: dict[str, int] = Field(default_factory=dict)
    refused: list[str] = Field(default_factory=list)
