"""Vietnamese text: folding, dictionary order, dates."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.vietnamese import fold, format_date, format_day, normalise, sort_key, weekday_name

TEXTS = st.text(
    st.characters(codec="utf-8", max_codepoint=0x24F)
    | st.sampled_from("ăâđêôơưạảãáàấộỡựỹĐ \u0301\u0323\u031b\u2044\u00a0\u200b"),
    max_size=40,
)


def test_normalise() -> None:
    assert normalise("hạn 05⁄6\u00a0 “ngày”\u200b ") == 'hạn 05/6 "ngày"'
    assert normalise(unicodedata.normalize("NFD", "Tiểu học Nguyễn")) == "Tiểu học Nguyễn"
    assert normalise("một\r\n  hai ") == "một\nhai"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Trường THCS  Đỗ Động", "truong thcs do dong"),
        ("ĐẶC KHU Bạch Long Vĩ", "dac khu bach long vi"),
        ("Phòng Văn hoá – Xã hội", "phong van hoa – xa hoi"),
        ("02⁄KH-SGDĐT", "02/kh-sgddt"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


@given(TEXTS)
def test_normalise_and_fold_are_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert fold(fold(text)) == fold(text)
    assert fold(text.swapcase()) == fold(text.swapcase().swapcase())


def test_dictionary_order() -> None:
    ordered = [
        "An",
        "Ăn",
        "Ân",
        "Ba",
        "Bà",
        "Bả",
        "Bã",
        "Bá",
        "Bạ",
        "Bà Rịa",
        "Cẩm",
        "Da",
        "Đa",
        "Em",
        "Êm",
        "Ghi",
        "Trường số 2",
        "Trường số 10",
        "Trường số 1234567890",
        "Trường số Bốn",
        "Ưng",
        "Vinh",
    ]
    keys = [sort_key(text).encode() for text in ordered]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_order_ignores_case_and_punctuation() -> None:
    assert sort_key("Cát-Hải, ") == sort_key("CÁT HẢI") == sort_key(unicodedata.normalize("NFD", "cát hải"))
    assert sort_key("A2b") == sort_key("a02B")
    assert sort_key("…") == sort_key("") == "\t"
    assert sort_key("Ω").startswith("~")
    assert sort_key("Å") == sort_key("a")


@given(st.integers(0, 10**25), st.integers(0, 10**25))
def test_numbers_by_value(one: int, two: int) -> None:
    keys = sort_key(f"Tổ {one}"), sort_key(f"Tổ {two}")
    assert (keys[0] < keys[1]) == (one < two)


@given(TEXTS)
def test_sort_key_is_storable(text: str) -> None:
    assert "\x00" not in sort_key(text)
    assert sort_key(text) == sort_key(normalise(text))


def test_dates() -> None:
    assert format_date(date(2023, 5, 6)) == "06/05/2023"
    assert weekday_name(date(2023, 11, 7)) == "thứ Ba"
    assert format_day(date(2023, 11, 5)) == "Chủ nhật 05/11/2023"
