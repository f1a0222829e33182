"""What the demo issues: bodies the API takes, and due times that leave every level time for the one below."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from cascade_local.demo.people import passes_down
from cascade_local.demo.script import (
    DIRECTIVE,
    EDUCATION_ISSUES,
    EDUCATION_PLAN,
    OFFICE_PLAN,
    OFFICES_ISSUE,
    Issue,
    Timetable,
    directive,
    draft,
    education_plan,
    natural_pace,
    office_plan,
    own_plan,
    report,
)
from cascade_local.sample.generator import Level, SampleUnit, generate
from plan_api.documents.schemas import DocumentIn
from plan_api.obligations.schemas import SubmissionIn
from plan_api.rules.policies import REHEARSAL_POLICY

NOW = datetime(2027, 2, 6, 16, tzinfo=UTC)
UNITS = generate(300)
PARENT = "01a1fda3-1bcc-739b-816f-f2d29e3a9f8b"


def _at(level: Level) -> list[SampleUnit]:
    return [unit for unit in UNITS if unit.level is level]


def _issues() -> list[Issue]:
    departments, offices = _at(Level.DEPARTMENT), _at(Level.OFFICE)
    office = passes_down(UNITS)[0]
    return [
        directive(_at(Level.CITY)[0], [*departments, *_at(Level.COMMUNE)], departments),
        education_plan(departments[0], offices, _at(Level.UPPER_SCHOOL), PARENT),
        office_plan(office, _at(Level.LOWER_SCHOOL)[:3], PARENT),
    ]


@pytest.mark.parametrize("issue", _issues(), ids=lambda issue: issue.notation)
def test_drafts_are_bodies_the_api_takes(issue: Issue) -> None:
    body = DocumentIn.model_validate(draft(issue, Timetable(NOW, 1), "230000", "2027-02-06"))

    assert body.policy == REHEARSAL_POLICY.code
    assert len(body.assignees) == len(issue.assignees)
    for item in body.rounds:
        assert item.cut_off_at is None or item.cut_off_at > NOW


def test_answers_are_bodies_the_api_takes() -> None:
    for luck in (0.0, 0.5, 0.999):
        SubmissionIn.model_validate(report(UNITS[5], luck))
        SubmissionIn.model_validate(own_plan("1", UNITS[5]))
    assert len(report(UNITS[5], 0.5, complete=False)["figures"]) < len(report(UNITS[5], 0.5)["figures"])


def test_each_level_reports_before_the_level_above_is_due() -> None:
    for above, below in pairwise((DIRECTIVE, EDUCATION_PLAN, OFFICE_PLAN)):
        assert below.report < below.cut_off < above.report < above.cut_off
    assert EDUCATION_ISSUES < OFFICES_ISSUE[0] < OFFICES_ISSUE[1] < OFFICE_PLAN.acknowledge
    assert EDUCATION_PLAN.plan is not None
    assert OFFICES_ISSUE[1] < EDUCATION_PLAN.plan


def test_a_demo_of_the_usual_size_is_played_as_written_a_large_one_slower() -> None:
    assert natural_pace(40) == natural_pace(300) == 1
    assert natural_pace(30_000) > natural_pace(3_000) > 1
    assert (Timetable(NOW, 2).at(30) - NOW).total_seconds() == 60
