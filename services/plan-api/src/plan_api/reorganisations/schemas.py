"""What the API accepts and says about reorganisations."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from cascade_contracts.vocabulary import LineKind
from pydantic import BaseModel, ConfigDict, Field, model_validator

from plan_api.organizations.schemas import Body, Sentence, Text, UnitGiven, UnitRef


class Successor(Body):
    """A unit that takes over: one there is (`unit`) or one to create (`new`).

    `subordinates` come under it; who is named nowhere comes under the first successor. One that does not take over
    (`takes_over: false`) is not asked for what its predecessor owes.
    """

    unit: UnitRef | None = None
    new: UnitGiven | None = None
    subordinates: list[UnitRef] = Field(default_factory=list, max_length=5000)
    takes_over: bool = True

    @model_validator(mode="after")
    def _one_way(self) -> "Successor":
        if (self.unit is None) == (self.new is None):
            raise ValueError("name a `unit` there is, or a `new` one")
        return self


class Merge(Body):
    """Several units become one; the one they merge into may be one of them."""

    kind: Literal["merge"]
    units: list[UnitRef] = Field(min_length=1, max_length=500)
    into: Successor


class Split(Body):
    """One unit becomes several."""

    kind: Literal["split"]
    unit: UnitRef
    into: list[Successor] = Field(min_length=2, max_length=50)

    @model_validator(mode="after")
    def _somebody(self) -> "Split":
        if not any(successor.takes_over for successor in self.into):
            raise ValueError("at least one successor takes over what is owed")
        return self


class Abolish(Body):
    """A unit ends; without a successor nobody takes over what it owes."""

    kind: Literal["abolish"]
    unit: UnitRef
    successor: Successor | None = None


class Rename(Body):
    """A unit goes on under another name."""

    kind: Literal["rename"]
    unit: UnitRef
    name: Text
    short_name: Text | None = None


class Move(Body):
    """A unit answers to another superior on a line."""

    kind: Literal["move"]
    unit: UnitRef
    line: LineKind
    superior: UnitRef


Operation = Annotated[Merge | Split | Abolish | Rename | Move, Field(discriminator="kind")]


class ReorganisationIn(Body):
    """An order: from `effective_on` on, by `legal_reference`. Successors are told `told_after_minutes` later."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "effective_on": "2026-11-21",
                    "legal_reference": "Nghị quyết về sắp xếp đơn vị hành chính",
                    "operations": [
                        {
                            "kind": "merge",
                            "units": [
                                {"code_system": "local", "code": "XA-A"},
                                {"code_system": "local", "code": "XA-B"},
                            ],
                            "into": {"unit": {"code_system": "local", "code": "XA-C"}},
                        }
                    ],
                }
            ]
        },
    )

    effective_on: date
    legal_reference: Text
    operations: list[Operation] = Field(min_length=1, max_length=500)
    told_after_minutes: int = Field(default=60, ge=0, le=10_080, description="until then nothing is said: time to undo")


class OperationRefusal(BaseModel):
    """Why one operation (counted from 0) cannot be carried out."""

    operation: int
    field: str | None
    code: str
    message: Sentence


class UnitChange(BaseModel):
    """What becomes of a unit."""

    operation: int
    what: Literal["ended", "created", "renamed", "moved"]
    unit_id: UUID
    name: str
    successors: list[UUID] = []


class LineChange(BaseModel):
    """A subordinate's superior on a line, before and after (null: none)."""

    kind: str
    subordinate_id: UUID
    from_superior_id: UUID
    to_superior_id: UUID | None


class SeatEnded(BaseModel):
    """A seat of a unit that ends: its holders' time ends, and so do their links."""

    seat_id: UUID
    unit_id: UUID
    role: str
    title: str


class ObligationMove(BaseModel):
    """What takes the place of an obligation that is transferred.

    `opened`: the successor is asked; `owed`: the successor owes in that round already; `with_decider`: the successor
    is who decides, so nobody is left to ask; `ended`: there is no successor.
    """

    document_id: UUID
    round_id: UUID
    obligation_id: UUID
    from_unit_id: UUID
    state: str
    to_unit_id: UUID | None
    to_obligation_id: UUID | None
    outcome: Literal["opened", "owed", "with_decider", "ended"]


class SeatTold(BaseModel):
    """A seat that is told of the order, once; of an ended unit through who held it to the end (`leaves`).

    `gained` and `lost` count what its unit takes over and what it owes no more.
    """

    seat_id: UUID
    seat_title: str
    unit_id: UUID
    unit_name: str
    leaves: bool
    gained: int
    lost: int


class ReorganisationReport(BaseModel):
    """What a reorganisation changed or, as a preview, would change."""

    id: UUID | None
    state: Literal["preview", "done", "undone"]
    effective_on: date
    legal_reference: str
    refusals: list[OperationRefusal]
    units: list[UnitChange]
    lines: list[LineChange]
    seats: list[SeatEnded]
    links_revoked: int
    obligations: list[ObligationMove]
    deciding_changed: int = Field(description="open obligations that another unit decides on from now on")
    superior_changed: int = Field(description="open obligations whose silence is told to another superior")
    documents: list[UUID]
    told: list[SeatTold] = Field(default=[], description="who is told of it, when the time to undo is over")
    done_at: datetime | None = None
    undone_at: datetime | None = None

    @classmethod
    def of(cls, row: Any) -> "ReorganisationReport":
        """Return the report of a stored reorganisation."""
        kept = row.report | {"id": row.id, "state": row.state, "done_at": row.done_at, "undone_at": row.undone_at}
        return cls.model_validate(kept)


class ReorganisationCard(BaseModel):
    """A reorganisation in a list."""

    id: UUID
    state: str
    effective_on: date
    legal_reference: str
    done_at: datetime
    undone_at: datetime | None


class ReorganisationPage(BaseModel):
    """Reorganisations, the newest first."""

    items: list[ReorganisationCard]
    next_cursor: str | None
