"""Print every command of `cascade` with its parameters as JSON, in the language of CASCADE_LANG.

A process of its own: the console's help texts are made while its modules load, so the language must be known before.
"""

import inspect
import json
import sys
from collections.abc import Iterator
from typing import Any

import typer
from cascade_console.main import build_app


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    if below := getattr(command, "commands", None):
        for name, child in sorted(below.items()):
            yield from _walk(child, f"{path} {name}")
    elif not command.hidden:
        yield path, command


def _meaning(parameter: Any) -> str:
    told = getattr(parameter, "help", None) or ""
    if parameter.envvar:
        told += f" (variable `{parameter.envvar}`)"
    default = parameter.default
    if default not in {None, False, ()} and not callable(default):
        told += f" (default: {getattr(default, 'value', default)})"
    return told.strip()


def _names(parameter: Any) -> list[str]:
    if parameter.param_type_name == "option":
        return [*parameter.opts, *parameter.secondary_opts]
    return [parameter.metavar or (parameter.name or "").upper()]


def commands() -> list[dict[str, Any]]:
    """Return path, help and parameters (names, meaning) of every command, in alphabetical order."""
    return [
        {
            "path": path,
            "help": inspect.cleandoc(command.help or "").split("\f")[0].strip(),
            "parameters": [
                {"names": _names(parameter), "meaning": _meaning(parameter)}
                for parameter in command.params
                if parameter.name != "help" and not getattr(parameter, "hidden", False)
            ],
        }
        for path, command in _walk(typer.main.get_command(build_app()), "cascade")
    ]


if __name__ == "__main__":
    json.dump(commands(), sys.stdout, ensure_ascii=False)
