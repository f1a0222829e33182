"""The access table: its promises, and that the function and the rendering read nothing else."""

import pytest
from cascade_contracts.vocabulary import Role
from plan_api.rules.access import ACCESS_TABLE, Relation, Verb, may, render_access_table

INSTALLATION = {
    Verb.IMPORT_UNITS,
    Verb.MANAGE_ACCOUNTS,
    Verb.MANAGE_CALENDAR,
    Verb.MANAGE_POLICIES,
    Verb.READ_AUDIT,
    Verb.OPERATE,
}


def test_every_role_has_a_row() -> None:
    assert set(ACCESS_TABLE) == set(Role)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("relation", Relation)
def test_promises_of_the_table(role: Role, verb: Verb, relation: Relation) -> None:
    allowed = may(role, verb, relation)
    if role is Role.ADMINISTRATOR:
        assert allowed
    elif relation is Relation.OTHER or verb in INSTALLATION:
        assert not allowed
    elif verb in {Verb.READ, Verb.READ_PROGRESS, Verb.READ_DOCUMENT}:
        assert allowed
    elif role is Role.READER or (role is Role.UNIT and relation is Relation.SUBTREE):
        assert not allowed
    elif verb in {Verb.ACKNOWLEDGE, Verb.HAND_IN, Verb.ASK_EXTENSION} or verb is Verb.RAISE_DIFFICULTY:
        assert allowed == (relation is Relation.OWN and role in {Role.UNIT, Role.CLERK})
    elif verb in {Verb.ANSWER_DIFFICULTY, Verb.DECLARE_ABSENCE, Verb.MANAGE_GROUPS}:
        assert allowed == (role in {Role.UNIT, Role.CLERK})
    elif verb in {Verb.REVIEW, Verb.DECIDE_EXTENSION, Verb.WAIVE}:
        assert allowed == (role is Role.CLERK)


@pytest.mark.parametrize("verb", [Verb.SUSPEND_DOCUMENT, Verb.RECALL_DOCUMENT])
def test_stop_buttons(verb: Verb) -> None:
    assert may(Role.CLERK, verb, Relation.SUBTREE)
    assert may(Role.INTEGRATOR, verb, Relation.OWN)
    assert not may(Role.UNIT, verb, Relation.OWN)


def test_rendering() -> None:
    lines = render_access_table().splitlines()
    assert lines[0] == "| verb | reader | unit | clerk | integrator | administrator |"
    assert lines[1] == "|---|---|---|---|---|---|"
    assert "| `hand_in` | – | own | own | – | own, below, others |" in lines
    assert len(lines) == len(Verb) + 2
