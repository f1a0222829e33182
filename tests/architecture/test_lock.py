"""requirements.lock is complete, hashed and free of addresses, and THIRD_PARTY_NOTICES lists just what it locks."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from lockfile import LOCK, ROOT, read_lock
from notices import NOTICES, licence_of, render_notices

PROJECTS = sorted(
    path for folder in ("services", "shared", "deploy") for path in ROOT.glob(f"{folder}/*/pyproject.toml")
)


def normal(requirement: str) -> str:
    """Return the normal form of the name a requirement begins with."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement.strip(), maxsplit=1)[0]).lower()


def declared() -> dict[str, list[str]]:
    """Return every third-party requirement with the files that declare it."""
    found: dict[str, list[str]] = {}
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lists = {"pyproject.toml": root["dependency-groups"]["dev"]}
    for path in PROJECTS:
        project = tomllib.loads(path.read_text())
        extras = chain(*project["project"].get("optional-dependencies", {}).values())
        needed = [*project["project"]["dependencies"], *extras, *project["build-system"]["requires"]]
        lists[str(path.relative_to(ROOT))] = needed
    for file, requirements in lists.items():
        for requirement in requirements:
            if not normal(requirement).startswith("cascade-"):
                found.setdefault(normal(requirement), []).append(file)
    return found


def test_every_package_is_pinned_with_hashes() -> None:
    pins = read_lock()
    assert len(pins) == len({pin.name for pin in pins})
    assert [pin.name for pin in pins if not pin.hashes] == []


def test_the_lock_holds_no_address() -> None:
    text = LOCK.read_text()
    assert not re.search(r"://|^-|--(index|extra|find|trusted)", text, re.MULTILINE)
    assert not re.search(r"^cascade", text, re.MULTILINE)


def test_every_declared_dependency_is_locked() -> None:
    locked = {normal(pin.name) for pin in read_lock()}
    missing = {name: files for name, files in declared().items() if name not in locked}
    assert not missing, "run `make lock`"


def test_every_member_is_a_workspace_source() -> None:
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {tomllib.loads(path.read_text())["project"]["name"] for path in PROJECTS}
    assert names == set(root["tool"]["uv"]["sources"])
    script = (ROOT / "tools/venv.sh").read_text()
    assert all(str(path.parent.relative_to(ROOT)) in script for path in PROJECTS)


def test_versions_of_members_agree() -> None:
    versions = {tomllib.loads(path.read_text())["project"]["version"] for path in [ROOT / "pyproject.toml", *PROJECTS]}
    assert len(versions) == 1
    assert f"## [{versions.pop()}]" in (ROOT / "CHANGELOG.md").read_text()


def test_notices_are_those_of_the_lock() -> None:
    assert NOTICES.read_text() == render_notices(), "run `make notices`"


@pytest.mark.parametrize("forbidden", ["AGPL", "GPL-2", "GPL-3", "UNKNOWN"])
def test_no_licence_that_binds_the_whole(forbidden: str) -> None:
    assert [pin.name for pin in read_lock() if forbidden in licence_of(pin)] == []


def test_the_licence_is_apache() -> None:
    assert "Apache License" in Path(ROOT / "LICENSE").read_text()
