"""The table of features: a cell holds only by named assertions that ran and held."""

from harness.play.assertions import Verdict
from harness.play.features import Feature, cells_of, judge_features, unshown

TABLE = [
    Feature(key="tracker", name="Somebody who tracks", cells={"s0": "office", "s1": "office"}),
    Feature(key="onward", name="A day further up", cells={"s1": "15/11"}),
]


def judged() -> Verdict:
    verdict = Verdict()
    verdict.that("plan is tracked by VPS", found=True)
    verdict.that("plan due at", 1, 2)
    verdict.that("year is told to A", found=True)
    verdict.that("year is told to A", 1, 2)
    return verdict


def test_a_column_has_its_cells() -> None:
    assert cells_of(TABLE, "s0-hai-phong-2023") == {"tracker": "office"}
    assert cells_of(TABLE, "s1-quang-ninh-2025") == {"tracker": "office", "onward": "15/11"}


def test_what_was_never_asserted_or_did_not_hold_shows_nothing() -> None:
    assert unshown(judged(), ["plan is tracked *"]) == []
    assert unshown(judged(), ["plan is tracked *", "nobody asserts this"]) == ["nobody asserts this"]
    assert unshown(judged(), ["plan *"]) == ["plan *"]
    assert unshown(judged(), ["year is told to A"]) == ["year is told to A"]


def test_a_cell_is_an_assertion_of_its_own() -> None:
    verdict = judged()
    judge_features(TABLE, "s1-quang-ninh-2025", {"tracker": ["plan is tracked *"]}, verdict)

    assert verdict.held["feature tracker: office"] is True
    assert verdict.held["feature onward: 15/11"] is False
    assert any("nothing named" in failed for failed in verdict.failed)
