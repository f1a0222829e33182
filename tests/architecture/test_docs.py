"""The docs say what the code says: settings, commands, problems, routes and targets stand in them, links resolve."""

import re
import subprocess
from pathlib import Path

import pytest
from lockfile import ROOT
from plan_api.rules.access import render_access_table
from reference import (
    BLOCK,
    DOCS,
    RENDERERS,
    SETTINGS,
    cascade_commands,
    problem_rows,
    rewritten,
    routes,
    setting_names,
)

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def text_of_docs() -> str:
    """Return all pages as one text."""
    return "\n".join(page.read_text() for page in PAGES)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_generated_tables_are_true(page: Path) -> None:
    assert rewritten(page.read_text()) == page.read_text(), "run `make docs`"


def test_every_table_stands_somewhere() -> None:
    standing = {found["name"] for page in DOCS.rglob("*.md") for found in BLOCK.finditer(page.read_text())}
    assert standing == set(RENDERERS)


def test_every_setting_is_described() -> None:
    page = (DOCS / "reference/settings.md").read_text()
    names = {name for settings in SETTINGS.values() for name in setting_names(settings)}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_settings_say_what_they_are_for() -> None:
    silent = [
        f"{service}.{name}"
        for service, settings in SETTINGS.items()
        for name, field in settings.model_fields.items()
        if not field.description
    ]
    assert silent == []


def test_every_command_and_option_is_described() -> None:
    page = (DOCS / "reference/commands.md").read_text()
    for command in cascade_commands():
        assert f"`{command['path']}`" in page
        for parameter in command["parameters"]:
            assert all(f"`{name}`" in page for name in parameter["names"]), command["path"]
            assert parameter["meaning"] or not parameter["names"][0].startswith("-"), f"{command['path']} {parameter}"


def test_every_problem_is_described() -> None:
    page = (DOCS / "reference/problems.md").read_text()
    for code, _, cause, remedy in problem_rows():
        assert code in page
        assert cause, f"{code}: its class has no docstring"
        assert remedy, f"{code}: it does not say what to do"


def test_codes_made_in_passing_are_described() -> None:
    """Handlers that build a problem by hand use codes that stand in the table."""
    described = {row[0].strip("`") for row in problem_rows()}
    sources = [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/servicekit/src/**/*.py")]
    made = {code for path in sources for code in re.findall(r'"code": "([a-z_]+)"', path.read_text())}
    assert made <= described


def test_every_route_is_described() -> None:
    page = (DOCS / "reference/api.md").read_text()
    assert [f"{method} {path}" for method, path, _ in routes() if f"`{method} {path}`" not in page] == []


def test_the_access_table_is_the_codes() -> None:
    assert render_access_table().strip() in (DOCS / "reference/access.md").read_text()


def test_every_target_is_described() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):.*## ", makefile, re.MULTILINE))
    page = (DOCS / "reference/commands.md").read_text()
    assert {target for target in targets if f"`make {target}`" not in page} == set()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    assert targets == set(phony[1].split())


def test_every_decision_is_listed_and_complete() -> None:
    index = (DOCS / "decisions/README.md").read_text()
    for page in sorted((DOCS / "decisions").glob("0*.md")):
        text = page.read_text()
        assert f"({page.name})" in index
        assert all(f"**{part}" in text for part in ("Context.", "Decision.", "Consequences.", "Enforced by")), page.name


def heading_ids(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    for link in LINK.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in heading_ids(target), f"{page.name}: {link}"


def tracked_files() -> list[Path]:
    """Return the files of the project: git's list, or in an archive without git everything but hidden folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        found = [
            path for path in ROOT.rglob("*") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        ]
    return [path for path in found if path.is_file()]


PLACES = [
    "/" + "work/",
    ".." + "/shared",
    "." + "library",
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "proxy.golang" + ".org",
]
"""Where it was written, and where packages come from: neither belongs into a repository that others build from."""


def test_no_file_mentions_where_it_was_written() -> None:
    for path in tracked_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for place in PLACES:
            assert place not in text, f"{path.relative_to(ROOT)} mentions {place}"


def test_readmes_show_the_same_commands() -> None:
    both = [(ROOT / name).read_text() for name in ("README.md", "README.vi.md")]
    commands = [set(re.findall(r"^(make \w+)", text, re.MULTILINE)) for text in both]
    assert commands[0] == commands[1]
    assert commands[0] >= {"make demo", "make test"}
