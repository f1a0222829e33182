"""Linking a person's Zalo to their seat: what notifier tells plan-api of webhooks, over `/internal/v1/zalo`."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from cascade_contracts.delivery import WireModel


class Linked(StrEnum):
    """What came of a code: `unknown` also when it has expired or was used, `too_many` after several wrong ones."""

    LINKED = "linked"
    UNKNOWN = "unknown"
    TOO_MANY = "too_many"


class ZaloSaid(WireModel):
    """Body of `POST …/links`: a person wrote a code to the account; once for an event."""

    code: str = Field(pattern=r"^\d{8}$", repr=False)
    user_id: str = Field(min_length=1, max_length=100, repr=False)
    at: datetime


class ZaloLinked(WireModel):
    """Answer to a code."""

    outcome: Linked


class ZaloLeft(WireModel):
    """Body of `POST …/unlinks`: a person left the account at an instant."""

    user_id: str = Field(min_length=1, max_length=100, repr=False)
    at: datetime


class ZaloUnlinked(WireModel):
    """How many seats' holders were unlinked."""

    holders: int
