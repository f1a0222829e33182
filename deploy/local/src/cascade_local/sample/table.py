"""The sample as the file that `cascade units import` reads: UTF-8 CSV, a row a unit, superiors first."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from cascade_local.sample.generator import SampleUnit

COLUMNS: Final = (
    "code_system",
    "code",
    "name",
    "short_name",
    "kind",
    "professional_superior",
    "administrative_superior",
    *(f"{prefix}_{what}" for prefix in ("head", "contact", "clerk") for what in ("name", "email")),
)


def as_row(unit: SampleUnit) -> dict[str, str]:
    """Return the cells of a unit; empty ones say nothing."""
    cells = {column: str(getattr(unit, column, None) or "") for column in COLUMNS}
    for seat in unit.seats:
        cells[f"{seat.prefix}_name"], cells[f"{seat.prefix}_email"] = seat.name, seat.email
    return cells


def as_csv(units: Iterable[SampleUnit]) -> str:
    """Return the whole file."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(as_row, units))
    return text.getvalue()
