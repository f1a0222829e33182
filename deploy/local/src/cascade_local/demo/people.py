"""How the units of the demo behave: who answers in time, late or never, whose reports go back, who asks for more time.

Pure, and dealt by quota from a seed: the same province and seed give the same behaviours, and every behaviour occurs in
each group that is large enough, whatever the seed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import Final

from cascade_local.sample.generator import Level, SampleUnit
from cascade_local.sample.province import EDUCATION

LARGE_ENOUGH: Final = 6
"""From this size on a group has somebody of every behaviour."""

MOST_BY_LINK: Final = 60
"""How many units at most answer through the link in their mail."""


class Timing(StrEnum):
    """When a unit does what is asked of it."""

    PROMPT = "prompt"
    LATE = "late"
    NEVER = "never"


class Slip(StrEnum):
    """What is wrong with a unit's first report; the values are those of a return."""

    NONE = "none"
    INCOMPLETE = "incomplete"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one unit answers. `ease` (0 to 1) says when in its time a prompt unit does, or how late a late one."""

    acknowledges: Timing = Timing.PROMPT
    plans: Timing = Timing.PROMPT
    reports: Timing = Timing.PROMPT
    slip: Slip = Slip.NONE
    asks_extension: bool = False
    by_link: bool = False
    ease: float = 0.5


_NEVER: Final = Behaviour(acknowledges=Timing.NEVER, plans=Timing.NEVER, reports=Timing.NEVER)
_QUOTAS: Final = (
    (0.06, _NEVER),
    (0.10, Behaviour(reports=Timing.LATE)),
    (0.05, Behaviour(acknowledges=Timing.LATE, plans=Timing.LATE)),
    (0.06, Behaviour(slip=Slip.INCOMPLETE)),
    (0.03, Behaviour(slip=Slip.WRONG)),
    (0.06, Behaviour(asks_extension=True)),
)
"""Share of each group → behaviour; the rest are prompt in everything."""


def passes_down(units: Iterable[SampleUnit]) -> list[SampleUnit]:
    """Return the offices that have schools: they issue plans of their own and report what their schools report."""
    found = list(units)
    superiors = {unit.professional_superior for unit in found if unit.level is Level.LOWER_SCHOOL}
    return [unit for unit in found if unit.level is Level.OFFICE and unit.reference in superiors]


def deal(units: Sequence[SampleUnit], seed: int) -> dict[str, Behaviour]:
    """Return the behaviour of every unit by its reference; who passes the directive down is reliable."""
    links = {unit.reference for unit in passes_down(units)}
    behaviours: dict[str, Behaviour] = {}
    for level in Level:
        random = Random(f"{seed} {level}")  # noqa: S311 - play-acting
        here = [unit for unit in units if unit.level is level]
        reliable = [unit for unit in here if unit.reference in links or unit.code in {EDUCATION} or level is Level.CITY]
        others = [unit for unit in here if unit not in set(reliable)]
        behaviours |= {unit.reference: Behaviour(ease=random.random()) for unit in reliable}
        random.shuffle(others)
        for unit, behaviour in zip(others, _dealt(len(others)), strict=True):
            behaviours[unit.reference] = replace(behaviour, ease=random.random())
    return _with_links(units, behaviours, seed)


def _dealt(size: int) -> Iterable[Behaviour]:
    dealt: list[Behaviour] = []
    for share, behaviour in _QUOTAS:
        number = max(round(size * share), 1 if size >= LARGE_ENOUGH else 0)
        dealt += [behaviour] * number
    dealt = dealt[:size]
    return dealt + [Behaviour()] * (size - len(dealt))


def _with_links(units: Sequence[SampleUnit], behaviours: dict[str, Behaviour], seed: int) -> dict[str, Behaviour]:
    """Let some of the prompt communes and schools answer by the link in their mail instead of the API."""
    levels = {Level.COMMUNE, Level.UPPER_SCHOOL, Level.LOWER_SCHOOL}
    able = [
        unit.reference
        for unit in units
        if unit.level in levels and behaviours[unit.reference].acknowledges is Timing.PROMPT
    ]
    number = min(MOST_BY_LINK, len(able) // 4)
    for reference in Random(f"{seed} links").sample(able, number):  # noqa: S311 - play-acting
        behaviours[reference] = replace(behaviours[reference], by_link=True)
    return behaviours
