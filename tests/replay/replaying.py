"""Replays saved histories with the workflows as they are now: `python replaying.py FILE…`, exit code 1 if one fails.

A process of its own because Python 3.11 keeps every sandbox's modules, and one replay could so hide another's fault.
"""

import sys
from pathlib import Path

from cascade_servicekit.process import run_process
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from workflow_worker.workflows import WORKFLOWS


async def replay(history: WorkflowHistory) -> Exception | None:
    """Return what went wrong in the replay of a history, or None."""
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter)
    return (await replayer.replay_workflow(history, raise_on_replay_failure=False)).replay_failure


async def replay_all(paths: list[Path]) -> int:
    """Replay one history after the other; return the exit code."""
    failed = 0
    for path in paths:
        history = WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))
        if (failure := await replay(history)) is not None:
            failed = 1
            sys.stderr.write(f"{path.name}: {failure}\n")
    return failed


if __name__ == "__main__":
    run_process(replay_all([Path(name) for name in sys.argv[1:]]))
