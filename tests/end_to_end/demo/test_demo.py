"""`cascade demo --exit --json` as a user types it, late on a Tết evening: ends 0, and its figures hold together."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cascade_local.ports import DEFAULT_PORTS, free_port

KEYS = [
    "units",
    "documents",
    "obligations",
    "on_time",
    "late",
    "missing",
    "escalated",
    "returned",
    "extended",
    "notices",
    "delivered",
    "failed",
    "unknown",
    "duplicates",
    "workflows",
    "seconds",
]


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder `nobody` can enter (pytest's own is closed to other users), with its own ports."""
    folder = Path(tempfile.mkdtemp(prefix="cascade-demo-", dir="/tmp"))
    folder.chmod(0o711)
    ports: list[int] = []
    for _ in DEFAULT_PORTS:
        ports.append(free_port(ports))
    (folder / "ports.json").write_text(json.dumps(dict(zip(DEFAULT_PORTS, ports, strict=True))))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_small_province_plays_to_the_end_on_a_tet_evening(data: Path) -> None:
    command = [sys.executable, "-m", "cascade_local.demo", "--units", "40", "--pace", "0.35", "--exit", "--json"]
    command += ["--now", "2027-02-06T23:00+07:00", "--data", str(data)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    assert ended.returncode == 0, ended.stderr[-4000:]
    figures = json.loads(ended.stdout.splitlines()[-1])
    assert list(figures) == KEYS
    assert figures["units"] == 40
    assert figures["on_time"] + figures["late"] + figures["missing"] == figures["obligations"]
    assert min(figures[name] for name in ("on_time", "late", "missing", "escalated", "returned", "extended")) > 0
    assert figures["delivered"] == figures["notices"] > figures["obligations"]
    assert figures["failed"] == figures["unknown"] == figures["duplicates"] == 0
    assert figures["workflows"] > figures["documents"]
    assert len(list((data / "mail").glob("*.eml"))) == figures["delivered"]
    assert "Bị từ chối" not in ended.stderr
