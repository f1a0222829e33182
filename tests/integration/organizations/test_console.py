"""`cascade units import` against the real API on a real port: the sample province, the template, undo."""

import json
from pathlib import Path
from typing import Any

import typer
from cascade_console import units
from cascade_local.sample.generator import generate
from cascade_local.sample.table import as_csv
from openpyxl import load_workbook
from typer.testing import CliRunner


def run(*arguments: str) -> Any:
    app = typer.Typer()
    units.register(app)
    return CliRunner().invoke(app, ["units", *arguments])


def test_the_sample_province_goes_in_and_out_again(served: None, tmp_path: Path) -> None:
    file = tmp_path / "hai-phong.csv"
    file.write_text(as_csv(generate(300, 1)), encoding="utf-8")

    applied = run("import", str(file), "--yes", "--json")
    assert applied.exit_code == 0, applied.output
    report = json.loads(applied.stdout)
    assert report["counts"] | {"units_created": 300, "refused": 0} == report["counts"]
    undone = run("import", "--undo", report["id"], "--json")
    assert json.loads(undone.stdout)["state"] == "undone"
    assert run("import", "--undo", report["id"]).exit_code == 1


def test_a_filled_template_is_accepted(served: None, tmp_path: Path) -> None:
    file = tmp_path / "mau.xlsx"
    run("template", str(file))
    book = load_workbook(file)
    guide = book["Hướng dẫn"]
    examples = [[cell.value for cell in row] for row in guide.iter_rows() if row[0].value in {"gso_province", "school"}]
    for row in guide.iter_rows(min_row=guide.max_row - 4, values_only=True):
        book["Đơn vị"].append(row)
    book.save(file)

    result = run("import", str(file), "--yes", "--json")

    assert len(examples) == 2
    report = json.loads(result.stdout)
    assert (report["counts"]["units_created"], report["refusals"], report["ignored_columns"]) == (5, [], [])
