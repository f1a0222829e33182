"""Histories of real supervisions and deliveries replay with today's workflows, each in a process of its own.

A running installation holds thousands of open histories; a workflow that no longer replays them stops them all. When a
test here fails, the change needs `workflow.patched`, not new histories. To record anew:
`pytest tests/replay --record-histories`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cascade_contracts.delivery import delivery_id
from cascade_contracts.supervision import supervision_id
from harness.cascade import Cascade, Document

HERE = Path(__file__).parent
PROCESS = re.compile(r"^\d+@.+$")
SAVED = sorted((HERE / "histories").glob("*.json"))


def replayed(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / "replaying.py"), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("path", SAVED, ids=[path.stem for path in SAVED])
def test_a_saved_history_replays(path: Path) -> None:
    result = replayed(path)

    assert result.returncode == 0, result.stderr


def test_a_history_of_another_workflow_does_not(tmp_path: Path) -> None:
    """Control: the replay notices a workflow that would now do something else."""
    source = HERE / "histories" / "supervision-silence.json"
    other = tmp_path / source.name
    other.write_text(source.read_text(encoding="utf-8").replace('"take_step"', '"take_another_step"'), "utf-8")

    result = replayed(other)

    assert result.returncode == 1
    assert "take_another_step" in result.stderr


async def test_todays_histories_replay(
    plan_api_database: str, notifier_database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = HERE / "histories" if request.config.getoption("--record-histories", default=False) else tmp_path
    async with Cascade.start(plan_api_database, notifier_database, at="2026-05-04T22:30") as cascade:
        paths = [
            *await record(cascade, folder, "silence", await silence(cascade)),
            *await record(cascade, folder, "changes", await changes(cascade)),
        ]

    result = replayed(*paths)

    assert result.returncode == 0, result.stderr


def report(due_on: str, **given: Any) -> dict[str, Any]:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": due_on}} | given


async def silence(cascade: Cascade) -> Document:
    """A school that never answers, told first in the quiet hours: every rung, every delivery."""
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    office = await cascade.unit("Phòng Văn hóa – Xã hội", "PVHXH", "office", professional=department)
    school = await cascade.unit("Trường Trung học cơ sở", "THCS", professional=office)
    document = await cascade.issue(department, [school], report("2026-05-20"))
    await cascade.until("2026-06-01T08:00")
    return document


async def changes(cascade: Cascade) -> Document:
    """Everything that changes an agenda: extension, suspension, return, answers, a cut-off with gaps."""
    department, school = cascade.units_by_code["SGDDT"], cascade.units_by_code["THCS"]
    other = await cascade.unit("Trường Tiểu học", "TH", professional=department)
    closing = report("2026-06-17", needs_acceptance=True, cut_off_at="2026-06-30T17:00:00+07:00")
    document = await cascade.issue(department, [school, other], closing)
    await cascade.until("2026-06-11T09:00")
    await cascade.extend(school, document, "2026-06-24")
    await cascade.suspend(document)
    await cascade.until("2026-06-16T09:00")
    await cascade.resume(document)
    await cascade.until("2026-06-22T09:00")
    await cascade.hand_in(school, document)
    await cascade.until("2026-06-25T09:00")
    await cascade.give_back(school, document, "Thiếu biểu số 2")
    await cascade.until("2026-06-26T09:00")
    await cascade.hand_in(school, document)
    await cascade.accept(school, document)
    await cascade.until("2026-07-15T08:00")
    return document


async def record(cascade: Cascade, folder: Path, name: str, document: Document) -> list[Path]:
    """Write the history of a document's supervision and of its first delivery; return the files."""
    batches = [step["batch_id"] for step in await cascade.steps(document) if step["batch_id"]]
    wanted = {f"supervision-{name}": supervision_id(document.id), f"delivery-{name}": delivery_id(batches[0])}
    paths = []
    for stem, workflow_id in wanted.items():
        history = await cascade.engine.client.get_workflow_handle(workflow_id).fetch_history()
        path = folder / f"{stem}.json"
        path.write_text(json.dumps(impersonal(json.loads(history.to_json())), indent=1) + "\n", "utf-8")
        paths.append(path)
    return paths


def impersonal(value: Any) -> Any:
    """Return a history without the names of the machine it was recorded on (`<process>@<host>`)."""
    if isinstance(value, dict):
        return {key: impersonal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [impersonal(item) for item in value]
    return PROCESS.sub("recorder", value) if isinstance(value, str) else value
