"""Bodies of the progress API: counts that add up, by round, level, document and unit."""

from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.vocabulary import DocumentState, RoundKind
from pydantic import BaseModel, ConfigDict, Field

from plan_api.rules.timeliness import Tally


class TallyOut(BaseModel):
    """Counts at one instant: `on_time + late + missing = expected`; the rest stands beside or inside that sum."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "expected": 114,
                    "on_time": 96,
                    "late": 6,
                    "missing": 12,
                    "not_due": 0,
                    "due_soon": 0,
                    "no_deadline": 0,
                    "not_applicable": 0,
                    "awaiting_acceptance": 3,
                }
            ]
        }
    )

    expected: int
    on_time: int
    late: int
    missing: int
    not_due: int
    due_soon: int
    no_deadline: int
    not_applicable: int
    awaiting_acceptance: int

    @classmethod
    def of(cls, tally: Tally) -> "TallyOut":
        """Return the body of a tally."""
        return cls(**asdict(tally))


class RoundProgress(BaseModel):
    """A round's counts."""

    round_id: UUID
    kind: RoundKind
    title: str
    period: str | None
    due_at: datetime | None
    due_on: date | None
    settled_at: datetime | None
    closed_at: datetime | None
    consolidated_at: datetime | None
    tally: TallyOut


class DocumentProgress(BaseModel):
    """A document's counts, whole and by round."""

    document_id: UUID
    at: datetime
    suspended: bool
    tally: TallyOut
    rounds: list[RoundProgress]


class UnitProgress(BaseModel):
    """What a unit owes, and what it decides about."""

    unit_id: UUID
    at: datetime
    owes: TallyOut
    decides: TallyOut


class CascadeDocument(BaseModel):
    """One document of a cascade: who issued it and how its assignees stand."""

    document_id: UUID
    issuer_unit_id: UUID
    issuer_name: str
    title: str
    reference: str | None
    state: DocumentState
    tally: TallyOut


class CascadeLevel(BaseModel):
    """One level of a cascade: the documents issued there, whole and by kind of round."""

    level: int
    tally: TallyOut
    kinds: dict[RoundKind, TallyOut]
    documents: list[CascadeDocument]


class CascadeProgress(BaseModel):
    """A whole cascade: the levels' counts add up to the whole, the documents' to their level."""

    root_id: UUID
    at: datetime
    complete: bool
    tally: TallyOut
    escalated: int
    returned: int
    extended: int
    levels: list[CascadeLevel]


class UnitOfCascade(BaseModel):
    """How one unit stands in a cascade."""

    unit_id: UUID
    name: str
    level: int
    tally: TallyOut


class UnitsOfCascade(BaseModel):
    """Units of a cascade in Vietnamese order; `next` is the cursor of the next page."""

    items: list[UnitOfCascade]
    next: str | None = None


class StepLine(BaseModel):
    """An armed step: when it fires, or what became of it and of its notices."""

    step_id: UUID
    round_id: UUID
    round_title: str
    ladder_id: UUID
    ladder_kind: str
    mode: str
    due_at: datetime | None
    reason: str
    policy: str
    policy_version: int
    kind: str
    audience: str
    fire_at: datetime
    outcome: str | None
    taken_at: datetime | None
    why: str | None
    batch_id: UUID | None
    notices: int | None
    handed_at: datetime | None
    finished_at: datetime | None


class ChannelState(BaseModel):
    """Whether a channel works, since when, and what it last said."""

    channel: str
    state: str
    since: datetime | None = None
    detail: str | None = None


class CanaryState(BaseModel):
    """The canary let go last: whether it came back (null: it is out), else what was missing."""

    model_config = ConfigDict(from_attributes=True)

    started_at: datetime
    expected_by: datetime
    ended_at: datetime | None
    proved: bool | None
    detail: str | None


class Operations(BaseModel):
    """What an operator watches: is anything due and not done, waiting or lost?"""

    now: datetime
    steps_overdue: int
    obligations_unarmed: int = Field(description="open or under review with nothing armed: nobody would be chased")
    outbox_waiting: int
    outbox_failing: int
    batches_unfinished: int
    oldest_unfinished_batch_at: datetime | None
    notices: dict[str, int]
    notices_waiting: int
    notices_unknown: int
    notices_unreachable: int
    notices_failed: int
    canary: CanaryState | None = Field(description="the daily proof that steps fire; null before the first")
    channels: list[ChannelState] | None = Field(description="as notifier sees them; null when it cannot be asked")
    smtp: bool | None = Field(description="whether e-mail goes out; null when notifier cannot be asked")
