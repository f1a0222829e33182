"""Run one PostgreSQL server for this machine: made on first use, bound to loopback, dead when its parent is.

The cluster (UTF8, C locale: the same order and case rules everywhere) lies in `<data>/postgres`, its administrator's
random password in `<data>/secrets`. A start never fails over what a kill -9 left behind: a stale lock file is
removed, a server of ours still running on the folder is stopped first.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import asyncpg

from cascade_local.parent_watch import watched_command
from cascade_local.postgres_binaries import (
    Binaries,
    closed_ancestor,
    find_binaries,
    reachable_binaries,
    unprivileged_user,
)
from cascade_local.processes import Identity, end, identify
from cascade_local.secrets_folder import own_secret

ADMINISTRATOR = "postgres"
HOST = "127.0.0.1"
STOP_SIGNAL = signal.SIGINT
"""Fast shutdown: sessions are ended, everything committed is kept."""

_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "cascade",
}
_FASTER_AND_UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class DataFolderClosed(Exception):
    """PostgreSQL's user cannot enter the data folder; the message names the closed folder."""


class PostgresFailed(Exception):
    """PostgreSQL could not make its cluster or did not start; the message holds its own words."""


@dataclass(frozen=True)
class PostgresServer:
    """A server over `<data>/postgres` on a loopback port. `fsync=False` is for tests: a crash may lose everything."""

    data: Path
    port: int
    fsync: bool = True

    @property
    def cluster(self) -> Path:
        """The cluster's folder."""
        return self.data / "postgres"

    @cached_property
    def binaries(self) -> Binaries:
        """The programs this server runs; raises PostgresNotFound."""
        return reachable_binaries(find_binaries())

    @cached_property
    def password(self) -> str:
        """The administrator's password, made on first use."""
        return own_secret(self.data, "postgres-password")

    @property
    def socket_folder(self) -> Path:
        """A short path (socket names are limited to about 100 bytes) that belongs to this data folder alone."""
        mark = hashlib.sha256(str(self.data.resolve()).encode()).hexdigest()[:12]
        return Path("/tmp") / f"cascade-{mark}"  # noqa: S108 - made with mode 700, its owner is checked

    def url(self, database: str = "postgres", user: str = ADMINISTRATOR, password: str | None = None) -> str:
        """Return the URL of a database for SQLAlchemy with asyncpg."""
        return f"postgresql+asyncpg://{user}:{quote(password or self.password)}@{HOST}:{self.port}/{database}"

    def prepare(self) -> bool:
        """Make the cluster if there is none and clear what a kill left; True if it was made now. Blocking.

        Raises:
            DataFolderClosed: the server's user cannot enter the data folder.
            PostgresFailed: `initdb` refused.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        if unprivileged_user() is not None and (closed := closed_ancestor(self.data)) is not None:
            raise DataFolderClosed(str(closed))
        self._make_socket_folder()
        made = not self.cluster.is_dir()
        if made:
            self._initialise()
        stop_orphan(self.cluster)
        return made

    def command(self, *, watched: int | None = None) -> list[str]:
        """Return the command that runs the server until STOP_SIGNAL, or until process `watched` (this one) ends."""
        settings = {**_SETTINGS, "unix_socket_directories": str(self.socket_folder), "port": str(self.port)}
        if not self.fsync:
            settings |= _FASTER_AND_UNSAFE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.binaries.folder / "postgres"), "-D", str(self.cluster), *options]
        return watched_command(command, stop_signal=STOP_SIGNAL, user=unprivileged_user(), watched=watched)

    async def is_ready(self) -> bool:
        """Tell whether the server takes the administrator's connection."""
        try:
            connection = await asyncpg.connect(
                host=HOST, port=self.port, user=ADMINISTRATOR, password=self.password, database="postgres", timeout=2
            )
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    def start(self, log: Path, *, watched: int | None = None, seconds: float = 30) -> subprocess.Popen[bytes]:
        """Start the server and return once it accepts connections. Blocking; for callers without a supervisor.

        Raises:
            PostgresFailed: it ended or was not ready in time; the message ends with the last lines of its log.
        """
        self.prepare()
        with log.open("ab") as file:
            process = subprocess.Popen(
                self.command(watched=watched),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                end(filter(None, [identify(process.pid)]), stop_signal=STOP_SIGNAL)
                process.wait()
                raise PostgresFailed("\n".join(log.read_text(errors="replace").splitlines()[-10:]))
            time.sleep(0.02)
        return process

    def _answers(self) -> bool:
        try:
            status = (self.cluster / "postmaster.pid").read_text().splitlines()[7].strip()
        except (OSError, IndexError):
            return False
        return status == "ready"

    def _make_socket_folder(self) -> None:
        user = unprivileged_user()
        owner = pwd.getpwnam(user).pw_uid if user else os.getuid()
        with contextlib.suppress(FileExistsError):
            self.socket_folder.mkdir(mode=0o700)
            os.chown(self.socket_folder, owner, -1)
        found = self.socket_folder.lstat()
        if found.st_uid != owner or self.socket_folder.is_symlink():
            raise DataFolderClosed(str(self.socket_folder))

    def _initialise(self) -> None:
        """Run initdb beside the cluster's place and move the result there: a half-made cluster is never used."""
        draft = self.data / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        with self._password_file() as password_file:
            user = unprivileged_user()
            if user is not None:
                shutil.chown(draft, user)
            command = [str(self.binaries.folder / "initdb"), "-D", str(draft), "-U", ADMINISTRATOR, "--encoding=UTF8"]
            command += ["--locale=C", "--auth=scram-sha-256", f"--pwfile={password_file}"]
            if not self.fsync:
                command.append("--no-sync")
            answer = subprocess.run(
                watched_command(command, user=user, method="watcher" if sys.platform == "darwin" else "prctl"),
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        if answer.returncode != 0:
            raise PostgresFailed(answer.stderr.strip() or answer.stdout.strip())
        draft.rename(self.cluster)

    @contextlib.contextmanager
    def _password_file(self) -> Iterator[Path]:
        """Yield a file with the password only the server's user can read, for the time of initdb."""
        path = self.socket_folder / "password"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.password + "\n")
        try:
            shutil.chown(path, unprivileged_user() or os.getuid())
            yield path
        finally:
            path.unlink(missing_ok=True)


def find_postmaster(cluster: Path) -> Identity | None:
    """Return the live server on this cluster; None where the lock file is missing, stale or another process's."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    identity = identify(pid)
    if identity is None:
        return None
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            ours = Path(f"/proc/{pid}/cwd").resolve() == cluster.resolve()
            return identity if ours else None
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return identity if "postgres" in answer.stdout and str(cluster) in answer.stdout else None


def stop_orphan(cluster: Path, *, grace_seconds: float = 10) -> None:
    """Stop a server still running on the cluster, and remove a lock file whose process is not a server of it."""
    postmaster = find_postmaster(cluster)
    if postmaster is not None:
        end([postmaster], stop_signal=STOP_SIGNAL, grace_seconds=grace_seconds)
    if find_postmaster(cluster) is None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)
