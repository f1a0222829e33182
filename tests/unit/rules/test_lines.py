"""Dated lines: cycles only where all edges hold on a common day, levels, superiors."""

from datetime import date, timedelta

from cascade_contracts.vocabulary import LineKind
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.lines import Edge, find_cycle, find_double_line, levels, superior_of

P, A = LineKind.PROFESSIONAL, LineKind.ADMINISTRATIVE
START = date(2024, 1, 1)
REFORM = date(2025, 7, 1)


def edge(
    superior: str, subordinate: str, kind: LineKind = P, start: date = START, end: date | None = None
) -> Edge[str]:
    return Edge(superior, subordinate, kind, start, end)


def test_cycle_is_named_in_order() -> None:
    found = find_cycle([edge("ubnd", "so"), edge("so", "phong"), edge("phong", "truong"), edge("truong", "so", A)])
    assert found is not None
    start = found.index("so")
    assert found[start:] + found[:start] == ("so", "phong", "truong")


def test_own_superior_is_a_cycle() -> None:
    assert find_cycle([edge("so", "so")]) == ("so",)


def test_lines_that_never_hold_together_close_no_cycle() -> None:
    assert find_cycle([edge("a", "b", end=REFORM), edge("b", "a", start=REFORM)]) is None
    assert find_cycle([edge("a", "b", end=REFORM + timedelta(1)), edge("b", "a", start=REFORM)]) is not None
    assert find_cycle([]) is None


units = st.integers(0, 6)
dates = st.integers(0, 6).map(lambda n: START + timedelta(days=n))
edges = st.lists(st.builds(Edge, units, units, st.sampled_from(LineKind), dates, st.none() | dates), max_size=12)


def brute_force(drawn: list[Edge[int]], day: date) -> bool:
    under = {u: {e.subordinate for e in drawn if e.superior == u and e.holds(day)} for u in range(7)}
    reach = {u: set(v) for u, v in under.items()}
    for _ in range(7):
        reach = {u: v | {x for w in v for x in reach[w]} for u, v in reach.items()}
    return any(u in v for u, v in reach.items())


@given(edges)
def test_cycles_agree_with_brute_force(drawn: list[Edge[int]]) -> None:
    found = find_cycle(drawn)
    assert (found is not None) == any(brute_force(drawn, START + timedelta(days=n)) for n in range(8))
    if found is not None:
        pairs = list(zip(found, (*found[1:], found[0]), strict=True))
        assert any(
            all(
                any((e.superior, e.subordinate) == pair and e.holds(START + timedelta(days=n)) for e in drawn)
                for pair in pairs
            )
            for n in range(8)
        )


@given(edges)
def test_double_lines_agree_with_brute_force(drawn: list[Edge[int]]) -> None:
    found = find_double_line(drawn)
    clash = any(
        one.subordinate == two.subordinate
        and one.kind is two.kind
        and any(one.holds(START + timedelta(days=n)) and two.holds(START + timedelta(days=n)) for n in range(8))
        for i, one in enumerate(drawn)
        for two in drawn[i + 1 :]
    )
    assert (found is not None) == clash


def test_levels_by_the_shortest_way() -> None:
    drawn = [edge("so", "phong"), edge("phong", "truong"), edge("so", "truong", A), edge("truong", "to", end=REFORM)]
    assert levels("so", drawn) == {"so": 0, "phong": 1, "truong": 1, "to": 2}
    assert levels("so", drawn, REFORM) == {"so": 0, "phong": 1, "truong": 1}


def test_superior_by_kind_and_day() -> None:
    drawn = [edge("pgd", "truong", end=REFORM), edge("vhxh", "truong", start=REFORM), edge("ubnd", "truong", A)]
    assert superior_of("truong", P, REFORM - timedelta(1), drawn) == "pgd"
    assert superior_of("truong", P, REFORM, drawn) == "vhxh"
    assert superior_of("truong", A, REFORM, drawn) == "ubnd"
    assert superior_of("ubnd", A, REFORM, drawn) is None
    both = [edge("cu", "truong"), edge("moi", "truong", start=REFORM)]
    assert superior_of("truong", P, REFORM, both) == "moi"
    assert find_double_line(both) == (both[0], both[1])
