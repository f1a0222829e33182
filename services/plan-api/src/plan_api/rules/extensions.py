"""Extensions: who may ask for a later due time, and who may grant it.

One request is open at a time; only the deciding unit decides, and nobody decides their own request. Both checks return
every refusal at once, in a fixed order; an empty tuple means yes.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cascade_contracts.vocabulary import ExtensionState, ObligationState


class ExtensionRefusal(StrEnum):
    """Why a request or a decision is refused; the stable code of the problem."""

    NOT_OPEN = "extension_obligation_not_open"
    NO_DEADLINE = "extension_without_deadline"
    NOT_ASSIGNEE = "extension_not_assignee"
    ALREADY_OPEN = "extension_already_open"
    REASON_MISSING = "extension_reason_missing"
    AFTER_DUE = "extension_asked_after_due"
    NOT_LATER = "extension_not_later"
    NOT_IN_FUTURE = "extension_not_in_future"
    ALREADY_DECIDED = "extension_already_decided"
    NOT_DECIDING_UNIT = "extension_not_deciding_unit"
    OWN_REQUEST = "extension_own_request"
    DUE_TIME_MISSING = "extension_due_time_missing"
    AFTER_PARENT = "extension_after_parent"


def _blank(text: str | None) -> bool:
    return not (text or "").strip()


def check_request(
    *,
    state: ObligationState,
    due_at: datetime | None,
    requested_due_at: datetime,
    now: datetime,
    reason: str | None,
    owing_unit_id: UUID,
    asking_unit_id: UUID,
    has_open_request: bool,
    allow_after_due: bool = False,
) -> tuple[ExtensionRefusal, ...]:
    """Return why a request for a later due time is refused; `allow_after_due` is the policy's flag."""
    found = {
        ExtensionRefusal.NOT_ASSIGNEE: asking_unit_id != owing_unit_id,
        ExtensionRefusal.NOT_OPEN: state is not ObligationState.OPEN,
        ExtensionRefusal.NO_DEADLINE: due_at is None,
        ExtensionRefusal.ALREADY_OPEN: has_open_request,
        ExtensionRefusal.REASON_MISSING: _blank(reason),
        ExtensionRefusal.AFTER_DUE: due_at is not None and due_at <= now and not allow_after_due,
        ExtensionRefusal.NOT_LATER: due_at is not None and requested_due_at <= due_at,
        ExtensionRefusal.NOT_IN_FUTURE: requested_due_at <= now,
    }
    return tuple(refusal for refusal, holds in found.items() if holds)


def check_decision(
    *,
    request_state: ExtensionState,
    obligation_state: ObligationState,
    approve: bool,
    now: datetime,
    due_at: datetime | None,
    decided_due_at: datetime | None,
    parent_due_at: datetime | None,
    allow_after_parent: bool = False,
    reason: str | None,
    deciding_unit_id: UUID,
    acting_unit_id: UUID,
    owing_unit_id: UUID,
    requested_by: UUID | None = None,
    decided_by: UUID | None = None,
) -> tuple[ExtensionRefusal, ...]:
    """Return why a decision on a request is refused.

    A refusal of the request needs a reason; so does a due time after the parent's, which also needs
    `allow_after_parent`. The due time granted may differ from the one asked for.
    """
    open_request = request_state is ExtensionState.OPEN
    after_parent = approve and _later(decided_due_at, parent_due_at)
    own = acting_unit_id == owing_unit_id or (requested_by is not None and requested_by == decided_by)
    found = {
        ExtensionRefusal.NOT_DECIDING_UNIT: acting_unit_id != deciding_unit_id,
        ExtensionRefusal.OWN_REQUEST: own,
        ExtensionRefusal.ALREADY_DECIDED: not open_request,
        ExtensionRefusal.NOT_OPEN: approve and obligation_state is not ObligationState.OPEN,
        ExtensionRefusal.REASON_MISSING: (not approve or (after_parent and allow_after_parent)) and _blank(reason),
        ExtensionRefusal.DUE_TIME_MISSING: approve and decided_due_at is None,
        ExtensionRefusal.NOT_LATER: approve and _not_later(decided_due_at, due_at),
        ExtensionRefusal.NOT_IN_FUTURE: approve and _not_later(decided_due_at, now),
        ExtensionRefusal.AFTER_PARENT: after_parent and not allow_after_parent,
    }
    return tuple(refusal for refusal, holds in found.items() if holds)


def _later(proposed: datetime | None, limit: datetime | None) -> bool:
    return proposed is not None and limit is not None and proposed > limit


def _not_later(proposed: datetime | None, limit: datetime | None) -> bool:
    return proposed is not None and limit is not None and proposed <= limit
