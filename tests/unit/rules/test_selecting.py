"""Every unit once, however many ways reach it; the explicit entry's mode counts, then the strongest selector's."""

import pytest
from cascade_contracts.vocabulary import AssignmentMode, LineKind
from plan_api.rules.selecting import Chosen, Way, choose_once

ORDER, REQUEST, INFORMATION = AssignmentMode.ORDER, AssignmentMode.REQUEST, AssignmentMode.INFORMATION


def test_a_unit_reached_once_is_bound_as_that_way_says() -> None:
    ways = [Way("selectors.0", ["a", "b"], REQUEST, LineKind.PROFESSIONAL)]

    assert choose_once(ways) == [
        Chosen("a", REQUEST, LineKind.PROFESSIONAL, ("selectors.0",)),
        Chosen("b", REQUEST, LineKind.PROFESSIONAL, ("selectors.0",)),
    ]


@pytest.mark.parametrize("explicit_first", [True, False])
def test_the_explicit_entry_counts_though_a_selector_is_stronger(explicit_first: bool) -> None:
    ways = [
        Way("assignees.0", ["a"], INFORMATION, None, explicit=True),
        Way("selectors.0", ["a"], ORDER, LineKind.ADMINISTRATIVE),
    ]
    chosen = choose_once(ways if explicit_first else ways[::-1])

    assert [(item.unit, item.mode, item.line) for item in chosen] == [("a", INFORMATION, None)]
    assert set(chosen[0].ways) == {"assignees.0", "selectors.0"}


def test_of_two_selectors_the_stronger_mode_counts_then_the_first() -> None:
    ways = [
        Way("selectors.0", ["a"], INFORMATION, LineKind.PROFESSIONAL),
        Way("selectors.1", ["a", "b"], ORDER, LineKind.ADMINISTRATIVE),
        Way("selectors.2", ["b", "a"], ORDER, LineKind.PROFESSIONAL),
    ]

    assert [(item.unit, item.mode, item.line) for item in choose_once(ways)] == [
        ("a", ORDER, LineKind.ADMINISTRATIVE),
        ("b", ORDER, LineKind.ADMINISTRATIVE),
    ]


def test_a_unit_a_way_names_twice_is_reached_by_it_once() -> None:
    assert choose_once([Way("selectors.0", ["a", "a"], ORDER, None)]) == [Chosen("a", ORDER, None, ("selectors.0",))]
