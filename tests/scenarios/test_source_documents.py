"""The five source documents, each from its own facts, for a year from issue to the last report."""

from pathlib import Path

import pytest
from harness.cascade import Cascade
from harness.play.assertions import Verdict
from harness.play.duties import duties_of
from harness.play.features import cells_of, judge_features, read_table
from harness.play.model import Scenario
from harness.play.stage import Stage
from harness.play.verdict import judge

HERE = Path(__file__).parent
FILES = sorted((HERE / "files").glob("*.toml"))
TABLE = read_table(HERE / "features.toml")


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
async def test_a_year(path: Path, plan_api_database: str, notifier_database: str, verdict: Verdict) -> None:
    scenario = Scenario.load(path)
    async with Cascade.start(plan_api_database, notifier_database, at=scenario.begins) as cascade:
        stage = Stage(cascade, scenario, duties_of(scenario))
        await stage.perform()
        await judge(stage, verdict)
    judge_features(TABLE, scenario.id, scenario.features, verdict)

    assert not verdict.failed, "\n".join(["", *verdict.failed])


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_names_its_features_and_no_others(path: Path) -> None:
    scenario = Scenario.load(path)

    assert scenario.features.keys() == cells_of(TABLE, scenario.id).keys()
    assert all(scenario.features.values())


def test_the_table_has_every_cell() -> None:
    shown = {key for path in FILES for key in cells_of(TABLE, Scenario.load(path).id)}

    assert sum(len(feature.cells) for feature in TABLE) == 51
    assert shown == {feature.key for feature in TABLE}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_says_why_something_comes_later(path: Path) -> None:
    assert all(item.what and item.why for item in Scenario.load(path).later)
