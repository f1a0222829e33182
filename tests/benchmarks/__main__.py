"""Run the benchmarks: `python -m benchmarks --units 3000 --json` with `tests` on the path (`make bench`).

Each part says what it does on standard error; the report goes to standard output, with `--json` one object last.
"""

import argparse
import json
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop
from cascade_local.installation import UpSettings, running
from cascade_local.provision import driver_url
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import floors, handing_in, history, reading, sending, starting
from benchmarks.bench import Bench, err
from benchmarks.memory import watched_memory
from benchmarks.province import found_province, open_accounts
from benchmarks.wire import wire

Part = Callable[[Bench], Awaitable[None]]

PARTS: dict[str, Part] = {
    "fan_out": sending.fan_out,
    "hand_in": handing_in.hand_in,
    "hot_round": handing_in.hot_round,
    "all_due": handing_in.all_due,
    "progress": reading.progress,
    "mail": sending.mail,
    "floor_mail": floors.floor_mail,
    "history": history.history,
    "floor_insert": floors.floor_insert,
    "floor_workflow": floors.floor_workflow,
}
"""In the order they run; `up` comes before them all."""

out = Console(highlight=False, soft_wrap=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--units", type=int, default=300, help="schools (300, 3000, 30000)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object on the last line")
    parser.add_argument("--only", default="", help=f"parts, comma-separated: up,{','.join(PARTS)}")
    parser.add_argument("--data", type=Path, help="data folder to use and keep; a temporary one if absent")
    given = parser.parse_args()
    given.only = [name for name in given.only.split(",") if name]
    unknown = set(given.only) - {"up", *PARTS}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return given


def _machine() -> str:
    names = [line for line in _cpuinfo() if line.startswith("model name")]
    processor = names[0].partition(":")[2].strip() if names else platform.processor() or platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {processor}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


async def measure(units: int, only: list[str], data: Path) -> Bench:
    """Run the chosen parts (all, if none is named) against a fresh installation."""
    chosen = [name for name in PARTS if not only or name in only]
    settings = UpSettings(data=data, temporal_ui_port=0)
    up_seconds = None
    if not only or "up" in only:
        await starting.up(data)
        up_seconds = await starting.up(data)
    async with (
        running(settings) as installation,
        watched_memory(installation) as memory,
        wire(installation.urls["api"], size=128) as connections,
        asyncpg.create_pool(driver_url(installation.urls["plan_database"]), min_size=1, max_size=2) as facts,
    ):
        key = installation.key_file.read_text().strip()
        begun = time.monotonic()
        province = await found_province(connections, key, facts, units)
        imported = time.monotonic() - begun
        await open_accounts(province)
        bench = Bench(installation, connections, facts, province)
        bench.figures |= {"units": units, "up_s": up_seconds}
        bench.note(f"import of {units} schools and their offices: {imported:.1f} s")
        await _run_parts(bench, chosen)
        bench.figures["rss_mb_max"] = memory.of_ours
        bench.note(f"most memory held: {memory.words()}")
    return bench


async def _run_parts(bench: Bench, chosen: list[str]) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task("đo · measuring", total=len(chosen))
        for name in chosen:
            progress.update(task, description=name)
            begun, before, said = time.monotonic(), dict(bench.figures), len(bench.notes)
            await PARTS[name](bench)
            new = [f"{key} {figure:.3f}" for key, figure in bench.figures.items() if figure and figure != before[key]]
            err.print(f"{name} took {time.monotonic() - begun:.0f} s: {', '.join([*new, *bench.notes[said:]])}")
            progress.advance(task)


def _report(bench: Bench) -> None:
    for line in bench.notes:
        out.print(line)
    for name, figure in bench.figures.items():
        out.print(f"{name:<28} {'–' if figure is None else f'{figure:,.3f}'.rstrip('0').rstrip('.')}")


def main() -> None:
    """Run the command line."""
    given = _options()
    out.print(_machine())
    data: Path = given.data or Path(tempfile.mkdtemp(prefix="cascade-bench-"))
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o755)
    try:
        bench = uvloop.run(measure(given.units, given.only, data.absolute()))
    finally:
        if given.data is None:
            shutil.rmtree(data, ignore_errors=True)
    _report(bench)
    if given.json:
        rounded = {
            name: None if figure is None or not math.isfinite(figure) else round(figure, 3)
            for name, figure in bench.figures.items()
        }
        sys.stdout.write(json.dumps(rounded) + "\n")


if __name__ == "__main__":
    main()
