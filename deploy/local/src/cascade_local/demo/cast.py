"""Who is who in the demo: the sample's units with their ids, behaviours and the keys of those who have accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cascade_local.demo.people import Behaviour, deal, passes_down
from cascade_local.demo.script import reference_of
from cascade_local.demo.stage import Api
from cascade_local.sample.generator import Level, SampleUnit
from cascade_local.sample.province import EDUCATION


@dataclass(frozen=True)
class Cast:
    """The units, how each behaves, and the keys of the offices; units without a key act by the administrator's."""

    units: Sequence[SampleUnit]
    behaviours: Mapping[str, Behaviour]
    by_id: Mapping[str, SampleUnit]
    keys: Mapping[str, str]

    def at(self, *levels: Level) -> list[SampleUnit]:
        """Return the units of some levels."""
        return [unit for unit in self.units if unit.level in levels]

    @property
    def city(self) -> SampleUnit:
        """The city's People's Committee."""
        return self.at(Level.CITY)[0]

    @property
    def education(self) -> SampleUnit:
        """The education department."""
        return next(unit for unit in self.at(Level.DEPARTMENT) if unit.code == EDUCATION)

    @cached_property
    def passing_down(self) -> list[SampleUnit]:
        """The offices with schools."""
        return passes_down(self.units)

    @cached_property
    def middle(self) -> set[str]:
        """Who passes the directive down and consolidates what comes back, below the city."""
        return {self.education.reference, *(office.reference for office in self.passing_down)}

    @cached_property
    def schools_of(self) -> dict[str, list[SampleUnit]]:
        """Each office's schools."""
        found: dict[str, list[SampleUnit]] = {}
        for school in self.at(Level.LOWER_SCHOOL):
            found.setdefault(str(school.professional_superior), []).append(school)
        return found

    def of(self, unit: SampleUnit) -> Behaviour:
        """Return how a unit behaves."""
        return self.behaviours[unit.reference]

    def key_of(self, unit: SampleUnit) -> str | None:
        """Return a unit's own key."""
        return self.keys.get(unit.reference)


async def assemble(api: Api, units: Sequence[SampleUnit], seed: int) -> Cast:
    """Look the imported units up and give the offices that issue and review accounts of their own."""
    by_code = {(unit.code_system, unit.code): unit for unit in units}
    by_id = {}
    async for item in api.items("/v1/units", "next_cursor"):
        for code in item["codes"]:
            unit = by_code.get((code["code_system"], code["code"]))
            if unit is not None:
                by_id[str(item["id"])] = unit
    keys = {}
    departments = [unit for unit in units if unit.level in {Level.CITY, Level.DEPARTMENT}]
    for unit in [*departments, *passes_down(units)]:
        body = {"name": f"Văn thư {unit.short_name}", "role": "clerk", "unit": reference_of(unit)}
        keys[unit.reference] = str((await api.post("/v1/accounts", body))["key"])
    return Cast(units, deal(units, seed), by_id, keys)
