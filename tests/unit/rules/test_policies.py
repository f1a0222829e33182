"""Policies: what may be written in one, and the two that ship."""

import json
from datetime import UTC, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cascade_contracts.vocabulary import Audience, Channel, LadderKind, OffsetUnit, StepAnchor, StepKind
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.policies import (
    REHEARSAL_POLICY,
    STANDARD_POLICY,
    Offset,
    Policy,
    StepDefinition,
    policy_from_json,
    policy_to_json,
    rungs,
)
from pydantic import ValidationError


def offset(amount: float | str | Decimal, unit: OffsetUnit = OffsetUnit.WORKING_DAYS) -> Offset:
    return Offset(amount=Decimal(str(amount)), unit=unit)


def step(position: int = 1, kind: StepKind = StepKind.OVERDUE, **changes: Any) -> StepDefinition:
    fields = {"anchor": StepAnchor.DUE, "offset": offset(1), "audience": Audience.CONTACT} | changes
    return StepDefinition(position=position, kind=kind, **fields)


def policy(*steps: StepDefinition, **changes: Any) -> Policy:
    return Policy(**({"code": "p", "version": 1, "name": "P", "steps": steps} | changes))


def test_standard_ladder() -> None:
    rungs = [(s.kind.value, s.audience.value, int(s.offset.amount)) for s in STANDARD_POLICY.steps]
    assert rungs == [
        ("announce", "contact", 0),
        ("remind", "contact", -5),
        ("remind", "contact", -1),
        ("due", "contact", 0),
        ("overdue", "contact", 1),
        ("escalate", "head", 2),
        ("escalate", "superior_contact", 3),
        ("escalate", "superior_head", 5),
        ("review", "reviewer_contact", 2),
        ("review", "reviewer_head", 4),
    ]
    assert [s.ladder for s in STANDARD_POLICY.steps[-2:]] == [LadderKind.REVIEW] * 2


def test_rehearsal_has_the_same_rungs_within_forty_seconds() -> None:
    assert [(s.position, s.kind, s.audience) for s in REHEARSAL_POLICY.steps] == [
        (s.position, s.kind, s.audience) for s in STANDARD_POLICY.steps
    ]
    spans = [s.offset.span for s in REHEARSAL_POLICY.steps if s.anchor is StepAnchor.DUE]
    assert spans == sorted(spans)
    assert timedelta(seconds=-30) < spans[0] < timedelta(0) < spans[-1] <= timedelta(seconds=40)


def test_the_shipped_ladders_are_the_usual_rungs_at_their_offsets() -> None:
    standard = ("-5", "-1", "0", "1", "2", "3", "5", "2", "4")
    rehearsal = ("-0.4", "-0.2", "-0.05", "0.1", "0.25", "0.4", "0.6", "0.25", "0.5")
    assert rungs(OffsetUnit.WORKING_DAYS, standard) == STANDARD_POLICY.steps
    assert rungs(OffsetUnit.MINUTES, rehearsal) == REHEARSAL_POLICY.steps
    with pytest.raises(ValueError, match="shorter"):
        rungs(OffsetUnit.WORKING_DAYS, standard[1:])


@pytest.mark.parametrize("shipped", [STANDARD_POLICY, REHEARSAL_POLICY])
def test_policies_travel_as_json(shipped: Policy) -> None:
    stored = policy_to_json(shipped)
    assert policy_from_json(stored) == shipped
    assert policy_from_json(json.dumps(stored)) == shipped
    assert policy_from_json(json.dumps(stored).encode()) == shipped


@given(st.decimals(-1000, 1000, places=4), st.sampled_from(OffsetUnit))
def test_offsets_are_exact(amount: Decimal, unit: OffsetUnit) -> None:
    if unit is OffsetUnit.WORKING_DAYS:
        amount = amount.to_integral_value()
    made = offset(amount, unit)
    assert Offset.model_validate_json(made.model_dump_json()) == made
    if unit is OffsetUnit.WORKING_DAYS:
        assert made.days == amount
        with pytest.raises(ValueError, match="no fixed length"):
            _ = made.span
    else:
        minutes = amount * 60 if unit is OffsetUnit.HOURS else amount
        assert made.span == timedelta(microseconds=int(minutes * 60_000_000))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": StepKind.CUT_OFF},
        {"kind": StepKind.RETURNED},
        {"audience": Audience.NOBODY},
        {"kind": StepKind.ANNOUNCE, "anchor": StepAnchor.ISSUE, "offset": offset(-1)},
        {
            "kind": StepKind.REVIEW,
            "anchor": StepAnchor.HAND_IN,
            "offset": offset(-1),
            "audience": Audience.REVIEWER_HEAD,
        },
        {"kind": StepKind.ANNOUNCE},
        {"anchor": StepAnchor.ISSUE},
        {"kind": StepKind.REVIEW},
        {"anchor": StepAnchor.HAND_IN, "audience": Audience.REVIEWER_HEAD},
        {"audience": Audience.REVIEWER_HEAD},
        {"kind": StepKind.REVIEW, "anchor": StepAnchor.HAND_IN},
        {"at_time": time(8, tzinfo=UTC)},
        {"channels": ()},
        {"position": 1000},
    ],
)
def test_incoherent_steps_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        step(**changes)


def test_half_working_days_are_refused() -> None:
    with pytest.raises(ValidationError, match="whole"):
        offset("0.5")


MINUTE = offset("1", OffsetUnit.MINUTES)
HOUR = offset("1", OffsetUnit.HOURS)


@pytest.mark.parametrize(
    ("steps", "changes", "message"),
    [
        ([step(1), step(1, offset=offset(2))], {}, "unique"),
        ([step(1), step(2, audience=Audience.HEAD)], {}, "one moment"),
        ([step(1, offset=HOUR), step(2, offset=HOUR, at_time=time(9))], {}, "one moment"),
        ([step(offset=MINUTE)], {}, "rehearsal"),
        ([step()], {"return_grace": MINUTE}, "rehearsal"),
        ([step()], {"rehearsal": True}, "no working days"),
        ([step()], {"return_grace": offset(-1)}, "not negative"),
        ([step()], {"due_soon": offset(-1)}, "not negative"),
        ([step()], {"late_grace": timedelta(-1)}, "not negative"),
        ([], {}, "at least 1"),
    ],
)
def test_inconsistent_policies_are_refused(steps: list[StepDefinition], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        policy(*steps, **changes)


def test_one_day_at_two_times_is_two_moments() -> None:
    made = policy(step(1), step(2, at_time=time(14), channels=(Channel.EMAIL,)))
    assert len(made.steps) == 2
