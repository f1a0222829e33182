"""Values merge by each field's rule; a total of totals is the total of the leaves, whatever the grouping."""

from collections import Counter
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from harness.forms import EVERY_KIND
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.form_merging import FormPart, carried_up, figures_of, from_figures, merge, rates_of
from plan_api.rules.forms import Form

FORM = Form.model_validate(EVERY_KIND)
FILE = {"sha256": "a" * 64, "name": "bien-ban.pdf"}


def part(number: int, name: str | None = None, **filled: Any) -> FormPart:
    return FormPart(UUID(int=number), name or f"Trường {number}", filled)


def test_every_kind_merges_by_its_rule() -> None:
    merged = merge(
        FORM,
        [
            part(
                10,
                pupils=3,
                area="1.50",
                cost=7,
                trained={"numerator": 1, "denominator": 4},
                results="Mười.",
                level="good",
                held_on="2026-10-05",
                events=[{"name": "A", "people": 1}],
                minutes=[FILE],
            ),
            part(
                2,
                pupils=4,
                area="0.25",
                trained={"numerator": 3, "denominator": 3},
                results="Hai.",
                level="poor",
                held_on="2026-10-06",
                events=[{"name": "B", "people": 2}, {"name": "C", "people": 3}],
            ),
            part(3, pupils=1, level="poor"),
            FormPart(UUID(int=4), "Trường 4", {}, nil=True),
        ],
    )

    two, ten = str(UUID(int=2)), str(UUID(int=10))
    assert merged.values == {
        "pupils": 8,
        "area": "1.75",
        "cost": 7,
        "trained": {"numerator": 4, "denominator": 7},
        "results": {
            "sections": [
                {"unit": two, "name": "Trường 2", "text": "Hai."},
                {"unit": ten, "name": "Trường 10", "text": "Mười."},
            ]
        },
        "level": {"counts": {"good": 1, "poor": 2}},
        "held_on": "2026-10-06",
        "events": {
            "rows": [
                {"unit": two, "name": "Trường 2", "values": {"name": "B", "people": 2}},
                {"unit": two, "name": "Trường 2", "values": {"name": "C", "people": 3}},
                {"unit": ten, "name": "Trường 10", "values": {"name": "A", "people": 1}},
            ]
        },
        "minutes": {"files": [{"unit": ten, "name": "Trường 10", "file": "bien-ban.pdf", "sha256": "a" * 64}]},
    }
    assert merged.nil == [UUID(int=4)]
    assert merged.absent["cost"] == [UUID(int=2), UUID(int=3)]
    assert "pupils" not in merged.absent
    assert rates_of(FORM, merged.values) == {"trained": "57.14"}


@pytest.mark.parametrize(
    ("rule", "expected"), [("sum", (7, "7.50", 7)), ("max", (5, "5.25", 5)), ("min", (2, "2.25", 2))]
)
def test_numbers_are_added_or_the_extreme_is_taken(rule: str, expected: tuple[int, str, int]) -> None:
    form = Form.model_validate(
        {
            "fields": [
                {"key": "whole", "label": "w", "type": "integer", "merge": rule},
                {"key": "part", "label": "p", "type": "decimal", "merge": rule},
                {"key": "dong", "label": "d", "type": "money", "merge": rule},
            ]
        }
    )

    values = merge(form, [part(1, whole=2, part="2.25", dong=2), part(2, whole=5, part="5.25", dong=5)]).values

    assert (values["whole"], values["part"], values["dong"]) == expected


def test_of_days_the_latest_or_the_earliest_stands() -> None:
    def days(rule: str) -> Any:
        form = Form.model_validate({"fields": [{"key": "day", "label": "d", "type": "date", "merge": rule}]})
        return merge(form, [part(1, day="2026-01-02"), part(2, day="2026-01-01")]).values["day"]

    assert (days("max"), days("min")) == ("2026-01-02", "2026-01-01")


def test_rates_round_half_up_and_need_a_denominator() -> None:
    assert rates_of(FORM, {"trained": {"numerator": 1, "denominator": 800}}) == {"trained": "0.13"}
    assert rates_of(FORM, {"trained": {"numerator": 0, "denominator": 0}}) == {}
    assert rates_of(FORM, {"pupils": 5}) == {}


LEAF = st.fixed_dictionaries(
    {"pupils": st.integers(-(10**18), 10**18)},
    optional={
        "area": st.decimals(-(10**9), 10**9, places=2).map(str),
        "trained": st.tuples(st.integers(0, 99), st.integers(0, 99)).map(
            lambda pair: {"numerator": min(pair), "denominator": max(pair)}
        ),
        "level": st.sampled_from(["good", "poor"]),
        "held_on": st.dates().map(lambda day: day.isoformat()),
        "results": st.text("abc", min_size=1, max_size=5),
        "events": st.lists(st.fixed_dictionaries({"name": st.just("A"), "people": st.integers(0, 9)}), min_size=1),
        "minutes": st.just([FILE]),
    },
)


def flat(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with attributed pieces in no order."""
    unordered = {}
    for key, value in values.items():
        pieces = (
            next((value[name] for name in ("sections", "rows", "files") if name in value), None)
            if isinstance(value, dict)
            else None
        )
        unordered[key] = value if pieces is None else Counter(repr(sorted(piece.items(), key=str)) for piece in pieces)
    return unordered


@given(st.lists(st.lists(LEAF, max_size=4), max_size=4), st.randoms())
def test_a_total_of_totals_is_the_total_of_the_leaves(groups: list[list[dict[str, Any]]], random: Any) -> None:
    leaves = [
        [part(100 * number + at, **filled) for at, filled in enumerate(group)] for number, group in enumerate(groups)
    ]
    once = [part(10_000 + number, **merge(FORM, group).values) for number, group in enumerate(leaves)]
    everything = [leaf for group in leaves for leaf in group]
    random.shuffle(everything)
    random.shuffle(once)

    assert flat(merge(FORM, once).values) == flat(merge(FORM, everything).values)


def changed(of: str, **given: Any) -> Form:
    fields = [field | given if field["key"] == of else field for field in EVERY_KIND["fields"]]
    return Form.model_validate({"fields": fields})


VALUES = {"pupils": 8, "area": "1.75", "level": {"counts": {"good": 1}}, "events": {"rows": []}}


@pytest.mark.parametrize(
    ("key", "given", "carried"),
    [
        ("pupils", {"label": "Tên khác", "maximum": 9, "required": False}, True),
        ("pupils", {"unit": "nghìn em"}, False),
        ("pupils", {"merge": "max"}, False),
        ("pupils", {"key": "others"}, False),
        ("area", {"places": 3}, False),
        ("level", {"options": [{"key": "poor", "label": "p"}]}, False),
        (
            "level",
            {"options": [{"key": "good", "label": "g"}, {"key": "poor", "label": "p"}, {"key": "x", "label": "x"}]},
            True,
        ),
        ("events", {"columns": [{"key": "name", "label": "n", "type": "text"}]}, False),
        ("events", {"label": "Hoạt động"}, True),
    ],
)
def test_what_means_the_same_above_is_carried_up(key: str, given: dict[str, Any], carried: bool) -> None:
    assert (key in carried_up(FORM, VALUES, changed(key, **given))) is carried


def test_between_forms_and_figures() -> None:
    assert figures_of(FORM, VALUES | {"cost": 5}) == {"pupils": "8", "area": "1.75", "cost": "5"}
    figures = {
        "pupils": Decimal("8.0"),
        "area": Decimal("1.5"),
        "cost": Decimal("0.5"),
        "other": Decimal(1),
        "level": Decimal(1),
    }
    assert from_figures(figures, FORM) == {"pupils": 8, "area": "1.50"}
    assert from_figures({"area": Decimal("1.005")}, FORM) == {}
