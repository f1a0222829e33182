"""Forms are sound or say where they are not; values are read as a whole, every fault with its place."""

from typing import Any

import pytest
from harness.forms import EVERY_KIND, FILLED
from plan_api.rules.form_checks import check_values
from plan_api.rules.form_flaws import Unsound, flaws_of
from plan_api.rules.form_values import FaultKind, read_values
from plan_api.rules.forms import Form
from pydantic import ValidationError

FORM = Form.model_validate(EVERY_KIND)
SHA = "a" * 64


def form(*fields: dict[str, Any], checks: list[dict[str, Any]] | None = None) -> Form:
    given = [{"label": str(field["key"]), **field} for field in fields]
    return Form.model_validate({"fields": given, "checks": checks or []})


def integer(key: str, **given: Any) -> dict[str, Any]:
    return {"key": key, "type": "integer", **given}


NUMBERS = (integer("a"), integer("b"), {"key": "day", "type": "date"}, {"key": "words", "type": "text"})
SHARE = {"key": "share", "type": "percentage", "numerator": "n", "denominator": "d"}
CHOICE = {"key": "choice", "type": "choice", "options": [{"key": "yes", "label": "Có"}]}
TABLE = {"key": "rows", "type": "table", "columns": [{**integer("x"), "label": "x"}, {**NUMBERS[3], "label": "w"}]}


def test_a_form_of_every_kind_is_sound() -> None:
    assert flaws_of(FORM) == []
    assert Form.model_validate(FORM.model_dump(mode="json")) == FORM


def places(made: Form) -> list[tuple[str, Unsound, str]]:
    return [(flaw.place, flaw.kind, flaw.name) for flaw in flaws_of(made)]


@pytest.mark.parametrize(
    ("made", "place", "kind", "name"),
    [
        (form(integer("a"), integer("a")), "fields.1.key", Unsound.KEY_TWICE, "a"),
        (form(integer("a", minimum=2, maximum=1)), "fields.0", Unsound.BOUNDS_CROSSED, "a"),
        (form({"key": "m", "type": "money", "maximum": -1}), "fields.0", Unsound.BOUNDS_CROSSED, "m"),
        (
            form(integer("x"), {"key": "d", "type": "date", "earliest": "2026-02-02", "latest": "2026-02-01"}),
            "fields.1",
            Unsound.BOUNDS_CROSSED,
            "d",
        ),
        (form(CHOICE | {"options": CHOICE["options"] * 2}), "fields.0.options.1.key", Unsound.KEY_TWICE, "yes"),  # type: ignore[operator]
        (
            form(TABLE | {"columns": [{**integer("x"), "label": "x"}] * 2}),
            "fields.0.columns.1.key",
            Unsound.KEY_TWICE,
            "x",
        ),
        (
            form(TABLE | {"columns": [{**integer("x", minimum=2, maximum=1), "label": "x"}]}),
            "fields.0.columns.0",
            Unsound.BOUNDS_CROSSED,
            "x",
        ),
        (
            form(TABLE | {"columns": [{**CHOICE, "label": "c", "options": CHOICE["options"] * 2}]}),  # type: ignore[operator]
            "fields.0.columns.0.options.1.key",
            Unsound.KEY_TWICE,
            "yes",
        ),
    ],
)
def test_a_form_that_contradicts_itself_says_where(made: Form, place: str, kind: Unsound, name: str) -> None:
    assert places(made) == [(place, kind, name)]


def test_equal_bounds_are_no_contradiction() -> None:
    assert (
        flaws_of(form(integer("a", minimum=1, maximum=1), {"key": "d", "type": "date", "latest": "2026-01-01"})) == []
    )


@pytest.mark.parametrize(
    ("check", "found"),
    [
        ({"kind": "sum", "total": "a", "parts": ["b", "share.numerator"]}, []),
        ({"kind": "sum", "total": "x", "parts": ["x"], "table": "rows"}, []),
        ({"kind": "at_most", "field": "day", "limit": "day"}, []),
        ({"kind": "at_most", "field": "a", "limit": "share.denominator"}, []),
        ({"kind": "column_sum", "total": "a", "table": "rows", "column": "x"}, []),
        ({"kind": "required_if", "field": "a", "when": "choice", "among": ["yes"]}, []),
        ({"kind": "sum", "total": "no", "parts": ["b"]}, [("total", Unsound.UNKNOWN_FIELD, "no")]),
        ({"kind": "sum", "total": "a", "parts": ["b", "no"]}, [("parts.1", Unsound.UNKNOWN_FIELD, "no")]),
        ({"kind": "sum", "total": "day", "parts": ["a"]}, [("total", Unsound.NOT_COMPARABLE, "day")]),
        ({"kind": "sum", "total": "a", "parts": ["words"]}, [("parts.0", Unsound.NOT_COMPARABLE, "words")]),
        ({"kind": "sum", "total": "a", "parts": ["share"]}, [("parts.0", Unsound.NOT_COMPARABLE, "share")]),
        ({"kind": "sum", "total": "a.numerator", "parts": ["b"]}, [("total", Unsound.NOT_COMPARABLE, "a.numerator")]),
        ({"kind": "sum", "total": "a", "parts": ["b"], "table": "a"}, [("table", Unsound.UNKNOWN_FIELD, "a")]),
        ({"kind": "sum", "total": "a", "parts": ["x"], "table": "rows"}, [("total", Unsound.UNKNOWN_FIELD, "a")]),
        ({"kind": "at_most", "field": "no", "limit": "a"}, [("field", Unsound.UNKNOWN_FIELD, "no")]),
        ({"kind": "at_most", "field": "a", "limit": "words"}, [("limit", Unsound.NOT_COMPARABLE, "words")]),
        ({"kind": "at_most", "field": "a", "limit": "day"}, [("limit", Unsound.NOT_COMPARABLE, "day")]),
        ({"kind": "at_most", "field": "x", "limit": "w", "table": "no"}, [("table", Unsound.UNKNOWN_FIELD, "no")]),
        (
            {"kind": "column_sum", "total": "day", "table": "no", "column": "x"},
            [("total", Unsound.NOT_COMPARABLE, "day"), ("table", Unsound.UNKNOWN_FIELD, "no")],
        ),
        (
            {"kind": "column_sum", "total": "a", "table": "rows", "column": "words"},
            [("column", Unsound.NOT_COMPARABLE, "words")],
        ),
        (
            {"kind": "required_if", "field": "no", "when": "a", "among": ["yes"]},
            [("field", Unsound.UNKNOWN_FIELD, "no"), ("when", Unsound.NOT_COMPARABLE, "a")],
        ),
        (
            {"kind": "required_if", "field": "a", "when": "no", "among": ["yes"]},
            [("when", Unsound.UNKNOWN_FIELD, "no")],
        ),
        (
            {"kind": "required_if", "field": "a", "when": "choice", "among": ["yes", "no"]},
            [("among.1", Unsound.UNKNOWN_OPTION, "no")],
        ),
    ],
)
def test_checks_are_about_fields_the_form_has(check: dict[str, Any], found: list[tuple[str, Unsound, str]]) -> None:
    made = form(*NUMBERS, SHARE, CHOICE, TABLE, checks=[check])

    assert places(made) == [(f"checks.0.{place}", kind, name) for place, kind, name in found]


def test_the_vocabulary_is_closed() -> None:
    with pytest.raises(ValidationError):
        form(integer("a"), checks=[{"kind": "formula", "text": "a > 1"}])


def test_values_are_stored_typed_and_blanks_are_not() -> None:
    reading = read_values(FORM, FILLED | {"results": "  Ba   lớp. ", "minutes": [], "girls": "260", "cost": None})

    assert reading.faults == []
    assert reading.filled == {key: value for key, value in FILLED.items() if key != "cost"} | {"area": "1250.50"}


def test_reading_again_what_is_stored_changes_nothing() -> None:
    once = read_values(FORM, FILLED).filled

    assert read_values(FORM, once).filled == once


FILE = {"sha256": SHA, "name": "bien-ban.pdf"}


@pytest.mark.parametrize(
    ("given", "place", "kind", "limit"),
    [
        ({"pupils": None}, "pupils", FaultKind.MISSING, ""),
        ({"pupils": " "}, "pupils", FaultKind.MISSING, ""),
        ({"extra": 1}, "extra", FaultKind.UNKNOWN, ""),
        ({"pupils": "1.5"}, "pupils", FaultKind.NOT_WHOLE, ""),
        ({"pupils": 1.5}, "pupils", FaultKind.NOT_WHOLE, ""),
        ({"pupils": True}, "pupils", FaultKind.NOT_A_NUMBER, ""),
        ({"pupils": [1]}, "pupils", FaultKind.NOT_A_NUMBER, ""),
        ({"area": "dài"}, "area", FaultKind.NOT_A_NUMBER, ""),
        ({"area": "NaN"}, "area", FaultKind.NOT_A_NUMBER, ""),
        ({"area": float("inf")}, "area", FaultKind.NOT_A_NUMBER, ""),
        ({"area": "1.005"}, "area", FaultKind.TOO_MANY_PLACES, "2"),
        ({"area": "1e999999999"}, "area", FaultKind.TOO_LARGE, "1000000000000000000"),
        ({"area": "-1e19"}, "area", FaultKind.TOO_LARGE, "1000000000000000000"),
        ({"pupils": -1}, "pupils", FaultKind.TOO_SMALL, "0"),
        ({"pupils": 5001}, "pupils", FaultKind.TOO_LARGE, "5000"),
        ({"cost": -1}, "cost", FaultKind.TOO_SMALL, "0"),
        ({"results": 5}, "results", FaultKind.NOT_TEXT, ""),
        ({"results": "\u200b"}, "results", FaultKind.MISSING, ""),
        ({"results": "d" * 201}, "results", FaultKind.TOO_LONG, "200"),
        ({"level": "best"}, "level", FaultKind.NOT_AN_OPTION, "good, poor"),
        ({"level": ["good"]}, "level", FaultKind.NOT_AN_OPTION, "good, poor"),
        ({"held_on": "05/10/2026"}, "held_on", FaultKind.NOT_A_DAY, ""),
        ({"held_on": 5}, "held_on", FaultKind.NOT_A_DAY, ""),
        ({"held_on": "2025-12-31"}, "held_on", FaultKind.TOO_SMALL, "2026-01-01"),
        ({"trained": 40}, "trained", FaultKind.NOT_A_SHARE, ""),
        ({"trained": {"numerator": 1}}, "trained", FaultKind.NOT_A_SHARE, ""),
        ({"trained": {"numerator": "x", "denominator": 2}}, "trained.numerator", FaultKind.NOT_WHOLE, ""),
        ({"trained": {"numerator": 1, "denominator": -2}}, "trained.denominator", FaultKind.TOO_SMALL, "0"),
        ({"trained": {"numerator": 1, "denominator": 0}}, "trained.denominator", FaultKind.NO_DENOMINATOR, ""),
        ({"trained": {"numerator": 3, "denominator": 2}}, "trained.numerator", FaultKind.PART_ABOVE_WHOLE, "2"),
        ({"events": "none"}, "events", FaultKind.NOT_A_TABLE, ""),
        ({"events": [1]}, "events", FaultKind.NOT_A_TABLE, ""),
        ({"events": 7}, "events", FaultKind.NOT_A_TABLE, ""),
        ({"events": [FILLED["events"][0]] * 4}, "events", FaultKind.TOO_MANY_ROWS, "3"),
        ({"minutes": "x"}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": 7}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [7]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [{"sha256": SHA}]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [FILE | {"sha256": 7}]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [FILE | {"sha256": "A" * 64}]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [FILE | {"name": 7}]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [FILE | {"name": " "}]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [FILE | {"name": "n" * 201}]}, "minutes", FaultKind.NOT_FILES, ""),
        ({"minutes": [FILE, FILE]}, "minutes", FaultKind.TOO_MANY_FILES, "1"),
    ],
)
def test_a_wrong_value_is_named(given: dict[str, Any], place: str, kind: FaultKind, limit: str) -> None:
    reading = read_values(FORM, {"pupils": 1} | given)

    assert [(fault.place, fault.kind, fault.limit) for fault in reading.faults] == [(place, kind, limit)]
    assert place.partition(".")[0] not in reading.filled


def test_edges_are_inside() -> None:
    given = {
        "pupils": 5000,
        "cost": 10**18,
        "area": -(10**18),
        "results": "d" * 200,
        "held_on": "2026-01-01",
        "trained": {"numerator": 0, "denominator": 0},
        "events": [FILLED["events"][0]] * 3,
        "minutes": [FILE | {"name": "n" * 200}],
    }

    assert read_values(FORM, given).faults == []
    assert read_values(FORM, {"pupils": 0, "trained": {"numerator": 2, "denominator": 2}}).faults == []


def test_a_share_may_exceed_its_base_where_the_form_says_so() -> None:
    free = form(SHARE | {"within": False})

    assert read_values(free, {"share": {"numerator": 3, "denominator": 2}}).faults == []


def test_rows_are_named_from_one_in_words_and_from_zero_in_places() -> None:
    rows = [{"name": "A", "people": 1}, {"people": -1, "colour": "đỏ"}]
    reading = read_values(FORM, {"pupils": 1, "events": rows})

    found = {(fault.place, fault.kind, fault.row) for fault in reading.faults}
    assert found == {
        ("events.1.colour", FaultKind.UNKNOWN, 2),
        ("events.1.name", FaultKind.MISSING, 2),
        ("events.1.people", FaultKind.TOO_SMALL, 2),
    }


def test_a_table_that_must_have_rows_is_missed() -> None:
    faults = read_values(form(TABLE), {"rows": []}).faults

    assert [(fault.place, fault.kind) for fault in faults] == [("rows", FaultKind.MISSING)]


def test_what_comes_from_below_is_not_given_again() -> None:
    carried = {"pupils": 900}

    assert read_values(FORM, {"girls": 1}, carried).filled == {"pupils": 900, "girls": 1}
    faults = read_values(FORM, {"pupils": 1}, carried).faults
    assert [(fault.place, fault.kind) for fault in faults] == [("pupils", FaultKind.CARRIED)]


def refused(filled: dict[str, Any], made: Form = FORM) -> list[tuple[str, FaultKind, str, int | None]]:
    return [(fault.place, fault.kind, fault.limit, fault.row) for fault in check_values(made, filled).refused]


def test_values_that_agree_are_neither_refused_nor_flagged() -> None:
    checked = check_values(FORM, read_values(FORM, FILLED).filled)

    assert (checked.refused, checked.flagged) == ([], [])


def test_contradictions_are_refused_or_flagged_as_the_form_says() -> None:
    checked = check_values(FORM, {"pupils": 10, "girls": 6, "boys": 5})

    assert checked.refused == []
    assert [(fault.place, fault.kind, fault.limit) for fault in checked.flagged] == [
        ("pupils", FaultKind.SUM_DIFFERS, "11")
    ]
    assert refused({"pupils": 10, "girls": 11}) == [("girls", FaultKind.ABOVE_LIMIT, "10", None)]
    assert refused({"pupils": 10, "girls": 10}) == []


def test_blank_totals_and_limits_say_nothing() -> None:
    assert check_values(FORM, {"girls": 3}).flagged == []
    assert refused({"girls": 3}) == []
    assert refused({"pupils": 3}) == []
    assert [fault.limit for fault in check_values(FORM, {"pupils": 3}).flagged] == ["0"]


def test_rows_are_compared_one_by_one() -> None:
    rows = [{"people": 5, "guests": 5}, {"people": 5, "guests": 6}]

    assert refused({"events": rows}) == [("events.1.guests", FaultKind.ABOVE_LIMIT, "5", 2)]
    assert refused({"events": {"rows": rows}}) == []


def test_a_choice_makes_a_field_necessary() -> None:
    checked = check_values(FORM, {"level": "poor"})

    assert [(fault.place, fault.kind, fault.message) for fault in checked.refused] == [
        ("results", FaultKind.NEEDED_HERE, "Nêu lý do.")
    ]
    assert refused({"level": "poor", "results": "Thiếu người."}) == []
    assert refused({"level": "good"}) == []
    assert refused({"level": {"counts": {"poor": 2}}}) == []


SUMS = form(
    *NUMBERS,
    SHARE,
    TABLE,
    {"key": "later", "type": "date"},
    {"key": "ratio", "type": "decimal"},
    checks=[
        {"kind": "column_sum", "total": "a", "table": "rows", "column": "x"},
        {"kind": "at_most", "field": "share.numerator", "limit": "b"},
        {"kind": "at_most", "field": "day", "limit": "later"},
        {"kind": "sum", "total": "ratio", "parts": ["b", "share.denominator"]},
        {"kind": "sum", "total": "x", "parts": ["x"], "table": "rows"},
    ],
)


@pytest.mark.parametrize(
    ("filled", "found"),
    [
        ({"a": 5, "rows": [{"x": 2}, {"x": 3}, {}]}, []),
        ({"a": 5, "rows": [{"x": 2}]}, [("a", FaultKind.SUM_DIFFERS, "2", None)]),
        ({"a": 5}, [("a", FaultKind.SUM_DIFFERS, "0", None)]),
        ({"a": 5, "rows": {"rows": []}}, []),
        ({"rows": [{"x": 2}]}, []),
        (
            {"b": 1, "share": {"numerator": 2, "denominator": 9}},
            [("share.numerator", FaultKind.ABOVE_LIMIT, "1", None)],
        ),
        ({"day": "2026-01-02", "later": "2026-01-01"}, [("day", FaultKind.ABOVE_LIMIT, "2026-01-01", None)]),
        ({"day": "2026-01-01", "later": "2026-01-01"}, []),
        ({"ratio": "3.00", "b": 1, "share": {"numerator": 1, "denominator": 2}}, []),
        ({"ratio": "3.01", "b": 3}, [("ratio", FaultKind.SUM_DIFFERS, "3", None)]),
    ],
)
def test_sums_and_limits(filled: dict[str, Any], found: list[tuple[str, FaultKind, str, int | None]]) -> None:
    assert refused(filled, SUMS) == found
