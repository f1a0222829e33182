"""Where one installation on this machine keeps its data, and what is found there.

Layout of a data folder: `state.json` (addresses, ports and processes of the running installation, mode 600), `secrets/`
(mode 700), `log/`, `postgres/`, `temporal/`, `mail/`, `files/`, `run/`.
"""

import json
import os
from pathlib import Path
from typing import Any

STATE_FILE = "state.json"
SECRETS_FOLDER = "secrets"
ADMINISTRATOR_KEY = "administrator-key"


def default_data_folder() -> Path:
    """Return CASCADE_DATA, else root's folder under /var/lib (PostgreSQL runs as nobody there), else the user's own."""
    if configured := os.environ.get("CASCADE_DATA"):
        return Path(configured)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/cascade")
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "cascade"


def demo_folder() -> Path:
    """Return the demo's own folder, beside the installation's."""
    standard = default_data_folder()
    return standard.with_name(f"{standard.name}-demo")


def folder_in_use() -> Path:
    """Return the standard folder; where nothing runs on it, the demo's while the demo runs."""
    standard = default_data_folder()
    demo = demo_folder()
    return demo if not _runs(standard) and _runs(demo) else standard


def _runs(data: Path) -> bool:
    return bool((read_state(data) or {}).get("ready"))


def read_state(data: Path) -> dict[str, Any] | None:
    """Return what the last `cascade up` on this folder wrote, or None where there is nothing readable."""
    try:
        state = json.loads((data / STATE_FILE).read_text())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None


def read_secret(data: Path, name: str) -> str | None:
    """Return a secret of the data folder, or None where it is missing or closed to this user."""
    try:
        return (data / SECRETS_FOLDER / name).read_text().strip() or None
    except OSError:
        return None
