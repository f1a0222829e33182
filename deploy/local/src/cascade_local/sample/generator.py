"""Make the units of the sample province, of any size from a handful to tens of thousands. Pure: seed in, units out.

From `WHOLE` units on every commune is there and what is left are schools; a smaller sample has fewer communes and
departments. Units stand after their superiors. The same size and seed give the same units, on any machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, cycle, islice
from random import Random
from typing import Final

from cascade_local.sample.names import lower_schools, person, upper_schools
from cascade_local.sample.province import (
    CITY_CODE,
    CITY_SYSTEM,
    COMMUNE_SYSTEM,
    DEPARTMENTS,
    EDUCATION,
    LOCAL_SYSTEM,
    OFFICE_SYSTEM,
    Commune,
    Department,
    communes,
)

SMALLEST: Final = 12
WHOLE: Final = 250
SCHOOL_SYSTEM: Final = "school"
MAIL_DOMAIN: Final = "haiphong.example"
_TRIO: Final = 3


class Level(StrEnum):
    """Where a unit stands in the cascade."""

    CITY = "city"
    DEPARTMENT = "department"
    COMMUNE = "commune"
    OFFICE = "office"
    UPPER_SCHOOL = "upper_school"
    LOWER_SCHOOL = "lower_school"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat of a unit with its made-up holder; `prefix` is that of its columns in a units file."""

    prefix: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class SampleUnit:
    """A unit; superiors are `system:code`, None where the line has none."""

    level: Level
    code_system: str
    code: str
    name: str
    short_name: str
    kind: str
    professional_superior: str | None
    administrative_superior: str | None
    seats: tuple[Seat, ...]

    @property
    def reference(self) -> str:
        """`system:code`, as a superior's cell names it."""
        return f"{self.code_system}:{self.code}"

    @property
    def contact(self) -> Seat:
        """The seat that letters about duties go to."""
        return next(seat for seat in self.seats if seat.prefix == "contact")


@dataclass(frozen=True, slots=True)
class Shares:
    """How many units of each kind a sample of some size has."""

    departments: int
    communes: int
    upper_schools: int
    lower_schools: int


def shares(units: int) -> Shares:
    """Return the shares of a sample.

    Raises:
        ValueError: fewer than `SMALLEST` units make no province.
    """
    if units < SMALLEST:
        raise ValueError(f"at least {SMALLEST} units")
    if units >= WHOLE:
        departments, places = len(DEPARTMENTS), len(communes())
    else:
        departments = max(2, min(len(DEPARTMENTS), units // 8))
        places = (units - 1 - departments) // 4
    schools = units - 1 - departments - 2 * places
    upper = max(2, round(schools * 0.12))
    return Shares(departments, places, upper, schools - upper)


_SEATS: Final = {"head": "thu-truong", "contact": "dau-moi", "clerk": "van-thu"}


def _unit(
    level: Level,
    pair: tuple[str, str],
    names: tuple[str, str, str],
    superiors: tuple[str | None, str | None],
    random: Random,
) -> SampleUnit:
    local = pair[1].lower() if pair[0] in {LOCAL_SYSTEM, SCHOOL_SYSTEM} else f"{_MAIL_PART[level]}{pair[1]}"
    is_school = level in {Level.UPPER_SCHOOL, Level.LOWER_SCHOOL}
    seats = tuple(
        Seat(prefix, person(random), f"{part}.{local}@{MAIL_DOMAIN}")
        for prefix, part in _SEATS.items()
        if not (is_school and prefix == "clerk")
    )
    return SampleUnit(level, *pair, *names, *superiors, seats)


_MAIL_PART: Final = {Level.CITY: "ubnd-tp-", Level.COMMUNE: "ubnd-", Level.OFFICE: "vhxh-"}

_CITY: Final = f"{CITY_SYSTEM}:{CITY_CODE}"
_EDUCATION: Final = f"{LOCAL_SYSTEM}:{EDUCATION}"


def generate(units: int, seed: int = 1) -> list[SampleUnit]:
    """Return the sample's units, superiors first.

    Raises:
        ValueError: fewer than `SMALLEST` units are asked for.
    """
    size = shares(units)
    random = Random(seed)  # noqa: S311 - a sample, no secret
    chosen = random.sample(communes(), size.communes)
    made = [_city(random)]
    made += [_department(department, random) for department in DEPARTMENTS[: size.departments]]
    for commune in sorted(chosen, key=lambda commune: commune.code):
        made += _of_commune(commune, random)
    made += _upper(size.upper_schools, chosen, random)
    made += _lower(size.lower_schools, chosen, random)
    return made


def _city(random: Random) -> SampleUnit:
    names = ("Ủy ban nhân dân thành phố Hải Phòng", "UBND thành phố", "peoples_committee")
    return _unit(Level.CITY, (CITY_SYSTEM, CITY_CODE), names, (None, None), random)


def _department(department: Department, random: Random) -> SampleUnit:
    names = (department.name, department.short_name, department.kind)
    return _unit(Level.DEPARTMENT, (LOCAL_SYSTEM, department.code), names, (None, _CITY), random)


def _of_commune(commune: Commune, random: Random) -> Iterator[SampleUnit]:
    committee = (f"Ủy ban nhân dân {commune.called}", f"UBND {commune.called}", "peoples_committee")
    yield _unit(Level.COMMUNE, (COMMUNE_SYSTEM, commune.code), committee, (None, _CITY), random)
    office = (f"Phòng Văn hóa – Xã hội {commune.called}", f"Phòng VHXH {commune.called}", "office")
    lines = (_EDUCATION, f"{COMMUNE_SYSTEM}:{commune.code}")
    yield _unit(Level.OFFICE, (OFFICE_SYSTEM, commune.code), office, lines, random)


def _upper(number: int, chosen: Sequence[Commune], random: Random) -> Iterator[SampleUnit]:
    names = upper_schools([commune.name for commune in chosen], random)
    for serial, (name, short, kind) in enumerate(islice(names, number), start=1):
        pair = (SCHOOL_SYSTEM, f"{CITY_CODE}4{serial:05d}")
        yield _unit(Level.UPPER_SCHOOL, pair, (name, short, kind), (_EDUCATION, _EDUCATION), random)


def _lower(number: int, chosen: Sequence[Commune], random: Random) -> Iterator[SampleUnit]:
    """Yield lower schools by threes (one of each kind) from commune to commune, round after round."""
    places = random.sample(chosen, len(chosen))
    names = {commune.code: lower_schools(commune.name, random) for commune in places}
    serials = count(1)
    for commune in cycle(places):
        for name, short in islice(names[commune.code], _TRIO):
            if (serial := next(serials)) > number:
                return
            pair = (SCHOOL_SYSTEM, f"{CITY_CODE}1{serial:05d}")
            lines = (f"{OFFICE_SYSTEM}:{commune.code}", f"{COMMUNE_SYSTEM}:{commune.code}")
            yield _unit(Level.LOWER_SCHOOL, pair, (name, short, "school"), lines, random)
