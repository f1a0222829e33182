"""`python -m delivery --notices 10000` with `tests` on the path (`make delivery-faults`): ends with one JSON object."""

import argparse
import asyncio
import json
import sys

import uvloop
from rich.console import Console

from delivery.run import through_bad_weather

out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False)


async def main(notices: int, seed: int) -> int:
    """Run, tell, and return the exit code."""
    verdict = await through_bad_weather(notices, seed, err.print)
    for words in verdict.wrong()[:50]:
        out.print(words)
    for name, number in sorted(verdict.faults.items()):
        out.print(f"  {number:6} {name}")
    unknown = f"unknown {verdict.states.get('unknown', 0)}, explained {verdict.explained}"
    out.print(f"  {verdict.kills:6} kills of the notifier; {unknown}")
    out.print(json.dumps(verdict.figures()))
    return 1 if verdict.wrong() else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="delivery", description=__doc__)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(given.notices, given.seed)))
