"""`cascade units import` against the real API on a real port: the sample province, the template, undo."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import uvicorn
from cascade_console import units
from cascade_contracts.vocabulary import Role
from cascade_local.ports import free_port
from cascade_local.sample.generator import generate
from cascade_local.sample.table import as_csv
from harness.api import StillClock, settings_for
from openpyxl import load_workbook
from plan_api.app import create_app
from plan_api.auth import accounts
from plan_api.services import build_services
from typer.testing import CliRunner


@pytest.fixture
def served(plan_api_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The API in a thread of its own, with the administrator's key in the environment."""
    services = build_services(settings_for(plan_api_database, tmp_path), clock=StillClock())
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(services), port=port, log_config=None, loop="asyncio"))

    async def serve() -> None:
        async with services.engine.begin() as connection:
            _, key = await accounts.insert(connection, "administrator", Role.ADMINISTRATOR, None, services.clock.now())
        monkeypatch.setenv("CASCADE_KEY", key)
        await server.serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        thread.join(0.05)
    assert server.started
    monkeypatch.setenv("CASCADE_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("CASCADE_LANG", "vi")
    yield
    server.should_exit = True
    thread.join()


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
