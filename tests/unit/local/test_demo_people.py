"""Who does what in the demo is decided by the seed alone, and everything a cascade can meet occurs."""

from collections import Counter

import pytest
from cascade_local.demo.people import LARGE_ENOUGH, MOST_BY_LINK, Behaviour, Slip, Timing, deal, passes_down
from cascade_local.sample.generator import Level, generate
from cascade_local.sample.province import EDUCATION


def test_the_same_seed_deals_the_same_behaviours() -> None:
    units = generate(300)

    assert deal(units, 5) == deal(units, 5)
    assert deal(units, 5) != deal(units, 6)


@pytest.mark.parametrize("size", [30, 40, 300, 3_000])
def test_every_behaviour_occurs_among_those_who_owe_a_report(size: int) -> None:
    behaviours = deal(generate(size), 1).values()

    assert {behaviour.reports for behaviour in behaviours} == set(Timing)
    assert {behaviour.slip for behaviour in behaviours} == set(Slip)
    assert any(behaviour.asks_extension for behaviour in behaviours)
    assert any(behaviour.by_link for behaviour in behaviours)


def test_most_people_do_what_they_are_asked_in_time() -> None:
    behaviours = deal(generate(300), 1).values()
    prompt = [item for item in behaviours if item.reports is Timing.PROMPT and item.acknowledges is Timing.PROMPT]

    assert len(prompt) > 0.7 * 300


def test_who_passes_the_directive_down_is_reliable() -> None:
    units = generate(300)
    behaviours = deal(units, 1)
    middle = [*passes_down(units), *(unit for unit in units if unit.code == EDUCATION or unit.level is Level.CITY)]

    assert len(middle) > 3
    for unit in middle:
        behaviour = behaviours[unit.reference]
        assert behaviour == Behaviour(ease=behaviour.ease)


def test_offices_with_schools_pass_down_the_others_do_not() -> None:
    units = generate(300)
    passing = {unit.reference for unit in passes_down(units)}

    for unit in units:
        if unit.level is Level.LOWER_SCHOOL:
            assert unit.professional_superior in passing
    assert 0 < len(passing) < sum(unit.level is Level.OFFICE for unit in units)


def test_links_are_for_a_few_prompt_units() -> None:
    by_link = [item for item in deal(generate(3_000), 1).values() if item.by_link]

    assert len(by_link) == MOST_BY_LINK
    assert all(item.acknowledges is Timing.PROMPT for item in by_link)


def test_large_groups_have_somebody_of_every_behaviour_whatever_the_seed() -> None:
    units = generate(300)
    for seed in range(5):
        schools = [deal(units, seed)[unit.reference] for unit in units if unit.level is Level.UPPER_SCHOOL]
        assert len(schools) >= LARGE_ENOUGH
        counts = Counter(item.reports for item in schools)
        assert counts[Timing.NEVER] == counts[Timing.LATE] == 1
