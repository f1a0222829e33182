"""Secrets of one installation: made once, kept in files only their owner can read."""

import os
import secrets
from pathlib import Path

from cascade_console.locations import SECRETS_FOLDER


def keep_secret(data: Path, name: str, value: str) -> None:
    """Write a secret (mode 600), replacing an older one at once or not at all."""
    folder = data / SECRETS_FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / name)


def own_secret(data: Path, name: str) -> str:
    """Return the secret of this name, making it (256 random bits) on first use."""
    path = data / SECRETS_FOLDER / name
    try:
        found = path.read_text().strip()
    except FileNotFoundError:
        found = ""
    if not found:
        found = secrets.token_urlsafe(32)
        keep_secret(data, name, found)
    return found
