"""The sample province: what is real stays real, what is made up is plausible, and the same seed makes the same."""

import csv
import io
from collections import Counter
from pathlib import Path

import pytest
from cascade_local.sample import cli
from cascade_local.sample.generator import MAIL_DOMAIN, SMALLEST, WHOLE, Level, SampleUnit, generate
from cascade_local.sample.province import communes
from cascade_local.sample.table import COLUMNS, as_csv
from plan_api.organizations.import_rows import Entry, read_entries
from plan_api.organizations.sheets import open_sheet
from plan_api.rules.vietnamese import normalise
from typer import Typer
from typer.testing import CliRunner

SIZES = (SMALLEST, 40, 249, WHOLE, 300, 3_000, 30_000)


def _by_reference(units: list[SampleUnit]) -> dict[str, SampleUnit]:
    return {unit.reference: unit for unit in units}


@pytest.mark.parametrize("size", SIZES)
def test_has_exactly_the_wished_number_each_once_and_after_its_superiors(size: int) -> None:
    units = generate(size)

    assert len(units) == size == len(_by_reference(units))
    known: set[str] = set()
    for unit in units:
        superiors = {unit.professional_superior, unit.administrative_superior} - {None}
        assert superiors <= known
        known.add(unit.reference)


@pytest.mark.parametrize("size", SIZES)
def test_every_level_is_there(size: int) -> None:
    assert {unit.level for unit in generate(size)} == set(Level)


@pytest.mark.parametrize("size", [WHOLE, 300, 30_000])
def test_all_communes_are_there_from_250_units(size: int) -> None:
    levels = Counter(unit.level for unit in generate(size))

    assert levels[Level.COMMUNE] == levels[Level.OFFICE] == len(communes()) == 114
    assert levels[Level.CITY] == 1


def test_lines_follow_the_law_of_2025() -> None:
    units = generate(300)
    by_reference = _by_reference(units)
    expected: dict[Level, tuple[Level | None, Level | None]] = {
        Level.CITY: (None, None),
        Level.DEPARTMENT: (None, Level.CITY),
        Level.COMMUNE: (None, Level.CITY),
        Level.OFFICE: (Level.DEPARTMENT, Level.COMMUNE),
        Level.UPPER_SCHOOL: (Level.DEPARTMENT, Level.DEPARTMENT),
        Level.LOWER_SCHOOL: (Level.OFFICE, Level.COMMUNE),
    }
    for unit in units:
        professional, administrative = (
            by_reference[superior].level if superior else None
            for superior in (unit.professional_superior, unit.administrative_superior)
        )
        assert (professional, administrative) == expected[unit.level]
        if unit.level is Level.LOWER_SCHOOL:
            office, committee = str(unit.professional_superior), str(unit.administrative_superior)
            assert office.partition(":")[2] == committee.partition(":")[2]


def test_same_seed_same_file_another_seed_another() -> None:
    assert as_csv(generate(300, seed=7)) == as_csv(generate(300, seed=7))
    assert as_csv(generate(300, seed=7)) != as_csv(generate(300, seed=8))


def test_names_are_unique_where_people_would_confuse_them() -> None:
    for size in (300, 30_000):
        units = generate(size)
        upper = [unit.name for unit in units if unit.level is Level.UPPER_SCHOOL]
        lower = [(unit.professional_superior, unit.name) for unit in units if unit.level is Level.LOWER_SCHOOL]
        assert len(set(upper)) == len(upper)
        assert len(set(lower)) == len(lower)


def test_text_is_composed_unicode_and_nobody_can_be_reached() -> None:
    for unit in generate(3_000):
        assert unit.name == normalise(unit.name)
        assert {seat.email.partition("@")[2] for seat in unit.seats} == {MAIL_DOMAIN}
        assert unit.contact.email.isascii()


def test_addresses_are_one_a_seat() -> None:
    addresses = [seat.email for unit in generate(3_000) for seat in unit.seats]

    assert len(set(addresses)) == len(addresses)


def test_the_file_is_one_the_import_reads_without_a_refusal() -> None:
    units = generate(300)
    sheet = open_sheet(as_csv(units).encode())
    entries = [entry for entry in read_entries(sheet, None) if isinstance(entry, Entry)]

    assert not sheet.header.ignored
    assert [entry.pair for entry in entries] == [(unit.code_system, unit.code) for unit in units]
    assert all(entry.kind for entry in entries)
    assert all(len(entry.people) == len(unit.seats) for entry, unit in zip(entries, units, strict=True))


def test_too_few_units_make_no_province() -> None:
    with pytest.raises(ValueError, match="at least"):
        generate(SMALLEST - 1)


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    app = Typer()
    app.callback()(lambda: None)
    cli.register(app)
    target = tmp_path / "đơn vị.csv"
    result = CliRunner().invoke(app, ["sample", "units", "--units", "40", "--seed", "3", str(target)])

    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert len(rows) == 40
    assert tuple(rows[0]) == COLUMNS
    refused = CliRunner().invoke(app, ["sample", "units", str(tmp_path / "no" / "file.csv")])
    assert refused.exit_code == 2
