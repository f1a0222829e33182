"""Which of Zalo's approved templates speaks for which of ours, in which version.

The *pack* (`pack.toml`) holds the wordings and parameters to submit for approval; the *register* (a file of the
installation) gives each the id Zalo approved it under. A template that is not in the register does not go by Zalo.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from notifier.channels.zalo.parameters import LONGEST, Parameter

DEFAULT_TIMEOUT: Final = 7200
_NAMED: Final = re.compile(r"<([a-z_]+)>")


@dataclass(frozen=True, slots=True)
class Wording:
    """One template of the pack, as it is submitted; `<name>` stands for a parameter."""

    template: str
    version: int
    name: str
    tag: str
    title: str
    paragraphs: tuple[str, ...]
    table: tuple[tuple[str, str], ...]
    button: tuple[str, str]
    parameters: tuple[Parameter, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text parameters may stand in."""
        return (self.title, *self.paragraphs, *(value for _, value in self.table), self.button[1])

    def values(self, phrases: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters' values.

        Raises:
            ParameterRefused: a phrase does not fit.
        """
        return {parameter.name: parameter.value(phrases) for parameter in self.parameters}


@dataclass(frozen=True, slots=True)
class Entry:
    """A wording with the id it is approved under; `timeout` (seconds) is how long Zalo tries to deliver."""

    wording: Wording
    zalo_id: str
    timeout: int = DEFAULT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Register:
    """The entries of one installation."""

    entries: Mapping[tuple[str, int], Entry] = field(default_factory=dict)

    def find(self, template: str, version: int) -> Entry | None:
        """Return the entry of one of our templates in exactly this version."""
        return self.entries.get((template, version))


def _parameter(name: str, given: Mapping[str, Any]) -> Parameter:
    kind = given["type"]
    return Parameter(name, kind, given["phrase"], given.get("longest", LONGEST[kind]), given.get("shorten", False))


def _wording(given: Mapping[str, Any], known: Mapping[str, Parameter]) -> Wording:
    button = given["button"]
    texts = [given["title"], *given["paragraphs"], *(value for _, value in given["table"]), button["url"]]
    names = dict.fromkeys(name for text in texts for name in _NAMED.findall(text))
    return Wording(
        template=given["template"],
        version=given["version"],
        name=given["name"],
        tag=given["tag"],
        title=given["title"],
        paragraphs=tuple(given["paragraphs"]),
        table=tuple((label, value) for label, value in given["table"]),
        button=(button["title"], button["url"]),
        parameters=tuple(known[name] for name in names),
    )


def load_pack() -> tuple[Wording, ...]:
    """Return the wordings to submit for approval."""
    given = tomllib.loads((files(__package__) / "pack.toml").read_text(encoding="utf-8"))
    known = {name: _parameter(name, parameter) for name, parameter in given["parameters"].items()}
    return tuple(_wording(each, known) for each in given["template"])


def load_register(file: Path | None, pack: Sequence[Wording] | None = None) -> Register:
    """Read an installation's register; without a file nothing goes by Zalo.

    Raises:
        ValueError: the file cannot be read, or names what the pack does not hold; says which row.
    """
    if file is None:
        return Register()
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8")).get("template", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"the register of Zalo templates {file} cannot be read: {error}") from error
    wordings = {(each.template, each.version): each for each in (load_pack() if pack is None else pack)}
    entries: dict[tuple[str, int], Entry] = {}
    for number, row in enumerate(rows, start=1):
        key = (str(row.get("template")), row.get("version", 1))
        identity = str(row.get("zalo_id", ""))
        if key not in wordings:
            raise ValueError(f"row {number} of {file}: there is no template {key[0]} version {key[1]} in the pack")
        if not identity.isdigit():
            raise ValueError(f"row {number} of {file}: zalo_id of {key[0]} is the number Zalo gave the template")
        if key in entries:
            raise ValueError(f"row {number} of {file}: {key[0]} version {key[1]} stands there twice")
        entries[key] = Entry(wordings[key], identity, int(row.get("timeout_seconds", DEFAULT_TIMEOUT)))
    return Register(entries)
