"""Notifier's pack of wordings as templates the simulator has approved, and the register that names their ids.

Reads the pack from notifier's files, without importing or starting it.
"""

import importlib.util
import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from cascade_local.zalo.state import Template

TEMPLATES_FILE: Final = "templates.json"
REGISTER_FILE: Final = "register.toml"
_FIRST_ID: Final = 300_001
_TIMEOUT_SECONDS: Final = 600
_LONGEST: Final = {"name": 30, "status": 30, "date": 20, "code": 30, "label": 30, "money": 12, "quantity": 20}
_OTHERWISE: Final = 200


def _pack() -> dict[str, Any]:
    spec = importlib.util.find_spec("notifier")
    if spec is None or spec.origin is None:
        return {"parameters": {}, "template": []}
    file = Path(spec.origin).parent / "channels" / "zalo" / "pack.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _template(number: int, given: dict[str, Any], parameters: dict[str, Any], site: str) -> Template:
    button = {"title": given["button"]["title"], "url": given["button"]["url"].replace("https://ten-mien", site)}
    texts = [given["title"], *given["paragraphs"], *(value for _, value in given["table"]), button["url"]]
    params = [
        {
            "name": name,
            "require": True,
            "type": parameter["type"].upper(),
            "maxLength": parameter.get("longest", _LONGEST.get(parameter["type"], _OTHERWISE)),
            "minLength": 1,
            "acceptNull": False,
        }
        for name, parameter in parameters.items()
        if any(f"<{name}>" in text for text in texts)
    ]
    layout = {name: given[name] for name in ("title", "paragraphs", "table")} | {"button": button}
    return Template(str(_FIRST_ID + number), given["name"], params, layout, timeout=_TIMEOUT_SECONDS)


def approve(folder: Path, site: str) -> Path:
    """Write both files, the buttons leading to `site`; return the register's path."""
    pack = _pack()
    folder.mkdir(parents=True, exist_ok=True)
    made = [_template(number, each, pack["parameters"], site) for number, each in enumerate(pack["template"])]
    (folder / TEMPLATES_FILE).write_text(json.dumps([asdict(each) for each in made], ensure_ascii=False))
    rows = [
        f'[[template]]\ntemplate = "{given["template"]}"\nversion = {given["version"]}\n'
        f'zalo_id = "{template.id}"\ntimeout_seconds = {template.timeout}\n'
        for given, template in zip(pack["template"], made, strict=True)
    ]
    register = folder / REGISTER_FILE
    register.write_text("\n".join(rows), encoding="utf-8")
    return register
