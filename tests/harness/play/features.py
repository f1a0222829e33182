"""The table of features of the source documents, and whether a scenario shows those of its own by name."""

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import TypeAdapter

from harness.play.assertions import Verdict
from harness.play.rows import Row


class Feature(Row):
    """A row: what a feature is in each document that has it, by the first part of the scenario's id."""

    key: str
    name: str
    cells: dict[str, str]


def read_table(path: Path) -> list[Feature]:
    """Return the rows of the table."""
    return TypeAdapter(list[Feature]).validate_python(tomllib.loads(path.read_text(encoding="utf-8"))["features"])


def cells_of(table: list[Feature], scenario_id: str) -> dict[str, str]:
    """Return what a scenario must show: the cells of its column by feature."""
    column = scenario_id.partition("-")[0]
    return {feature.key: feature.cells[column] for feature in table if column in feature.cells}


def unshown(verdict: Verdict, patterns: list[str]) -> list[str]:
    """Return the patterns (`*` for anything) under which no assertion was made, or one that did not hold."""
    wrong = []
    for pattern in patterns:
        outcomes = [held for name, held in verdict.held.items() if fnmatchcase(name, pattern)]
        if not outcomes or not all(outcomes):
            wrong.append(pattern)
    return wrong


def judge_features(table: list[Feature], scenario_id: str, named: dict[str, list[str]], verdict: Verdict) -> None:
    """Every cell is an assertion of its own: it holds when all that the scenario names for it ran and held."""
    for key, cell in cells_of(table, scenario_id).items():
        patterns = named.get(key, [])
        verdict.that(f"feature {key}: {cell}", unshown(verdict, patterns) if patterns else ["nothing named"], [])
