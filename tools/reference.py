"""Write the generated tables of docs/ from the code: settings, commands, routes, problems, access, policies.

A page marks where a table stands: `<!-- generated: NAME -->` … `<!-- end -->`. `make docs` rewrites what lies between;
tests/architecture/test_docs.py asks that it is what the code says.
"""

import argparse
import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, Final
from unittest import mock

from cascade_contracts.vocabulary import OffsetUnit
from cascade_servicekit.problems import Refusal
from lockfile import ROOT
from notifier.http.app import create_app as create_notifier_app
from notifier.settings import Settings as NotifierSettings
from plan_api.app import create_app
from plan_api.organizations.import_rows import REFUSALS as ROW_REFUSALS
from plan_api.rules.access import render_access_table
from plan_api.rules.extensions import ExtensionRefusal
from plan_api.rules.policies import REHEARSAL_POLICY, STANDARD_POLICY, Offset, Policy
from plan_api.services import build_services
from plan_api.settings import Settings as PlanApiSettings
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from workflow_worker.settings import Settings as WorkflowWorkerSettings

DOCS: Final = ROOT / "docs"
BLOCK: Final = re.compile(r"(<!-- generated: (?P<name>[\w -]+) -->\n).*?(<!-- end -->)", re.DOTALL)

SETTINGS: Final[dict[str, type[BaseSettings]]] = {
    "plan-api": PlanApiSettings,
    "workflow-worker": WorkflowWorkerSettings,
    "notifier": NotifierSettings,
}

FIXED_PROBLEMS: Final = {
    "malformed": (
        422,
        "The body, a parameter or a header does not have the form the API describes.",
        "Correct the fields named in `errors` and send again.",
    ),
    "method_not_allowed": (405, "The path exists, this method on it does not.", "See the routes in api.md."),
    "http_error": (
        400,
        "The request could not be read as HTTP, or a rare status without a code of its own.",
        "Read `detail`; correct the request.",
    ),
    "internal": (
        500,
        "An unexpected error; the transaction was rolled back and nothing has changed.",
        "Try again; if it stays, tell the administrator the time: the log has the rest.",
    ),
}
"""Problems that are no `Refusal`: code → (status, cause, remedy)."""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


# --- settings ---


def setting_names(settings: type[BaseSettings]) -> list[str]:
    """Return the environment variables of a service."""
    prefix = settings.model_config.get("env_prefix", "")
    return [f"{prefix}{name}".upper() for name in settings.model_fields]


def _default(field: Any) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "–" if value in {None, ""} else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def render_settings(service: str) -> str:
    """Return the table of a service's settings."""
    settings = SETTINGS[service]
    named = zip(setting_names(settings), settings.model_fields.values(), strict=True)
    return _table(
        ("variable", "default", "meaning"),
        [(f"`{name}`", _default(field), field.description or "") for name, field in named],
    )


# --- commands ---


@cache
def cascade_commands() -> list[dict[str, Any]]:
    """Return path, help and parameters of every command of `cascade`, in English."""
    answer = subprocess.run(
        [sys.executable, str(ROOT / "tools/commands.py")],
        env={**os.environ, "CASCADE_LANG": "en"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def render_cascade() -> str:
    """Return a section a command of `cascade`, with its arguments and options."""
    sections = []
    for command in cascade_commands():
        rows = [
            (", ".join(f"`{name}`" for name in parameter["names"]), parameter["meaning"])
            for parameter in command["parameters"]
        ]
        table = "\n" + _table(("parameter", "meaning"), rows) if rows else ""
        sections.append(f"### `{command['path']}`\n\n{command['help']}\n{table}")
    return "\n" + "\n".join(sections)


class _Caught(Exception):
    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.parser = parser


def service_parser(module: str) -> argparse.ArgumentParser:
    """Return the argument parser a service's `main` makes."""

    def caught(self: argparse.ArgumentParser, *_: object) -> None:
        raise _Caught(self)

    main: Callable[[], None] = importlib.import_module(module).main
    with mock.patch.object(argparse.ArgumentParser, "parse_args", caught):
        try:
            main()
        except _Caught as found:
            return found.parser
    raise LookupError(f"{module}.main parses no arguments")


def _branches(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        told = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, child in action.choices.items():
            inner = list(_branches(child, f"{path} {name}"))
            yield from inner or [(f"{path} {name}", told.get(name, ""), child)]


def render_service_commands(module: str, program: str) -> str:
    """Return a table of a service's commands and their options."""
    parser = service_parser(module)
    rows = []
    for path, told, child in _branches(parser, program):
        options = [action for action in child._actions if action.dest != "help"]
        rows.append((f"`{path}`", told, " ".join(_argument(action) for action in options) or "–"))
    for action in parser._actions:
        if action.choices and not isinstance(action, argparse._SubParsersAction):
            words = dict(part.split(": ", 1) for part in (action.help or "").split("; ") if ": " in part)
            rows += [(f"`{program} {choice}`", words.get(choice, ""), "–") for choice in action.choices]
    return _table(("command", "does", "parameters"), rows)


def _argument(action: argparse.Action) -> str:
    name = action.option_strings[0] if action.option_strings else action.dest.upper()
    told = action.help or ("one of " + ", ".join(action.choices) if action.choices else "")
    return f"`{name}`" + (f" ({told})" if told else "")


# --- problems ---


def refusals() -> list[type[Refusal]]:
    """Return every refusal of the services, by code; of classes that share a code each is listed."""
    for name in ("plan_api", "notifier"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    ours = {
        kind
        for kind in below(Refusal)
        if kind.__module__.split(".")[0] in {"plan_api", "notifier", "cascade_servicekit"}
    }
    return sorted(ours, key=lambda kind: (kind.code, kind.__module__, kind.__qualname__))


def problem_rows() -> list[tuple[str, ...]]:
    """Return (code, status, cause, remedy) of every problem, by code; words of classes that share one are joined."""
    found: dict[str, tuple[int, list[str], list[str]]] = {
        code: (status, [cause], [remedy]) for code, (status, cause, remedy) in FIXED_PROBLEMS.items()
    }
    for kind in refusals():
        _, causes, remedies = found.setdefault(kind.code, (kind.status, [], []))
        cause = " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())
        for words, new in ((causes, cause), (remedies, kind.remedy[1])):
            if new and new not in words:
                words.append(new)
    return [
        (f"`{code}`", str(status), " ".join(causes), " ".join(remedies))
        for code, (status, causes, remedies) in sorted(found.items())
    ]


def render_problems() -> str:
    """Return the table of problem codes."""
    return _table(("code", "status", "cause", "remedy"), problem_rows())


def render_row_refusals() -> str:
    """Return what a row of an imported file may be refused for."""
    return _table(("code", "says"), [(f"`{code}`", words[1]) for code, words in sorted(ROW_REFUSALS.items())])


def render_extension_reasons() -> str:
    """Return the reasons an extension may be refused for."""
    return "".join(f"- `{reason.value}`\n" for reason in ExtensionRefusal)


# --- routes, access, policies ---


def routes() -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, operation) of every public route, in the order of the description."""
    settings = PlanApiSettings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1/nothing",
        secret_key=SecretStr("0" * 32),
        internal_token=SecretStr("0" * 32),
    )
    paths = create_app(build_services(settings)).openapi()["paths"]
    return [(method.upper(), path, operation) for path, item in paths.items() for method, operation in item.items()]


def render_internal_api() -> str:
    """Return the routes of notifier's own HTTP server."""
    settings = NotifierSettings(
        database_url="postgresql+asyncpg://nobody@127.0.0.1/nothing",
        secret_key=SecretStr("0" * 32),
        internal_token=SecretStr("0" * 32),
        mail_from="nobody@cascade.example",
    )
    paths = create_notifier_app(settings).openapi()["paths"]
    rows = [
        (f"`{method.upper()} {path}`", operation.get("summary", ""))
        for path, item in paths.items()
        for method, operation in item.items()
    ]
    return _table(("route", "does"), rows)


def render_api() -> str:
    """Return the routes, a table a tag."""
    tags: dict[str, list[tuple[str, ...]]] = {}
    for method, path, operation in routes():
        tag = (operation.get("tags") or ["other"])[0]
        tags.setdefault(tag, []).append((f"`{method} {path}`", operation.get("summary", "")))
    return "\n" + "\n".join(f"### {tag}\n\n" + _table(("route", "does"), rows) for tag, rows in tags.items())


def _offset(offset: Offset) -> str:
    units = {OffsetUnit.WORKING_DAYS: "working days", OffsetUnit.HOURS: "hours", OffsetUnit.MINUTES: "minutes"}
    if offset.amount == 0:
        return "the last working day" if offset.unit is OffsetUnit.WORKING_DAYS else "at the instant"
    if offset.unit is OffsetUnit.MINUTES:
        return f"{offset.amount * 60:+.0f} s"
    return f"{offset.amount:+} {units[offset.unit]}"


def render_policy(policy: Policy) -> str:
    """Return the steps of a policy."""
    rows = []
    for step in policy.steps:
        at_time = f", {step.at_time:%H:%M}" if step.offset.unit is OffsetUnit.WORKING_DAYS else ""
        words = (step.kind.value, step.anchor.value, _offset(step.offset) + at_time, step.audience.value)
        rows.append((str(step.position), *words, ", ".join(channel.value for channel in step.channels)))
    return _table(("step", "says", "counted from", "when", "to", "channels, in this order"), rows)


RENDERERS: Final[dict[str, Callable[[], str]]] = {
    **{f"settings {service}": partial(render_settings, service) for service in SETTINGS},
    "commands cascade": render_cascade,
    "commands plan-api": lambda: render_service_commands("plan_api.main", "plan-api"),
    "commands notifier": lambda: render_service_commands("notifier.main", "notifier"),
    "problems": render_problems,
    "extension reasons": render_extension_reasons,
    "row refusals": render_row_refusals,
    "api": render_api,
    "api notifier": render_internal_api,
    "access": render_access_table,
    "policy standard": lambda: render_policy(STANDARD_POLICY),
    "policy rehearsal": lambda: render_policy(REHEARSAL_POLICY),
}


def rewritten(text: str) -> str:
    """Return a page with its generated blocks brought up to date.

    Raises:
        KeyError: a block has a name nobody renders.
    """

    def block(found: re.Match[str]) -> str:
        return f"{found[1]}\n{RENDERERS[found['name']]().strip()}\n\n{found[3]}"

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    for page in sorted(DOCS.rglob("*.md")):
        page.write_text(rewritten(page.read_text()))
