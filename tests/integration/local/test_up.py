"""`cascade up` starts the whole installation, keeps it up, and stops cleanly."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
from cascade_console.locations import read_state
from cascade_local.processes import Identity, is_running


def _children(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = (read_state(data) or {}).get("children", {})
    return found


def _until_back(data: Path, name: str, killed: int) -> None:
    deadline = time.monotonic() + 20
    while not ((child := _children(data)[name])["ready"] and child["pid"] != killed):
        assert time.monotonic() < deadline, f"{name} did not come back"
        time.sleep(0.05)


def test_up_runs_everything_restarts_what_is_killed_and_stops(data: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from cascade_console.main import main; main()",
        "up",
        "--data",
        str(data),
        "--json",
    ]
    with (data / "up.log").open("wb") as log:
        up = subprocess.Popen([*command, "--temporal-ui-port", "0"], stdout=subprocess.PIPE, stderr=log)
        assert up.stdout is not None
        line = up.stdout.readline()
    try:
        assert line, (data / "up.log").read_text()
        ready = json.loads(line)
        key = Path(ready["key_file"]).read_text().strip()
        with httpx.Client(trust_env=False, headers={"authorization": f"Bearer {key}"}) as client:
            assert client.get(f"{ready['api']}/health/ready").is_success
            assert client.get(f"{ready['notifier']}/health/ready").is_success
            assert client.get(f"{ready['mail']}/count").json() == {"count": 0}
        names = _children(data)
        for name in ("postgres", "workflow-worker"):
            os.kill(names[name]["pid"], signal.SIGKILL)
        for name in ("postgres", "workflow-worker"):
            _until_back(data, name, names[name]["pid"])
        assert Path(ready["key_file"]).stat().st_mode & 0o777 == 0o600
    finally:
        up.send_signal(signal.SIGINT)
        code = up.wait(60)
        up.stdout.close()

    assert code == 0
    left = [Identity(child["pid"], child["started"]) for child in _children(data).values()]
    assert len(left) == 8
    assert not any(map(is_running, left))
