"""The five source documents, each from its own facts, for a year from issue to the last report."""

from pathlib import Path

import pytest
from harness.cascade import Cascade
from harness.play.duties import duties_of
from harness.play.model import Scenario
from harness.play.stage import Stage
from harness.play.verdict import Verdict, judge

FILES = sorted((Path(__file__).parent / "files").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_a_year(path: Path, plan_api_database: str, notifier_database: str, verdict: Verdict) -> None:
    scenario = Scenario.load(path)
    async with Cascade.start(plan_api_database, notifier_database, at=scenario.begins) as cascade:
        stage = Stage(cascade, scenario, duties_of(scenario))
        await stage.perform()
        await judge(stage, verdict)

    assert not verdict.failed, "\n".join(["", *verdict.failed])


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_says_what_comes_later_and_why(path: Path) -> None:
    scenario = Scenario.load(path)

    assert scenario.later
    assert all(item.what and item.why for item in scenario.later)
