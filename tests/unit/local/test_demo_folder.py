"""The demo empties its own folder, and never anybody else's."""

from pathlib import Path

import pytest
from cascade_console.locations import demo_folder, folder_in_use
from cascade_local.demo.folder import MARKER, fresh
from cascade_local.supervisor import AlreadyRunning, locked


def test_stands_beside_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CASCADE_DATA", str(tmp_path / "cascade"))

    assert demo_folder() == tmp_path / "cascade-demo"


def test_is_made_and_emptied_at_the_next_start(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "demo")
    (folder / "mail").mkdir()
    (folder / "mail" / "1.eml").write_text("x")
    (folder / "state.json").write_text("{}")

    assert fresh(folder) == folder
    assert {entry.name for entry in folder.iterdir()} <= {MARKER, "up.lock"}


def test_what_is_not_the_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("x")

    with pytest.raises(FileExistsError):
        fresh(tmp_path)
    assert (tmp_path / "thesis.odt").exists()


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    folder = fresh(tmp_path / "demo")
    (folder / "state.json").write_text("{}")
    with locked(folder), pytest.raises(AlreadyRunning):
        fresh(folder)
    assert (folder / "state.json").exists()


def test_commands_find_the_running_demo_where_nothing_else_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASCADE_DATA", str(tmp_path / "cascade"))
    assert folder_in_use() == tmp_path / "cascade"

    for folder in (demo_folder(), tmp_path / "cascade"):
        folder.mkdir()
    (demo_folder() / "state.json").write_text('{"ready": true}')
    assert folder_in_use() == demo_folder()

    (demo_folder() / "state.json").write_text('{"ready": false}')
    assert folder_in_use() == tmp_path / "cascade"
    (demo_folder() / "state.json").write_text('{"ready": true}')
    (tmp_path / "cascade" / "state.json").write_text('{"ready": true}')
    assert folder_in_use() == tmp_path / "cascade"
