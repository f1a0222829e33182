"""Where the demo keeps its data: a folder of its own, emptied at every start, unless the user names another one."""

import shutil
from pathlib import Path
from typing import Final

from cascade_local.supervisor import end_leftovers, locked

MARKER: Final = "demo.json"
"""Only a folder with this file is ever emptied."""

_LOCK: Final = "up.lock"


def fresh(folder: Path) -> Path:
    """Make the demo's own folder, or empty it.

    Raises:
        AlreadyRunning: a demo runs on it.
        FileExistsError: something else is there.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise FileExistsError(folder)
        with locked(folder):
            end_leftovers(folder)
            for entry in folder.iterdir():
                if entry.name in {MARKER, _LOCK}:
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # whatever the umask: PostgreSQL's user must get in; secrets have their own mode
    (folder / MARKER).write_text("{}\n")
    return folder
