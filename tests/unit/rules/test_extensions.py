"""Who may ask for a later due time, and who may grant it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.vocabulary import ExtensionState, ObligationState
from plan_api.rules.calendar import TIME_ZONE
from plan_api.rules.extensions import ExtensionRefusal, check_decision, check_request

NOW = datetime(2025, 11, 5, 9, tzinfo=TIME_ZONE)
DUE = datetime(2025, 11, 10, tzinfo=TIME_ZONE)
LATER = DUE + timedelta(days=7)
SCHOOL, OFFICE, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({}, ()),
        ({"asking_unit_id": OTHER}, (ExtensionRefusal.NOT_ASSIGNEE,)),
        ({"state": ObligationState.SUBMITTED}, (ExtensionRefusal.NOT_OPEN,)),
        ({"due_at": None}, (ExtensionRefusal.NO_DEADLINE,)),
        ({"has_open_request": True}, (ExtensionRefusal.ALREADY_OPEN,)),
        ({"reason": " "}, (ExtensionRefusal.REASON_MISSING,)),
        ({"reason": None}, (ExtensionRefusal.REASON_MISSING,)),
        ({"now": DUE}, (ExtensionRefusal.AFTER_DUE,)),
        ({"now": DUE, "allow_after_due": True}, ()),
        ({"requested_due_at": DUE}, (ExtensionRefusal.NOT_LATER,)),
        (
            {"now": LATER, "allow_after_due": True},
            (ExtensionRefusal.NOT_IN_FUTURE,),
        ),
    ],
)
def test_request(changes: dict[str, Any], refusals: tuple[ExtensionRefusal, ...]) -> None:
    asked: dict[str, Any] = {
        "state": ObligationState.OPEN,
        "due_at": DUE,
        "requested_due_at": LATER,
        "now": NOW,
        "reason": "bão số 3",
        "owing_unit_id": SCHOOL,
        "asking_unit_id": SCHOOL,
        "has_open_request": False,
    } | changes
    assert check_request(**asked) == refusals


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        ({}, ()),
        ({"approve": False, "decided_due_at": None, "reason": "không đủ căn cứ"}, ()),
        ({"approve": False, "decided_due_at": None}, (ExtensionRefusal.REASON_MISSING,)),
        ({"acting_unit_id": OTHER}, (ExtensionRefusal.NOT_DECIDING_UNIT,)),
        ({"acting_unit_id": SCHOOL}, (ExtensionRefusal.NOT_DECIDING_UNIT, ExtensionRefusal.OWN_REQUEST)),
        ({"requested_by": OTHER, "decided_by": OTHER}, (ExtensionRefusal.OWN_REQUEST,)),
        ({"requested_by": OTHER, "decided_by": OFFICE}, ()),
        ({"request_state": ExtensionState.REFUSED}, (ExtensionRefusal.ALREADY_DECIDED,)),
        ({"obligation_state": ObligationState.FULFILLED}, (ExtensionRefusal.NOT_OPEN,)),
        ({"decided_due_at": None}, (ExtensionRefusal.DUE_TIME_MISSING,)),
        ({"decided_due_at": DUE}, (ExtensionRefusal.NOT_LATER,)),
        ({"now": LATER}, (ExtensionRefusal.NOT_IN_FUTURE,)),
        ({"parent_due_at": LATER}, ()),
        ({"parent_due_at": DUE}, (ExtensionRefusal.AFTER_PARENT,)),
        ({"parent_due_at": DUE, "allow_after_parent": True}, (ExtensionRefusal.REASON_MISSING,)),
        ({"parent_due_at": DUE, "allow_after_parent": True, "reason": "cấp trên đồng ý"}, ()),
        ({"due_at": None}, ()),
    ],
)
def test_decision(changes: dict[str, Any], refusals: tuple[ExtensionRefusal, ...]) -> None:
    decided: dict[str, Any] = {
        "request_state": ExtensionState.OPEN,
        "obligation_state": ObligationState.OPEN,
        "approve": True,
        "now": NOW,
        "due_at": DUE,
        "decided_due_at": LATER,
        "parent_due_at": None,
        "reason": None,
        "deciding_unit_id": OFFICE,
        "acting_unit_id": OFFICE,
        "owing_unit_id": SCHOOL,
    } | changes
    assert check_decision(**decided) == refusals
