"""Run the simulator: `python -m cascade_local.zalo --folder DIR --port N [--templates FILE]`."""

import argparse
import asyncio
import json
import time
from pathlib import Path

import uvicorn
import uvloop

from cascade_local.zalo.app import build_app
from cascade_local.zalo.state import State, Template


async def _serve(options: argparse.Namespace) -> None:
    state = State(options.folder, clock=lambda: time.time() + options.clock_offset)
    if options.templates is not None:
        given = json.loads(options.templates.read_text(encoding="utf-8"))
        state.templates = {each["id"]: Template(**each) for each in given}
    config = uvicorn.Config(build_app(state), host=options.host, port=options.port, log_level="warning")
    await uvicorn.Server(config).serve()


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        description="A stand-in for Zalo: takes every message, shows it, sends nothing on."
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--templates", type=Path, help="templates that are approved, as JSON")
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds its time runs ahead")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options))


if __name__ == "__main__":
    main()
