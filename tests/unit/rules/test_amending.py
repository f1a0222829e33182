"""Which round of a new version is which of the last."""

from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.amending import Pair, RoundName, match_rounds


def name(title: str, period: str | None = None, kind: str = "report") -> RoundName:
    return RoundName(kind, title, period)


def test_the_same_name_is_the_same_round_wherever_it_stands() -> None:
    last, new = [name("A"), name("B")], [name("B"), name("C", kind="task"), name("A")]
    assert match_rounds(last, new) == [Pair(1, 0), Pair(None, 1), Pair(0, 2)]


def test_a_period_keeps_a_round_that_is_called_otherwise() -> None:
    last = [name("Báo cáo 6 tháng", "2026-H1"), name("Báo cáo năm", "2026")]
    new = [name("Báo cáo cả năm", "2026"), name("Báo cáo sơ kết", "2026-H1")]
    assert match_rounds(last, new) == [Pair(1, 0), Pair(0, 1)]


def test_the_only_one_of_its_kind_may_be_called_otherwise() -> None:
    assert match_rounds([name("A"), name("K", kind="plan")], [name("B")]) == [Pair(0, 0), Pair(1, None)]
    assert match_rounds([name("A"), name("B")], [name("C")]) == [Pair(None, 0), Pair(0, None), Pair(1, None)]
    assert match_rounds([name("A")], [name("B"), name("C")]) == [Pair(None, 0), Pair(None, 1), Pair(0, None)]


def test_of_two_of_one_name_each_is_taken_once() -> None:
    assert match_rounds([name("A"), name("A")], [name("A"), name("A")]) == [Pair(0, 0), Pair(1, 1)]


names = st.lists(
    st.builds(RoundName, st.sampled_from(["report", "task"]), st.sampled_from("ABC"), st.sampled_from([None, "2026"]))
)


@given(names, names)
def test_every_round_of_either_version_stands_once(last: list[RoundName], new: list[RoundName]) -> None:
    pairs = match_rounds(last, new)
    assert sorted(pair.was for pair in pairs if pair.was is not None) == list(range(len(last)))
    assert [pair.now for pair in pairs if pair.now is not None] == list(range(len(new)))
    both = [(pair.was, pair.now) for pair in pairs if pair.was is not None and pair.now is not None]
    assert all(last[was].kind == new[now].kind for was, now in both)
