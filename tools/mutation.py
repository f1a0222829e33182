"""Mutation testing of the pure rules: change them a little everywhere, and see whether a test notices.

`make mutation` copies the rules and their tests into `build/mutation`, lets mutmut change the
copy, and ends with one JSON object: `{"killed", "total"}`. Survivors are listed before it; exit 1 below `WANTED`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
HOUSE: Final = ROOT / "build" / "mutation"
WANTED: Final = 0.9
"""Share of the mutants that tests must kill."""

FEWEST: Final = 200

CONFIGURATION: Final = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/plan_api/rules/*.py"]
tests_dir = ["tests"]
also_copy = ["tests"]
use_git_change_detection = false

[tool.pytest.ini_options]
pythonpath = ["src"]
addopts = "-q -p no:cacheprovider"
asyncio_mode = "auto"
"""

CONFTEST: Final = """
import pytest
from hypothesis import settings

settings.register_profile("mutation", deadline=None, derandomize=True, max_examples=12, database=None)
settings.load_profile("mutation")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # mutmut 3.8 asks for the name pytest gave up with 9.2
        item._nodeid = item.nodeid
"""


def build() -> None:
    """Put the copy together; nothing but the rules and their tests stands in it."""
    shutil.rmtree(HOUSE, ignore_errors=True)
    package = HOUSE / "src" / "plan_api"
    shutil.copytree(ROOT / "services/plan-api/src/plan_api/rules", package / "rules")
    (package / "__init__.py").write_text("")
    shutil.copytree(ROOT / "tests/unit/rules", HOUSE / "tests")
    (HOUSE / "src" / "harness").mkdir()
    shutil.copy(ROOT / "tests/harness/forms.py", HOUSE / "src" / "harness" / "forms.py")
    (HOUSE / "tests/conftest.py").write_text(CONFTEST)
    (HOUSE / "pyproject.toml").write_text(CONFIGURATION)


def mutmut(*arguments: str, quiet: bool = False) -> str:
    """Run mutmut in the copy; return what it printed, if quiet."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, check=False, cwd=HOUSE, text=True, stdout=subprocess.PIPE if quiet else None)
    if done.returncode:
        sys.exit(f"mutmut {arguments[0]} failed ({done.returncode})")
    return done.stdout or ""


def main() -> None:
    """Mutate, count, and tell."""
    build()
    mutmut("run", "--max-children", str(os.cpu_count() or 2))
    mutmut("export-cicd-stats", quiet=True)
    stats = json.loads((HOUSE / "mutants" / "mutmut-cicd-stats.json").read_text())
    killed, total = stats["killed"] + stats["timeout"], stats["total"]
    for line in mutmut("results", quiet=True).splitlines():
        if "survived" in line or "no tests" in line:
            sys.stdout.write(f"{line.strip()}\n")
    sys.stdout.write(json.dumps({"killed": killed, "total": total}) + "\n")
    if total < FEWEST or killed < WANTED * total:
        sys.exit(1)


if __name__ == "__main__":
    main()
