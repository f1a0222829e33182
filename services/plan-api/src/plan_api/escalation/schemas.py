"""What the API says and accepts about escalation policies and about arming documents by them."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from cascade_contracts.vocabulary import Audience, LadderKind, StepKind, StepOutcome
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plan_api.rules.policies import Offset, StepDefinition

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

_STEP: dict[str, Any] = {
    "position": 2,
    "kind": "remind",
    "anchor": "due",
    "audience": "contact",
    "offset": {"amount": "-3", "unit": "working_days"},
}


class PolicyGiven(BaseModel):
    """A policy's next version; its number is given by the server. Defaults are those of the standard policy."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Đôn đốc nhanh", "steps": [_STEP]}]},
    )

    name: str = Field(min_length=1, max_length=200)
    rehearsal: bool = False
    quiet_from: time = time(21)
    quiet_until: time = time(7)
    late_grace: timedelta = timedelta(hours=2)
    return_grace: Offset | None = None
    due_soon: Offset | None = None
    extension_after_due: bool = False
    digest: bool = False
    digest_at: time = time(8, 30)
    daily_cap: int = Field(default=12, ge=1, le=1000)
    steps: list[StepDefinition] = Field(min_length=1, max_length=50)


class PolicyView(BaseModel):
    """A version of a policy, as kept: it never changes."""

    id: UUID
    code: str
    version: int
    name: str
    rehearsal: bool
    quiet_from: time
    quiet_until: time
    late_grace: timedelta
    return_grace: Offset
    due_soon: Offset
    extension_after_due: bool
    digest: bool
    digest_at: time
    daily_cap: int
    steps: list[StepDefinition]
    created_at: datetime | None = Field(description="null for a built-in version that was never used")
    documents: int = Field(description="issued documents with an unsettled round armed by this version")


class PolicyList(BaseModel):
    """Versions of policies, by code, the newest first."""

    items: list[PolicyView]


class RearmIn(BaseModel):
    """Which policy version takes over (the newest without `version`), for one round or every unsettled one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"policy": "standard", "version": 1, "reason": "Theo chỉ đạo của Giám đốc Sở"}]
        },
    )

    policy: Code
    version: int | None = Field(default=None, ge=1)
    round: UUID | None = None
    reason: Reason


class PlannedStep(BaseModel):
    """A step of the new ladder: when it fires, or why it will not."""

    position: int
    kind: StepKind
    audience: Audience
    fire_at: datetime
    outcome: StepOutcome | None
    why: str | None


class DroppedStep(BaseModel):
    """An armed step of the old ladder that will not fire."""

    position: int
    kind: StepKind
    audience: Audience
    fire_at: datetime


class LadderRearmed(BaseModel):
    """A ladder another one takes the place of: who stands on it, what fires when, what does not any more."""

    round_id: UUID
    round_title: str
    kind: LadderKind
    due_at: datetime | None
    from_version: str
    obligations: int
    steps: list[PlannedStep]
    dropped: list[DroppedStep]


class Rearming(BaseModel):
    """What arming a document again does, or (previewed) would do."""

    document_id: UUID
    policy: str
    version: int
    ladders: list[LadderRearmed]
