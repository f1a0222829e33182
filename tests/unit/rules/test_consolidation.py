"""Consolidation: exact totals, provenance, no unit twice, the same whatever the order."""

from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.consolidation import ConsolidationRefused, FigurePart, Gap, ReportPart, consolidate


def part(
    number: int,
    figures: dict[str, Any] | None = None,
    name: str | None = None,
    version: int = 1,
    submission: int | None = None,
    text: str = "",
) -> ReportPart:
    return ReportPart(
        UUID(int=number), name or f"Trường {number}", UUID(int=submission or 100 + number), version, figures or {}, text
    )


def test_totals_with_provenance() -> None:
    built = consolidate(
        [part(10, {"lop": 3, "kinh_phi": Decimal("0.10")}), part(2, {"lop": 4}, text=" Đã tập huấn. ")],
        [Gap(UUID(int=9), "Trường 9", "chưa nộp"), Gap(UUID(int=9), "Trường 9", "chưa nộp")],
    )
    assert list(built.figures) == ["kinh_phi", "lop"]
    assert built.figures["lop"].total == 7
    assert built.figures["lop"].parts == (
        FigurePart(UUID(int=2), UUID(int=102), Decimal(4)),
        FigurePart(UUID(int=10), UUID(int=110), Decimal(3)),
    )
    assert built.figures["kinh_phi"].absent == (UUID(int=2),)
    assert [(section.unit_name, section.text) for section in built.sections] == [("Trường 2", "Đã tập huấn.")]
    assert [gap.unit_name for gap in built.gaps] == ["Trường 9"]


def test_latest_version_counts() -> None:
    assert consolidate([part(1, {"n": 5}, version=2), part(1, {"n": 4})], []).figures["n"].total == 5
    assert consolidate([part(1, {"n": 4}), part(1, {"n": 5}, version=2)], []).figures["n"].total == 5


@pytest.mark.parametrize(
    ("reports", "gaps"),
    [
        ([part(1), part(1, submission=7)], []),
        ([part(1)], [Gap(UUID(int=1), "Trường 1", "chưa nộp")]),
        ([part(1, {"n": Decimal("NaN")})], []),
        ([part(1, {"n": Decimal("Infinity")})], []),
        ([part(1, {"n": True})], []),
        ([part(1, {"n": "3"})], []),
        ([part(1, {"n": Decimal("1e500")}), part(2, {"n": 1})], []),
    ],
)
def test_what_cannot_be_added_is_refused(reports: list[ReportPart], gaps: list[Gap]) -> None:
    with pytest.raises(ConsolidationRefused):
        consolidate(reports, gaps)


figures = st.dictionaries(
    st.sampled_from("abc"), st.integers(-(10**30), 10**30) | st.decimals(-(10**12), 10**12, places=6)
)


@given(st.lists(figures, max_size=8), st.randoms())
def test_order_does_not_matter_and_totals_are_exact(drawn: list[Any], random: Random) -> None:
    reports = [part(number, values) for number, values in enumerate(drawn)]
    shuffled = random.sample(reports, len(reports))
    built = consolidate(reports, [])
    assert consolidate(shuffled, []) == built
    for name, figure in built.figures.items():
        scaled = [
            int(Decimal(values[name]).scaleb(6)) if isinstance(values[name], Decimal) else values[name] * 10**6
            for values in drawn
            if name in values
        ]
        assert int(figure.total.as_integer_ratio()[0] * 10**6 // figure.total.as_integer_ratio()[1]) == sum(scaled)
        assert len(figure.parts) + len(figure.absent) == len(drawn)
