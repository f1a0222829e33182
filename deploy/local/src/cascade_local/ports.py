"""Choose ports once per data folder: links in mails already sent stay good when the installation starts again.

A chosen port is reserved by a lock file for as long as the chooser lives: two installations starting at once would
otherwise both find the usual ports free, and one would answer the other's health checks.
"""

import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

HOST = "127.0.0.1"
DEFAULT_PORTS = {
    "api": 8000,
    "notifier": 8020,
    "mail": 8025,
    "smtp": 1025,
    "zalo": 8030,
    "postgres": 5433,
    "temporal": 7233,
    "temporal-ui": 8233,
}


class PortTaken(Exception):
    """A port the user named is in use; the arguments are its purpose and number."""


def is_free(port: int, host: str = HOST) -> bool:
    """Tell whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


class ReservedPorts(dict[str, int]):
    """Ports by purpose, reserved among installations of this user until `release` or the end of the process."""

    def __init__(self) -> None:
        super().__init__()
        self._locks: list[int] = []

    def reserve(self, purpose: str, port: int) -> bool:
        """Take a port for a purpose; return whether nobody listens on it or has reserved it."""
        if port in self.values() or not is_free(port):
            return False
        folder = Path(tempfile.gettempdir()) / f"cascade-ports-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._locks.append(lock)
        self[purpose] = port
        return True

    def release(self) -> None:
        """Give the reservations up."""
        for lock in self._locks:
            os.close(lock)
        self._locks.clear()


def free_port(taken: Iterable[int] = ()) -> int:
    """Return a port nobody listens on now, none of `taken`."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def choose_ports(data: Path, wished: Mapping[str, int | None]) -> ReservedPorts:
    """Return a port for every purpose: the one wished for, the one of last time, the default, else any free one.

    Call it with the folder's leftovers already ended. Remembers the choice in the data folder.

    Raises:
        PortTaken: a wished port is in use.
    """
    memory = data / "ports.json"
    try:
        remembered = json.loads(memory.read_text())
    except (OSError, ValueError):
        remembered = {}
    chosen = ReservedPorts()
    for purpose, default in DEFAULT_PORTS.items():
        wish = wished.get(purpose)
        if wish is not None:
            if not chosen.reserve(purpose, wish):
                chosen.release()
                raise PortTaken(purpose, wish)
            continue
        usual = [port for port in (remembered.get(purpose), default) if port]
        if not any(chosen.reserve(purpose, port) for port in usual):
            while not chosen.reserve(purpose, free_port()):
                pass
    memory.write_text(json.dumps(chosen))
    return chosen
